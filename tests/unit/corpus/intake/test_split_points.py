"""The splits of a large file give the rows of the file, wherever it is split."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.intake.deliveries import legacy_evidence, read_rows
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.parquet_rows import row_group_splits
from tests.deliveries import asked, only

TEXT = "中华人民共和国公民的人身自由不受侵犯。"
COLUMNS = (("text", "text"), ("id", "id"))


def whole(source, params):
    stream = pa.BufferReader(source) if params.format == "parquet" else io.BytesIO(source)
    legacy = None
    if params.format != "parquet":
        legacy = lambda: legacy_evidence(io.BytesIO(source), "a")  # noqa: E731
    return gathered(read_rows(stream, source_file="a", params=params, legacy=legacy))


def gathered(tables):
    return [row for table in tables for row in table.to_pylist()]


def splits_of(source, params, split_bytes):
    splitter = splitter_of(params, split_bytes)
    if splitter is None:
        return []
    splitter.add(source)
    return splitter.splits()


def splitter_of(params, split_bytes):
    make = format_named(params.format).splitter
    return make and make(params, split_bytes)


def in_splits(source, params, splits):
    found = []
    for split in splits:
        stream = io.BytesIO(source[split.start : split.end])
        found += gathered(read_rows(stream, source_file="a", params=params, split=split))
    return found


def json_source(encoding="utf-8", mark=""):
    rows = [json.dumps({"id": n, "text": f"{TEXT}第{n}条"}, ensure_ascii=False) for n in range(60)]
    rows[20:20] = ["", "{broken", '{"id": 7}', "\r"]
    return (mark + "\n".join(rows)).encode(encoding)


def csv_source(rows, delimiter=",", end="\r\n"):
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator=end).writerows([["id", "text"], *rows])
    return sink.getvalue().encode()


@pytest.mark.parametrize("split_bytes", [1, 50, 300, 3000])
@pytest.mark.parametrize(
    "source",
    [
        json_source(),
        json_source("gb18030"),
        json_source(mark="\ufeff"),
        json_source() + b"\n" + json_source("gb18030") + b"\n",
    ],
)
def test_splits_of_json_lines_give_the_rows_of_the_file(source, split_bytes):
    params = asked(encoding="auto", columns=COLUMNS)
    splits = splits_of(source, params, split_bytes)
    assert len(splits) > 1
    assert (splits[0].start, splits[-1].end) == (0, len(source))
    assert in_splits(source, params, splits) == whole(source, params)


QUOTED = [[n, f'第{n}条，\n"{TEXT}"'] for n in range(40)]


@pytest.mark.parametrize("split_bytes", [1, 100, 1000])
@pytest.mark.parametrize(
    ("delivered_as", "source"),
    [
        ("csv", csv_source(QUOTED)),
        ("csv", csv_source(QUOTED, end="\n").decode().encode("utf-8-sig")),
        ("csv", '\ufeff"id","text"\n'.encode() + csv_source(QUOTED)[9:]),
        ("csv", csv_source(QUOTED).decode().encode("gb18030")),
        ("tsv", csv_source(QUOTED, "\t") + b"\r\n\r\n"),
        ("csv", b'id,text\n\n1,5" wide\n\n2,b\n3\n4,"c"\n'),
    ],
)
def test_splits_of_delimited_files_give_the_rows_of_the_file(delivered_as, source, split_bytes):
    params = asked(delivered_as, "auto", COLUMNS)
    splits = splits_of(source, params, split_bytes)
    assert len(splits) > 1 or split_bytes > 10
    assert in_splits(source, params, splits) == (whole(source, params) if splits else [])


@settings(max_examples=300, deadline=None)
@given(st.text('a,"\n\r条\t', max_size=40), st.integers(1, 20))
def test_splits_of_any_csv_give_its_rows_or_it_is_not_split(body, split_bytes):
    params = asked("csv", "auto", COLUMNS, max_text_bytes=10**5)
    source = b"id,text\n" + body.encode()
    splits = splits_of(source, params, split_bytes)
    if splits:
        assert in_splits(source, params, splits) == whole(source, params)


@pytest.mark.parametrize(
    ("delivered_as", "encoding", "source"),
    [
        ("csv", "auto", b'id,text\n1,"open\n2,b\n3,c\n'),
        ("csv", "auto", b'id,text\n1,"a"b\n2,b\n3,c\n'),
        ("jsonl", "auto", json_source("utf-16")),
        ("jsonl", "utf-16", json_source("utf-16-le")),
    ],
)
def test_file_that_only_reading_can_cut_is_left_whole(delivered_as, encoding, source):
    assert splits_of(source, asked(delivered_as, encoding, COLUMNS), 5) == []


def test_splits_do_not_depend_on_how_the_bytes_pass_by():
    source = json_source() * 3
    splitter = splitter_of(asked(encoding="utf-8"), 500)
    for start in range(0, len(source), 97):
        splitter.add(source[start : start + 97])
    assert splitter.splits() == splits_of(source, asked(encoding="utf-8"), 500)
    quoted = csv_source(QUOTED)
    splitter = splitter_of(asked("csv"), 500)
    for start in range(0, len(quoted), 97):
        splitter.add(quoted[start : start + 97])
    assert splitter.splits() == splits_of(quoted, asked("csv"), 500)


@pytest.mark.parametrize("split_bytes", [1, 1000])
def test_splits_of_parquet_are_runs_of_row_groups(split_bytes):
    sink = io.BytesIO()
    table = pa.table({"text": [f"{TEXT}第{n}条" for n in range(100)]})
    pq.write_table(table, sink, row_group_size=7)
    source, params = sink.getvalue(), asked("parquet", columns=only())
    splits = row_group_splits(pa.BufferReader(source), "a", split_bytes)
    assert len(splits) > 1
    found = []
    for split in splits:
        stream = pa.BufferReader(source)
        found += gathered(read_rows(stream, source_file="a", params=params, split=split))
    assert found == whole(source, params)
    assert [row["source_row"] for row in found] == list(range(1, 101))

"""A large file cut into pieces gives the rows of the file, however it is cut."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.intake.deliveries import legacy_evidence, read_rows
from jobs.corpus.intake.parquet_rows import row_group_pieces
from jobs.corpus.intake.split_points import Cutter
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


def pieces_of(source, params, piece_bytes):
    cutter = Cutter(params, piece_bytes)
    cutter.add(source)
    return cutter.pieces()


def in_pieces(source, params, pieces):
    found = []
    for piece in pieces:
        stream = io.BytesIO(source[piece.start : piece.end])
        found += gathered(read_rows(stream, source_file="a", params=params, piece=piece))
    return found


def json_source(encoding="utf-8", mark=""):
    rows = [json.dumps({"id": n, "text": f"{TEXT}第{n}条"}, ensure_ascii=False) for n in range(60)]
    rows[20:20] = ["", "{broken", '{"id": 7}', "\r"]
    return (mark + "\n".join(rows)).encode(encoding)


def csv_source(rows, delimiter=",", end="\r\n"):
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator=end).writerows([["id", "text"], *rows])
    return sink.getvalue().encode()


@pytest.mark.parametrize("piece_bytes", [1, 50, 300, 3000])
@pytest.mark.parametrize(
    "source",
    [
        json_source(),
        json_source("gb18030"),
        json_source(mark="\ufeff"),
        json_source() + b"\n" + json_source("gb18030") + b"\n",
    ],
)
def test_pieces_of_json_lines_give_the_rows_of_the_file(source, piece_bytes):
    params = asked(encoding="auto", columns=COLUMNS)
    pieces = pieces_of(source, params, piece_bytes)
    assert len(pieces) > 1
    assert (pieces[0].start, pieces[-1].end) == (0, len(source))
    assert in_pieces(source, params, pieces) == whole(source, params)


QUOTED = [[n, f'第{n}条，\n"{TEXT}"'] for n in range(40)]


@pytest.mark.parametrize("piece_bytes", [1, 100, 1000])
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
def test_pieces_of_delimited_files_give_the_rows_of_the_file(delivered_as, source, piece_bytes):
    params = asked(delivered_as, "auto", COLUMNS)
    pieces = pieces_of(source, params, piece_bytes)
    assert len(pieces) > 1 or piece_bytes > 10
    assert in_pieces(source, params, pieces) == (whole(source, params) if pieces else [])


@settings(max_examples=300, deadline=None)
@given(st.text('a,"\n\r条\t', max_size=40), st.integers(1, 20))
def test_pieces_of_any_csv_give_its_rows_or_it_is_not_cut(body, piece_bytes):
    params = asked("csv", "auto", COLUMNS, max_text_bytes=10**5)
    source = b"id,text\n" + body.encode()
    pieces = pieces_of(source, params, piece_bytes)
    if pieces:
        assert in_pieces(source, params, pieces) == whole(source, params)


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
    assert pieces_of(source, asked(delivered_as, encoding, COLUMNS), 5) == []


def test_pieces_do_not_depend_on_how_the_bytes_pass_by():
    source = json_source() * 3
    cutter = Cutter(asked(encoding="utf-8"), 500)
    for start in range(0, len(source), 97):
        cutter.add(source[start : start + 97])
    assert cutter.pieces() == pieces_of(source, asked(encoding="utf-8"), 500)
    quoted = csv_source(QUOTED)
    cutter = Cutter(asked("csv"), 500)
    for start in range(0, len(quoted), 97):
        cutter.add(quoted[start : start + 97])
    assert cutter.pieces() == pieces_of(quoted, asked("csv"), 500)


@pytest.mark.parametrize("piece_bytes", [1, 1000])
def test_pieces_of_parquet_are_runs_of_row_groups(piece_bytes):
    sink = io.BytesIO()
    table = pa.table({"text": [f"{TEXT}第{n}条" for n in range(100)]})
    pq.write_table(table, sink, row_group_size=7)
    source, params = sink.getvalue(), asked("parquet", columns=only())
    pieces = row_group_pieces(pa.BufferReader(source), "a", piece_bytes)
    assert len(pieces) > 1
    found = []
    for piece in pieces:
        stream = pa.BufferReader(source)
        found += gathered(read_rows(stream, source_file="a", params=params, piece=piece))
    assert found == whole(source, params)
    assert [row["source_row"] for row in found] == list(range(1, 101))

import codecs
import gzip
import io
import json
import os
import tracemalloc
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.blocks import lines as file_lines
from jobs.corpus.deliveries import DeliveryParams, RejectReason, read_rows, require_text
from jobs.corpus.tables import DELIVERED
from jobs.errors import ConfigError, DeliveryUnreadable, TextColumnMissing, UnknownEncoding

COLUMNS = (("text", "text"), ("id", "id"), ("title", "title"), ("published", "date"))


def asked(
    delivered_as="jsonl",
    encoding="utf-8",
    columns=COLUMNS,
    max_text_bytes=10_000,
    batch_bytes=10_000,
):
    return DeliveryParams(delivered_as, encoding, columns, max_text_bytes, batch_bytes)


def rows(source, params):
    stream = pa.BufferReader(source) if params.format == "parquet" else io.BytesIO(source)
    tables = list(read_rows(stream, source_file="法规.dat", params=params))
    assert all(table.schema.equals(DELIVERED) for table in tables)
    return list(chain.from_iterable(table.to_pylist() for table in tables))


def lines(*records):
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def texts(found):
    return [row["text"] for row in found]


def reasons(found):
    return [row["reason"] for row in found]


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def only(ours="text", theirs="text"):
    return ((ours, theirs),)


# What may be asked


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"delivered_as": "xml"}, ConfigError, "jsonl, csv, tsv, text, parquet"),
        ({"encoding": "gbk"}, UnknownEncoding, "auto, utf-8, gb18030, big5, utf-16"),
        ({"columns": (("id", "id"),)}, ConfigError, "must name text"),
        ({"columns": (("text", "a"), ("body", "b"))}, ConfigError, "text, id, title"),
        ({"columns": (("text", "a"), ("text", "b"))}, ConfigError, "at most once"),
        ({"max_text_bytes": 0}, ConfigError, "above 0"),
        ({"batch_bytes": 0}, ConfigError, "above 0"),
    ],
)
def test_params_that_make_no_sense_are_refused_with_what_would(change, error, said):
    with pytest.raises(error, match=said):
        asked(**change)


# JSON lines


def test_json_rows_are_read_with_their_columns_and_line_numbers():
    source = lines(
        {"id": "a", "text": "第一条", "title": "总则", "date": "2020-01-01"}, {"text": "乙"}
    )
    first, second = rows(b"\n" + source.replace(b"\n", b"\r\n \n") + b"\n", asked())
    assert first == {
        **dict.fromkeys(DELIVERED.names),
        "source_file": "法规.dat",
        "source_row": 2,
        "source_id": "a",
        "title": "总则",
        "text": "第一条",
        "published": "2020-01-01",
    }
    assert (second["source_row"], second["source_id"], second["text"]) == (4, None, "乙")


def test_json_bad_rows_are_refused_with_their_reason_and_the_rest_is_read():
    source = b"\n".join(
        [
            lines({"text": "甲"}),
            b'{"text": "no end',
            b"[1, 2]",
            lines({"id": 7, "title": "无正文"}),
            lines({"text": None}),
            lines({"text": " \u3000\n"}),
            lines({"text": ["数", "组"]}),
            b'{"text": "\xd6\xd0\xb9\xfa"}',
            lines({"text": "大" * 4000}),
            b"x" * 100_000,
            b'{"text": "half \\ud800 of a character"}',
            lines({"text": "乙"}),
        ]
    )
    found = rows(source, asked())
    assert reasons(found) == [
        None,
        RejectReason.BROKEN_JSON,
        RejectReason.BROKEN_JSON,
        RejectReason.MISSING_TEXT,
        RejectReason.NULL_TEXT,
        RejectReason.EMPTY_TEXT,
        RejectReason.NOT_TEXT,
        RejectReason.UNDECODABLE,
        RejectReason.TOO_LARGE,
        RejectReason.TOO_LARGE,
        RejectReason.BROKEN_JSON,
        None,
    ]
    assert texts(found) == ["甲", *[None] * 10, "乙"]
    assert [row["source_row"] for row in found] == list(range(1, 13))
    assert (found[3]["source_id"], found[3]["title"]) == ("7", "无正文")
    assert found[3]["evidence"] == "keys: id, title"
    assert "d6 d0 b9 fa" in found[7]["evidence"]
    assert "12000 bytes" in found[8]["evidence"]


def test_evidence_is_short_and_valid_whatever_was_delivered():
    keys = lines({"text": "甲"}, {f"列{n}": n for n in range(100)})
    header = b"id,text\n"
    for source, params in (
        (keys, asked()),
        (lines({"text": ["长"] * 1000}), asked()),
        (b'{"text": ' + b"x" * 1000, asked()),
        (header + b"\xff" * 300 + b",1,2", asked("csv")),
    ):
        evidence = rows(source, params)[-1]["evidence"]
        assert evidence.isprintable()
        assert len(evidence) <= 200


def test_json_values_that_are_not_strings_become_strings():
    record = {"text": "甲", "id": 10**24, "title": {"主": "总则", "次": [1]}, "date": 2020}
    (row,) = rows(lines(record), asked())
    assert row["source_id"] == "1" + "0" * 24
    assert row["title"] == '{"主":"总则","次":[1]}'
    assert row["published"] == "2020"


def test_json_as_python_writes_it_is_read_with_nan_and_a_mark():
    source = (
        b'{"text": "\xe7\x94\xb2", "id": 1.5, "score": NaN}\n\xef\xbb\xbf{"text": "\xe4\xb9\x99"}'
    )
    found = rows(codecs.BOM_UTF8 + source, asked())
    assert texts(found) == ["甲", "乙"]
    assert found[0]["source_id"] == "1.5"


def test_json_nested_column_is_the_exact_key_else_the_path():
    columns = (("text", "doc.body"), ("id", "doc.id"))
    found = rows(
        lines(
            {"doc": {"body": "路径", "id": 1}},
            {"doc.body": "整名", "doc": {"body": "x"}},
            {"doc": "无"},
        ),
        asked(columns=columns),
    )
    assert texts(found) == ["路径", "整名", None]
    assert [row["source_id"] for row in found] == ["1", None, None]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16"])
@pytest.mark.parametrize("declared", [True, False])
def test_json_in_any_encoding_is_read_and_its_bad_rows_refused(encoding, declared):
    good = lines({"text": "本法自公布之日起施行，中華民國的船舶也是。"}).decode()
    wrong = {"utf-16": b"\x00\xd8"}.get(encoding, b"\xff")
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    bad = '{"text": "'.encode(codec) + wrong + '"}'.encode(codec)
    source = "\n".encode(codec).join([good.encode(codec), bad, good.encode(codec)])
    found = rows(source, asked(encoding=encoding if declared else "auto"))
    assert reasons(found) == [None, RejectReason.UNDECODABLE, None]
    assert texts(found)[2] == json.loads(good)["text"]


def test_json_line_beyond_all_bounds_is_skipped_not_held():
    long = b'{"text": "' + b"x" * 5_000_000 + b'"}'
    found = rows(b"\n".join([lines({"text": "甲"}), long, lines({"text": "乙"})]), asked())
    assert texts(found) == ["甲", None, "乙"]
    assert found[1]["reason"] == RejectReason.TOO_LARGE


def test_json_text_within_bounds_is_read_however_it_is_escaped():
    text = "é" * 100_000
    (row,) = rows(json.dumps({"text": text}).encode(), asked(max_text_bytes=200_000))
    assert row["text"] == text


def test_json_line_beyond_all_bounds_takes_no_memory():
    blocks = (bytes(1 << 20) for _ in range(50))
    tracemalloc.start()
    found = list(file_lines(blocks, 1000))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [None]
    assert peak_bytes < 5 << 20


def test_json_file_without_the_text_key_in_any_row_names_the_keys_it_has():
    source = lines({"doc": {"body": "甲", "id": 1}, "link": "x"}, {"title": "乙"}) + b"\n{broken"
    with pytest.raises(TextColumnMissing, match=r"法规.dat.*'text'.*doc\.body, doc\.id, link"):
        rows(source, asked())


def test_json_file_without_any_object_is_all_rejects_and_an_empty_one_nothing():
    assert reasons(rows(b"oops\n[]", asked())) == [RejectReason.BROKEN_JSON] * 2
    assert rows(b"", asked()) == []
    assert rows(b"\n \n", asked()) == []


def test_rows_come_in_tables_of_about_the_asked_size():
    source = lines(*({"text": "条" * 1000} for _ in range(50)))
    stream = io.BytesIO(source)
    tables = list(read_rows(stream, source_file="a", params=asked(batch_bytes=10_000)))
    assert [len(table) for table in tables] == [3] * 16 + [2]


# CSV and TSV


def test_csv_quoted_newlines_and_quotes_are_content():
    source = '\ufefftext,id\r\n"第一条，\n他说""可以""",1\r\n\r\n乙,2\r\n'.encode()
    found = rows(source, asked("csv"))
    assert texts(found) == ['第一条，\n他说"可以"', "乙"]
    assert [(row["source_row"], row["source_id"]) for row in found] == [(1, "1"), (2, "2")]


def test_tsv_in_gb18030_is_read():
    source = "编号\t正文\n1\t中华人民共和国的法律\n".encode("gb18030")
    columns = (("text", "正文"), ("id", "编号"))
    (row,) = rows(source, asked("tsv", "auto", columns))
    assert (row["source_id"], row["text"]) == ("1", "中华人民共和国的法律")


def test_csv_bad_records_are_refused_and_the_rest_is_read():
    source = b"\n".join(
        [
            b"id,text",
            "1,甲".encode(),
            "2,多,一列".encode(),
            b"3,\xd6\xd0",
            '4,"引号"之后'.encode(),
            b"5,\x00",
            b"6,",
            b"7," + b"x" * 50_000,
            b"8," + b"x" * 100_000,
            "9,乙".encode(),
        ]
    )
    found = rows(source, asked("csv"))
    assert reasons(found) == [
        None,
        RejectReason.BROKEN_ROW,
        RejectReason.UNDECODABLE,
        RejectReason.BROKEN_ROW,
        None,
        RejectReason.EMPTY_TEXT,
        RejectReason.TOO_LARGE,
        RejectReason.TOO_LARGE,
        None,
    ]
    assert found[2]["source_id"] == "3"
    assert found[2]["evidence"].endswith("d6 d0")
    assert found[-1]["text"] == "乙"


def test_csv_undecodable_column_is_null_beside_those_that_are_known():
    (row,) = rows(b"id,title,text\n1,\xff,x", asked("csv"))
    assert (row["source_id"], row["title"], row["reason"]) == ("1", None, "undecodable")


def test_csv_long_text_is_read():
    text = "条" * 200_000
    params = asked("csv", max_text_bytes=10**6)
    assert texts(rows(f"id,text\n1,{text}\n".encode(), params)) == [text]


@pytest.mark.parametrize("size", [10, 5000])
def test_csv_unclosed_quote_costs_its_own_line_only(size):
    after = [f"{n},第{n}条".encode() for n in range(size)]
    source = b"\n".join([b"id,text", b'x,"no end', *after])
    found = rows(source, asked("csv"))
    assert found[0]["reason"] == RejectReason.BROKEN_ROW
    assert texts(found)[1:] == [f"第{n}条" for n in range(size)]


def test_csv_full_of_unclosed_quotes_is_read_in_linear_time():
    source = b"id,text\n" + (b'x,"no end, never\n' + b"1,2\n" * 100) * 500
    found = rows(source, asked("csv", batch_bytes=10**7))
    assert len(found) == 500 * 101
    assert sum(row["reason"] == RejectReason.BROKEN_ROW for row in found) == 500


def test_csv_without_the_text_column_names_those_there_are():
    with pytest.raises(TextColumnMissing, match=r"'text'.*编号, 正文"):
        rows("编号,正文\n1,甲\n".encode(), asked("csv"))


def test_csv_in_another_encoding_than_declared_can_be_told_from_the_error():
    with pytest.raises(TextColumnMissing, match=r"id, \\udcd5") as caught:
        rows("id,正文\n".encode("gb18030"), asked("csv"))
    assert str(caught.value).encode()


def test_csv_without_a_readable_header_is_unreadable():
    with pytest.raises(DeliveryUnreadable, match=r"法规\.dat has no header"):
        rows(b'id,"text\n1,2\n', asked("csv"))


# Text files


def test_text_file_is_one_row_named_after_the_file():
    params = asked("text", "auto", (("text", "text"), ("id", "name"), ("title", "name")))
    stream = io.BytesIO("公告\n本法的施行日期由国务院规定。".encode("gb18030"))
    (table,) = read_rows(stream, source_file="2023/第一号.公告.txt.gz", params=params)
    (row,) = table.to_pylist()
    assert (row["source_row"], row["source_id"], row["title"]) == (1, "第一号.公告", "第一号.公告")
    assert row["text"].endswith("国务院规定。")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", RejectReason.EMPTY_TEXT),
        (b"\xd6\xd0\xb9\xfa", RejectReason.UNDECODABLE),
        (b"x" * 10_001, RejectReason.TOO_LARGE),
    ],
)
def test_text_file_that_is_no_document_is_one_reject(source, reason):
    (row,) = rows(source, asked("text", columns=(("text", "text"), ("id", "name"))))
    assert (row["reason"], row["text"], row["source_id"]) == (reason, None, "法规")


def test_text_file_has_no_other_columns():
    with pytest.raises(TextColumnMissing, match="text, name"):
        rows(b"x", asked("text", columns=only(theirs="body")))


# Parquet


def test_parquet_rows_are_read_with_ids_and_dates_as_strings():
    stamp = datetime(2020, 1, 1, 8, tzinfo=UTC)
    source = parquet(
        id=pa.array([1, None]),
        title=pa.array(["总则", None]).dictionary_encode(),
        text=pa.array(["甲", "乙"], pa.large_string()),
        date=pa.array([date(2020, 1, 2), None]),
        when=pa.array([stamp, None], pa.timestamp("us", "UTC")),
    )
    first, second = rows(source, asked("parquet"))
    assert (first["source_row"], first["source_id"], first["title"]) == (1, "1", "总则")
    assert (first["text"], first["published"]) == ("甲", "2020-01-02")
    assert (second["source_row"], second["source_id"], second["published"]) == (2, None, None)
    columns = (*only(), ("published", "when"))
    assert rows(source, asked("parquet", columns=columns))[0]["published"] == "2020-01-01 08:00:00Z"


def test_parquet_binary_and_unchecked_text_is_decoded_row_by_row():
    bad = pa.array(["甲".encode(), b"\xd6\xd0", None, b" "], pa.binary())
    unchecked = pa.StringArray.from_buffers(4, *bad.buffers()[1:], bad.buffers()[0])
    for column in (bad, unchecked, bad.dictionary_encode()):
        found = rows(parquet(text=column, id=pa.array([1, 2, 3, 4])), asked("parquet"))
        assert reasons(found) == [
            None,
            RejectReason.UNDECODABLE,
            RejectReason.NULL_TEXT,
            RejectReason.EMPTY_TEXT,
        ]
        assert [row["source_id"] for row in found] == ["1", "2", "3", "4"]


def test_parquet_nested_column_is_found_by_its_path():
    docs = [{"body": "甲", "meta": {"n": 1}}, None, {"body": None, "meta": None}]
    columns = (("text", "doc.body"), ("id", "doc.meta.n"), ("title", "doc.meta"))
    found = rows(parquet(doc=docs, other=[1, 2, 3]), asked("parquet", columns=columns))
    assert texts(found) == ["甲", None, None]
    assert [row["source_id"] for row in found] == ["1", None, None]
    assert found[0]["title"] == '{"n":1}'


def test_parquet_column_of_nulls_alone_is_text_nobody_gave():
    found = rows(parquet(text=pa.nulls(2), id=["1", "2"]), asked("parquet"))
    assert reasons(found) == [RejectReason.NULL_TEXT] * 2


def test_parquet_of_many_batches_numbers_its_rows_through():
    source = parquet(text=[f"第{n}条" * 20 for n in range(500)])
    found = rows(source, asked("parquet", columns=only(), batch_bytes=2000))
    assert [row["source_row"] for row in found] == list(range(1, 501))


@pytest.mark.parametrize(
    "columns",
    [{"body": ["甲"]}, {"text": [1], "body": ["甲"]}, {"text": [["甲"]], "body": ["甲"]}],
)
def test_parquet_without_a_column_of_text_names_columns_and_types(columns):
    with pytest.raises(TextColumnMissing, match=r"body \(string\)"):
        rows(parquet(**columns), asked("parquet"))


def test_parquet_that_is_damaged_is_unreadable():
    whole = parquet(text=[f"第{n}条" for n in range(5000)])
    for damaged in (b"", b"no parquet", whole[:-20], whole[:40] + bytes(400) + whole[440:]):
        with pytest.raises(DeliveryUnreadable, match=r"法规\.dat cannot be read"):
            rows(damaged, asked("parquet", columns=only()))


# Files that end early, and looking before reading


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_truncated_compression_is_unreadable_after_the_rows_before_it(compression):
    whole = pa.compress(lines(*({"text": os.urandom(500).hex()} for _ in range(5000))), compression)
    cut = pa.BufferReader(whole.slice(0, whole.size - 100))
    stream = pa.CompressedInputStream(cut, compression)
    tables = read_rows(stream, source_file="a.jsonl", params=asked())
    assert next(tables).num_rows > 0
    with pytest.raises(DeliveryUnreadable, match=r"a\.jsonl cannot be read to its end"):
        list(tables)


def test_truncated_gzip_of_the_standard_library_is_unreadable():
    stream = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(lines({"text": "甲"}))[:-5]))
    with pytest.raises(DeliveryUnreadable):
        list(read_rows(stream, source_file="a.jsonl.gz", params=asked()))


def test_network_trouble_is_not_the_partners():
    class Broken(io.RawIOBase):
        def read(self, _size=-1):
            raise ConnectionResetError(104, "reset by peer")

    with pytest.raises(ConnectionResetError):
        list(read_rows(Broken(), source_file="a.jsonl", params=asked()))


@pytest.mark.parametrize(
    ("params", "source", "found"),
    [
        (asked(), lines(*({"body": "甲"} for _ in range(150)), {"text": "乙"}), "there are body:"),
        (asked("csv"), b"id,body\n1,2\n", "there are id, body:"),
        (asked("text", columns=only(theirs="body")), "甲".encode(), "there are text, name:"),
        (asked("parquet"), parquet(body=["甲"]), r"there are body \(string\):"),
    ],
)
def test_require_text_tells_a_wrong_mapping_from_the_head(params, source, found):
    stream = pa.BufferReader(source) if params.format == "parquet" else io.BytesIO(source)
    with pytest.raises(TextColumnMissing, match=found):
        require_text(stream, source_file="a", params=params)


@pytest.mark.parametrize(
    ("params", "source"),
    [
        (asked(), lines({"text": None}, *({"body": "甲"} for _ in range(150)))),
        (asked(), b"{broken\n" * 200),
        (asked(), b""),
        (asked("csv"), b'id,text\n1,"open\n'),
        (asked("csv"), b""),
        (asked("parquet"), parquet(text=["甲"])),
    ],
)
def test_require_text_is_content_with_a_head_that_may_have_text(params, source):
    stream = pa.BufferReader(source) if params.format == "parquet" else io.BytesIO(source)
    require_text(stream, source_file="a", params=params)


# Real deliveries

real_data = pytest.mark.skipif(
    "HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set"
)


def real_rows(path, compression, params):
    with pa.input_stream(str(path), compression=compression) as stream:
        for table in read_rows(stream, source_file=path.name, params=params):
            yield from table.to_pylist()


@real_data
def test_real_delivery_with_nested_columns_is_read_whole():
    columns = (("text", "doc.body"), ("id", "doc.id"), ("title", "doc.headline"), ("url", "link"))
    params = asked(columns=columns, encoding="auto", max_text_bytes=10**7, batch_bytes=10**6)
    folder = Path(os.environ["HELIU_REAL_DATA"]) / "deliveries" / "a"
    found = [row for path in sorted(folder.iterdir()) for row in real_rows(path, "zstd", params)]
    assert len({row["source_id"] for row in found}) == len(found) == 699
    assert all(row["text"] and row["title"] and row["reason"] is None for row in found)


@real_data
def test_real_delivery_in_parquet_is_read_whole():
    columns = (("text", "text"), ("id", "uid"), ("published", "date"))
    params = asked("parquet", columns=columns, max_text_bytes=10**7, batch_bytes=10**6)
    folder = Path(os.environ["HELIU_REAL_DATA"]) / "deliveries" / "b"
    found = []
    for path in sorted(folder.iterdir()):
        with pa.OSFile(str(path)) as stream:
            for table in read_rows(stream, source_file=path.name, params=params):
                found += table.to_pylist()
    assert len({row["source_id"] for row in found}) == len(found) == 1031
    assert all(row["text"] and row["reason"] is None for row in found)


@real_data
@pytest.mark.parametrize("encoding", ["gb18030", "auto"])
def test_real_delivery_in_gb18030_is_read_whole(encoding):
    columns = (("text", "正文"), ("id", "id"), ("title", "标题"))
    params = asked(columns=columns, encoding=encoding, max_text_bytes=10**7, batch_bytes=10**6)
    path = Path(os.environ["HELIU_REAL_DATA"]) / "deliveries" / "c" / "data.gb18030.jsonl.gz"
    found = list(real_rows(path, "gzip", params))
    assert len({row["source_id"] for row in found}) == len(found) == 1269
    assert all(row["text"] and row["reason"] is None for row in found)


@real_data
def test_real_dirty_files_are_each_one_document_or_one_refusal():
    folder = Path(os.environ["HELIU_REAL_DATA"]) / "dirty"
    params = asked("text", "auto", only(), max_text_bytes=10**7)
    refused = set()
    for path in sorted(folder.glob("*/*")):
        (table,) = read_rows(io.BytesIO(path.read_bytes()), source_file=path.name, params=params)
        if table["reason"][0].as_py():
            refused.add((path.parent.name, table["reason"][0].as_py()))
    # EUC-TW is none of the encodings; the others hold bytes that no decoder takes.
    assert refused == {("euc_tw", "undecodable")}

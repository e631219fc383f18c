import gzip
import io
import os
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.corpus.intake.deliveries import read_rows, require_text
from jobs.corpus.repair.repairs import RepairParams
from jobs.errors import ConfigError, DeliveryUnreadable, TextColumnMissing, UnknownEncoding
from jobs.flow.params import FileGroup, PartnerParams
from tests.deliveries import asked, lines, only, parquet


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"encoding": "gbk"}, UnknownEncoding, "auto, utf-8, gb18030, big5 or utf-16"),
        ({"columns": (("id", "id"),)}, ConfigError, "map text"),
        ({"columns": (("text", "a"), ("body", "b"))}, ConfigError, "text, id, title"),
        ({"columns": (("text", "a"), ("text", "b"))}, ConfigError, "once at most"),
        ({"max_text_bytes": 0}, ConfigError, "above 0"),
        ({"batch_bytes": 0}, ConfigError, "above 0"),
    ],
)
def test_params_that_make_no_sense_are_refused_with_what_would(change, error, said):
    with pytest.raises(error, match=said):
        asked(**change)


def test_format_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"format=xml: choose jsonl, .*wet or parquet"):
        list(read_rows(io.BytesIO(), source_file="a.xml", params=asked("xml")))
    groups = (FileGroup("", ("a.xml",), asked("xml")),)
    with pytest.raises(ConfigError, match="format=xml: choose jsonl"):
        PartnerParams("gov", groups, RepairParams((), 0.5), "", 1, 0.1, {}, False, False)


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
    assert refused == {("euc_tw", "unsupported_encoding")}

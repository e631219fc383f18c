from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from jobs.corpus.intake.deliveries import RejectReason
from jobs.errors import DeliveryUnreadable
from tests.deliveries import asked, only, parquet, reasons, rows, texts


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


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.binary()),
        pa.list_(pa.string(), 2),
    ],
)
def test_parquet_list_of_paragraphs_is_a_text_of_lines(kind):
    given = [["第一段。", "第二段。"], ["第一段。", None], [None, None], None]
    column = pa.array(given, kind)
    found = rows(parquet(text=column, title=column), asked("parquet"))
    assert texts(found) == ["第一段。\n第二段。", "第一段。", None, None]
    assert reasons(found)[2:] == [RejectReason.EMPTY_TEXT, RejectReason.NULL_TEXT]
    assert rows(
        parquet(doc=[{"text": column[0]}]), asked("parquet", columns=only(theirs="doc.text"))
    )


def test_parquet_column_of_nulls_alone_is_text_nobody_gave():
    found = rows(parquet(text=pa.nulls(2), id=["1", "2"]), asked("parquet"))
    assert reasons(found) == [RejectReason.NULL_TEXT] * 2


def test_parquet_of_many_batches_numbers_its_rows_through():
    source = parquet(text=[f"第{n}条" * 20 for n in range(500)])
    found = rows(source, asked("parquet", columns=only(), batch_bytes=2000))
    assert [row["source_row"] for row in found] == list(range(1, 501))


@pytest.mark.parametrize(
    ("columns", "reason", "evidence"),
    [
        ({"body": ["甲"]}, RejectReason.MISSING_TEXT, "id (int64), body (string)"),
        ({"text": [1], "body": ["甲"]}, RejectReason.NOT_TEXT, "column of int64"),
        ({"text": [[1]]}, RejectReason.NOT_TEXT, "column of list<element: int64>"),
    ],
)
def test_parquet_file_unlike_the_others_is_refused_row_by_row(columns, reason, evidence):
    (row,) = rows(parquet(id=[7], **columns), asked("parquet"))
    assert (row["reason"], row["evidence"], row["source_id"]) == (reason, evidence, "7")
    (row,) = rows(parquet(**columns), asked("parquet", columns=only()))
    assert row["reason"] == reason


def test_parquet_that_is_damaged_is_unreadable():
    whole = parquet(text=[f"第{n}条" for n in range(5000)])
    for damaged in (b"", b"no parquet", whole[:-20], whole[:40] + bytes(400) + whole[440:]):
        with pytest.raises(DeliveryUnreadable, match=r"法规\.dat cannot be read"):
            rows(damaged, asked("parquet", columns=only()))

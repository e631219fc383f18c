import pytest

from jobs.corpus.intake.deliveries import RejectReason
from jobs.errors import DeliveryUnreadable
from tests.deliveries import asked, reasons, rows, texts


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


def test_csv_without_the_text_column_is_all_refused_with_those_there_are():
    (row,) = rows("id,正文\n1,甲\n".encode(), asked("csv"))
    assert (row["reason"], row["evidence"]) == (RejectReason.MISSING_TEXT, "id, 正文")
    assert row["source_id"] == "1"


def test_csv_in_another_encoding_than_declared_can_be_told_from_the_evidence():
    (row,) = rows("id,正文\n1,甲\n".encode("gb18030"), asked("csv"))
    assert row["evidence"] == r"id, \udcd5\udcfd\udcce\udcc4"


def test_csv_without_a_readable_header_is_unreadable():
    with pytest.raises(DeliveryUnreadable, match=r"法规\.dat has no header"):
        rows(b'id,"text\n1,2\n', asked("csv"))

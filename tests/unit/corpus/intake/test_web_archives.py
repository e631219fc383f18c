"""Pages of web archives, and texts that others took from them."""

import gzip
import io

import pytest

from jobs.corpus.intake.deliveries import RejectReason, read_rows, require_text
from jobs.errors import DeliveryUnreadable, TextColumnMissing
from jobs.storage.source_bytes import open_stream
from tests.deliveries import asked, only, reasons, rows, texts

ALL = (("text", "text"), ("id", "id"), ("url", "url"), ("published", "date"))
BODY = (
    "国务院办公厅关于印发促进数字经济发展行动计划的通知，各省、自治区、直辖市人民政府认真贯彻执行。"
)
PAGE = (
    "<html><head><title>通知公告_政府网</title><meta charset={charset}></head><body>"
    "<div class=nav><a href=/>首页</a></div><h1>通知公告</h1>"
    "<p>{body}</p><p>{body}</p><p>{body}</p></body></html>"
)


def page(charset="utf-8", codec="utf-8"):
    return PAGE.format(charset=charset, body=BODY).encode(codec)


def record(kind, body, url="https://www.gov.cn/1", length=None):
    content = "application/http; msgtype=response" if kind == "response" else "text/plain"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2023-11-29T08:00:00Z\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        f"Content-Type: {content}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def response(body, *headers, status="200 OK"):
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers]) + "\r\n\r\n"
    return record("response", head.encode() + body)


def test_warc_response_becomes_its_main_text_with_address_title_and_crawl_date():
    source = record("warcinfo", b"software: x") + response(page(), "Content-Type: text/html")
    (row,) = rows(source, asked("warc", "auto", ALL))
    assert (row["source_row"], row["source_id"]) == (2, "<urn:uuid:1>")
    assert (row["url"], row["published"]) == ("https://www.gov.cn/1", "2023-11-29T08:00:00Z")
    assert row["title"] == "通知公告"
    assert row["text"].count(BODY) == 3
    assert "首页" not in row["text"]


def test_warc_address_is_read_unasked_and_the_crawl_date_only_if_asked():
    (row,) = rows(response(page(), "Content-Type: text/html"), asked("warc", "auto", only()))
    assert (row["url"], row["published"]) == ("https://www.gov.cn/1", None)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (page("gbk", "gb18030"), ["Content-Type: text/html"]),
        (page("utf-8", "gb18030"), ["Content-Type: text/html; charset=GBK"]),
        (page("gbk", "utf-8"), ["Content-Type: text/html; charset=GBK"]),
        (page("none", "gb18030"), ["Content-Type: text/html"]),
        (page("none", "utf-16"), ["Content-Type: text/html"]),
        (page("none", "utf-16-le"), ["Content-Type: text/html; charset=utf-16le"]),
        (page("none", "utf-16-be"), ["Content-Type: text/html"]),
        (gzip.compress(page(), mtime=0), ["Content-Type: text/html", "Content-Encoding: gzip"]),
        (
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(page()), page()),
            ["Content-Type: text/html", "Transfer-Encoding: chunked"],
        ),
    ],
)
def test_warc_page_is_decoded_whatever_it_is_in(body, headers):
    (row,) = rows(response(body, *headers), asked("warc", "auto", only()))
    assert BODY in row["text"]


def test_warc_record_without_a_page_is_refused_and_the_rest_is_read():
    source = (
        response(b"x", "Content-Type: image/png")
        + response(page(), "Content-Type: text/html", status="404 Not Found")
        + response(b"<html><body><p></p></body></html>", "Content-Type: text/html")
        + response(b"x" * 20_000, "Content-Type: text/html")
        + record("request", b"GET /")
        + response(page(), "Content-Type: text/html")
    )
    found = rows(source, asked("warc", "auto", only()))
    assert reasons(found) == [
        *[RejectReason.NOT_A_PAGE] * 2,
        RejectReason.NO_MAIN_TEXT,
        RejectReason.TOO_LARGE,
        None,
    ]
    assert [row["source_row"] for row in found] == [1, 2, 3, 4, 6]
    assert found[0]["evidence"] == "status 200, image/png"


def test_wet_conversion_is_its_text():
    source = record("warcinfo", b"x") + record("conversion", BODY.encode())
    assert texts(rows(source, asked("wet", "auto", only()))) == [BODY]


@pytest.mark.parametrize(
    "source",
    [
        b"no archive\n" * 10,
        record("conversion", BODY.encode())[:-40],
        record("conversion", BODY.encode(), length=20) + record("conversion", b"x"),
        record("conversion", b"x") + b"garbage\r\n\r\n" + record("conversion", b"x"),
    ],
)
def test_web_archive_that_is_damaged_is_unreadable(source):
    with pytest.raises(DeliveryUnreadable, match="法规"):
        rows(source, asked("wet", "auto", only()))


LARGE = response(b"x" * 50_000)
BROKEN_OFF = {
    "what is too large": LARGE[:-10_000],
    "a record of another kind": record("request", b"x" * 50_000)[:-10_000],
    "a length that takes in the next": record("request", b"x", length=10**12) + response(page()),
    "a large length that does so": record("response", b"x", length=(1 << 63) - 1) + LARGE,
    "the longer of two": response(page()).replace(
        b"Content-Length:", b"Content-Length: 10000000\r\nContent-Length:", 1
    ),
}


@pytest.mark.parametrize("source", BROKEN_OFF.values(), ids=BROKEN_OFF)
def test_web_archive_that_breaks_off_in_what_is_passed_over_is_unreadable(source):
    """The records behind it are in none of its rows, and no one would miss them."""
    with pytest.raises(DeliveryUnreadable, match=r"法规\.dat breaks off in the record of https"):
        rows(response(page()) + source, asked("warc", "auto", only()))


def test_empty_web_archive_has_no_rows_and_no_other_columns():
    assert rows(b"", asked("warc", "auto", only())) == []
    with pytest.raises(TextColumnMissing, match="text, url, date, id"):
        require_text(
            io.BytesIO(b""), source_file="a", params=asked("wet", columns=only(theirs="x"))
        )


def test_web_archive_is_read_record_by_record():
    source = io.BytesIO(record("conversion", BODY.encode()) * 10_000)
    next(read_rows(source, source_file="a", params=asked("wet", "auto", only())))
    assert source.tell() < 1 << 18


def test_web_archive_is_read_from_a_stream_that_goes_forwards_only(tmp_path):
    path = tmp_path / "a.wet.gz"
    path.write_bytes(gzip.compress(record("conversion", BODY.encode())) * 3)
    with open_stream(str(path), endpoint_url=None) as stream:
        (table,) = read_rows(stream, source_file="a", params=asked("wet", "auto", only()))
    assert table["text"].to_pylist() == [BODY] * 3


def test_warc_page_that_is_too_large_once_unpacked_is_refused_and_the_next_is_read():
    headers = ["Content-Type: text/html", "Content-Encoding: gzip"]
    large = gzip.compress(page() + b" " * 20_000)
    source = response(large, *headers) + response(page(), "Content-Type: text/html")
    first, second = rows(source, asked("warc", "auto", only()))
    assert first["reason"] == RejectReason.TOO_LARGE
    assert first["evidence"].startswith("page of more than")
    assert BODY in second["text"]

"""One bad record costs itself: it is told what is wrong with it, and the next is read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from dataclasses import replace

import pytest

from jobs.corpus.intake.deliveries import RejectReason, heads
from jobs.errors import DeliveryUnreadable
from tests.deliveries import asked, only, parquet, reasons, rows, texts

SENTENCE = "会议指出，要坚持问题导向，切实解决市场准入和监管执法等方面的突出问题。"
PAGE = f"<html><body><p>{SENTENCE * 4}</p></body></html>".encode()
HTML = "Content-Type: text/html\n"
PARAMS = asked("warc", "auto", only(), max_text_bytes=10**6)


def response(headers: str, body: bytes, end: bytes = b"\r\n") -> bytes:
    told = headers.encode().replace(b"\n", end)
    http = b"HTTP/1.1 200 OK" + end + told + end + body
    head = [
        b"WARC/1.0",
        b"WARC-Type: response",
        b"Content-Type: application/http; msgtype=response",
    ]
    head.append(b"Content-Length: %d" % len(http))
    return end.join(head) + end + end + http + end + end


BAD = {
    "gzip that is none": (f"{HTML}Content-Encoding: gzip\n", PAGE),
    "brotli that is none": (f"{HTML}Content-Encoding: br\n", b"\x0b\x02\x80"),
    "zstd that is none": (f"{HTML}Content-Encoding: zstd\n", PAGE),
    "deflate that is none": (f"{HTML}Content-Encoding: deflate\n", PAGE),
    "coding nobody knows": (f"{HTML}Content-Encoding: snappy\n", PAGE),
    "no chunks": (f"{HTML}Transfer-Encoding: chunked\n", PAGE),
    "chunk cut short": (f"{HTML}Transfer-Encoding: chunked\n", b"ffff\r\n" + PAGE),
    "chunk below nothing": (f"{HTML}Transfer-Encoding: chunked\n", b"-5\r\n" + PAGE),
    "chunk above all": (f"{HTML}Transfer-Encoding: chunked\n", b"f" * 18 + b"\r\n" + PAGE),
    "long header": (f"X: {'a' * 100_000}\n{HTML}", PAGE),
    "many headers": ("X: a\n" * 20_000 + HTML, PAGE),
}


@pytest.mark.parametrize("kind", BAD)
def test_response_that_cannot_be_parsed_costs_itself(kind):
    found = rows(response(*BAD[kind]) + response(HTML, PAGE), PARAMS)
    assert reasons(found) == [RejectReason.UNDECODABLE, None]
    assert found[0]["evidence"].startswith("headers, chunks or coding: ")
    assert SENTENCE in found[1]["text"]


def test_response_is_read_in_the_coding_it_has_and_by_its_type_in_any_case():
    packed = response(f"{HTML}Content-Encoding: gzip\n", gzip.compress(PAGE))
    shouted = response("Content-Type: TEXT/HTML; Charset=UTF-8\n", PAGE)
    found = rows(packed + shouted + packed, PARAMS)
    assert [SENTENCE in text for text in texts(found)] == [True] * 3


def test_archive_whose_line_ends_were_changed_is_refused_by_its_cause():
    with pytest.raises(DeliveryUnreadable, match="LF alone"):
        rows(response(HTML, PAGE, b"\n"), PARAMS)


def test_half_a_character_costs_the_row_only_where_it_is_read():
    unread = b'{"id": "1", "text": "\xe7\x94\xb2", "author": "\\ud83d", "n": NaN}'
    for line, reason in (
        (unread, None),
        (b'{"id": "1", "text": "\\ud83d"}', RejectReason.BROKEN_JSON),
        (b'{"id": "\\ud83d", "text": "a"}', RejectReason.BROKEN_JSON),
        (b'{"id": {"a": ["\\ud83d"]}, "text": "a"}', RejectReason.BROKEN_JSON),
        (b'{"id": "1", "text": "\\ud83d\\ude00"}', None),
    ):
        found = rows(line + b'\n{"text": "b"}', asked())
        assert reasons(found) == [reason, None]


def packed(write, *names):
    sink = io.BytesIO()
    write(sink, names)
    return sink.getvalue()


def tar(sink, names):
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))


def zipped(sink, names):
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, SENTENCE)


def office(sink, names):
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("mimetype", *names)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (packed(tar, "甲.jsonl"), "tar archive: unpack"),
        (packed(zipped, "甲.jsonl"), "zip archive: unpack"),
        (packed(zipped, "_rels/.rels", "word/document.xml"), "docx.*plain text"),
        (packed(zipped, "xl/worksheets/sheet1.xml", "[Content_Types].xml"), "xlsx.*CSV"),
        (packed(zipped, "ppt/presentation.xml"), "pptx"),
        (packed(office, "application/vnd.oasis.opendocument.text"), "OpenDocument"),
        (packed(office, "application/epub+zip"), "EPUB"),
        (rb"{\rtf1\ansi", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc, xls"),
        (gzip.compress(b"{}", mtime=0), "gzip"),
        (lzma.compress(b"{}"), "xz"),
        (bz2.compress(b"{}"), "bzip2"),
        (parquet(text=["甲"]), "format: parquet"),
        (b'[{"text": "a"}]', "one JSON array"),
        (b"\xef\xbb\xbf[\n  {\n", "one JSON array"),
        (b'{\r\n  "text": "a"\r\n}', "indented JSON"),
    ],
)
def test_file_that_is_something_else_is_refused_by_what_it_is(source, said):
    for format_ in ("jsonl", "text") if "JSON" not in said else ("jsonl",):
        with pytest.raises(DeliveryUnreadable, match=said):
            rows(source, asked(format_, "auto", only()))


@pytest.mark.parametrize("format_", ["csv", "tsv"])
def test_quotes_that_are_text_are_read_as_text_where_the_partner_says_so(format_):
    sign = {"csv": ",", "tsv": "\t"}[format_]
    table = [["id", "text"], ["1", '"你好'], ["2", "中间"], ["3", '再见"'], ["4", "正常"]]
    source = "\r\n".join(sign.join(row) for row in table).encode()
    params = replace(asked(format_, columns=(*only(), ("id", "id"))), quoting="none")
    assert texts(rows(source, params)) == ['"你好', "中间", '再见"', "正常"]
    assert len(rows(source, replace(params, quoting="double"))) == 2
    (long, short) = rows(
        f"id{sign}text\n1{sign}{'长' * 90_000}\n\n2{sign}短".encode(),
        replace(params, max_text_bytes=1000),
    )
    assert (long["reason"], short["text"]) == (RejectReason.TOO_LARGE, "短")


@pytest.mark.parametrize("format_", ["csv", "tsv"])
def test_escapes_of_mysql_and_hive_are_what_they_stand_for(format_):
    sign = {"csv": ",", "tsv": "\t"}[format_]
    params = asked(format_, columns=(*only(), ("id", "id"), ("title", "title")))
    params = replace(params, quoting="escaped")
    table = [
        ("id", "title", "text"),
        (r"\N", r"\N", r'第一行\n第二行\t"引号"'),
        ("2", r"C:\\N", f"甲\\{sign}乙\\\n丙"),  # as SELECT INTO OUTFILE writes both
        ("3", r"\\", r"末尾\\"),
        ("4", "少", "一", "列"),
        ("5", "", r"引\'号\0"),
    ]
    found = rows("\n".join(sign.join(row) for row in table).encode(), params)
    assert texts(found) == ['第一行\n第二行\t"引号"', f"甲{sign}乙\n丙", "末尾\\", None, "引'号\0"]
    assert [row["source_id"] for row in found] == [None, "2", "3", None, "5"]
    assert [row["title"] for row in found] == [None, "C:\\N", "\\", None, ""]
    assert found[3]["reason"] == RejectReason.BROKEN_ROW


def test_escaped_line_ends_without_end_cost_one_row_of_bounded_size():
    params = replace(asked("tsv", columns=only(), max_text_bytes=1000), quoting="escaped")
    source = b"text\n" + b"x\\\n" * 50_000 + "乙".encode()
    found = rows(source, params)
    assert reasons(found) == [RejectReason.TOO_LARGE]
    assert reasons(rows(source + "\n丙".encode(), params)) == [RejectReason.TOO_LARGE, None]
    assert rows(b"text\nx\\", params)[0]["text"] == "x\\"


def test_header_with_quotes_that_are_text_is_read_as_its_rows_are():
    params = replace(asked("tsv", columns=(("text", '"正文'), ("id", "id"))), quoting="none")
    source = 'id\t"正文\n1\t甲\n'.encode()
    assert texts(rows(source, params)) == ["甲"]
    (head,) = heads(io.BytesIO(source), source_file="a.tsv", params=params)
    assert head.found == {"id", '"正文'}


@pytest.mark.parametrize(
    ("named", "codec", "text"),
    [
        ("EUC-JP", "euc_jp", "本日は晴天なり。国の宝が展示されている。"),
        ("Shift_JIS", "cp932", "本日は晴天なり。国の宝が展示されている。"),
        ("euc-kr", "cp949", "대한민국은 민주공화국이다."),
        ("gbk", "gb18030", SENTENCE),
    ],
)
def test_page_is_read_in_the_charset_of_its_neighbours_that_it_names(named, codec, text):
    page = f'<html><head><meta charset="{named}"></head><body><p>{text}</p></body></html>'
    (row,) = rows(page.encode(codec), asked("html", "auto", only()))
    assert row["text"] == text


@pytest.mark.parametrize("depth", [100, 900, 1_000, 1_020, 5_000, 100_000])
@pytest.mark.parametrize("key", ["text", "id", "other"])
def test_nesting_costs_no_more_than_its_row(key, depth):
    line = f'{{"{key}": {"[" * depth}{"]" * depth}, "title": "甲"}}'.encode()
    found = rows(line + '\n{"text": "乙"}'.encode(), asked(max_text_bytes=10**6))
    assert texts(found) == [None, "乙"]

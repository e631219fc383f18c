"""Good files of every format, encoding and compression, made from a source of chance."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from tests.fuzz.byte_mutations import CONTENT, mutated_bytes
from tests.fuzz.columns import parquet_file
from tests.fuzz.hostile_texts import hostile_number, hostile_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HOSTILE_CHARS = 40_000
SENTENCES = (
    "国务院办公厅关于印发促进数字经济发展行动计划的通知，各省、自治区、直辖市人民政府认真贯彻执行。",
    "本报讯：昨日上午，市水务局组织河湖巡查，发现问题三十二处，已整改二十九处。",
    "近年來，本縣積極推動農村道路改善，完成投資新臺幣三億二千萬元。",
    "第十二条　申请人应当提交下列材料：（一）申请书；（二）身份证明；（三）其他材料。",
    "<p>责任编辑：王小明　发布时间：2023年11月29日 08:30</p>",
    "联系电话：13812345678，电子邮箱：zhang.san@mail.example，地址：幸福路12号。",
    "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。",
    "| 年份 | 产值 | 增长 |\n| 2022 | 1,234.5 | 3.2% |",
)
COLUMNS = ("text", "id", "title", "url", "date")
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": lambda content: gzip.compress(content, 1, mtime=0),
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".zst": lambda content: zstd.compress(content, 1),
    ".bz2": bz2.compress,
}
_CODECS = {"utf-8": "utf-8", "gb18030": "gb18030", "big5": "big5hkscs", "utf-16": "utf-16"}


class Delivery(NamedTuple):
    """A file, and how its partner says it is to be read.

    Attributes:
        kind: what the table of results calls it.
        format: see `DeliveryParams`, as `encoding`, `quoting` and `html`.
        suffix: of the name.
        content: its bytes, before they are packed.
        packing: suffix of the compression, or empty.
    """

    kind: str
    format: str
    encoding: str
    quoting: str
    html: bool
    suffix: str
    content: bytes
    packing: str


def good_file(chance: Random) -> Delivery:
    """A file of any format that somebody might deliver, now and then with a text to choke on."""
    kind = chance.choice([*_KINDS])
    made = _KINDS[kind](chance)
    packing = "" if made.format == "parquet" else chance.choice(["", "", "", "", *PACKINGS])
    return made._replace(kind=kind, packing=packing)


def good_text(chance: Random) -> str:
    """Some sentences; one time in eight a hostile text among them."""
    sentences = [chance.choice(SENTENCES) for _ in range(chance.randint(1, 12))]
    if chance.random() < 1 / 8:
        sentences.insert(chance.randint(0, len(sentences)), hostile_text(chance, HOSTILE_CHARS))
    return chance.choice(("", "\n", "\n\n", "　")).join(sentences)


def record(chance: Random, number: int) -> dict[str, Any]:
    """The columns of one row, now and then with a value that nobody expects there."""
    row: dict[str, Any] = {
        "text": good_text(chance),
        "id": chance.choice((f"文{number}", number, str(number))),
        "title": chance.choice(SENTENCES)[:20],
        "url": f"https://www.gov.example/{number}?a=1#b",
        "date": chance.choice(
            ("2023-11-29", "二〇二三年十一月", "2023年11月29日 8:30", 1701244800)
        ),
    }
    if chance.random() < 1 / 6:
        row[chance.choice(COLUMNS)] = _odd(chance)
    return row


def page(chance: Random) -> str:
    """A whole page."""
    charset = chance.choice(("utf-8", "gbk", "big5", "euc-jp", "utf-7", "x"))
    text = "".join(f"<p>{good_text(chance)}</p>\n" for _ in range(chance.randint(1, 6)))
    date = '<meta property="article:published_time" content="2023-11-29T08:00:00+08:00">'
    links = '<link rel="canonical" href="/a/b.html"><base href="https://www.gov.example/">'
    menu = '<ul class="nav"><li><a href="/">首页</a></li><li><a href="/x">新闻</a></li></ul>' * 3
    return (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>通知公告_政府网</title>{date}'
        f"{links}</head><body>{menu}<h1>通知公告</h1><div id=main>{text}</div>"
        f"<table><tr><td>{good_text(chance)}</td></tr></table></body></html>"
    )


def _odd(chance: Random) -> Any:
    nested: Any = "甲"
    for _ in range(chance.choice((1, 3, 50, 900))):
        nested = chance.choice(([nested], {"a": nested}))
    odd = (None, "", " ", 0, -1, True, 1.5, [], {}, ["甲", None, "乙"], ["甲", 1], nested)
    return chance.choice((*odd, hostile_text(chance, HOSTILE_CHARS), hostile_number(chance)))


def _encoding(chance: Random) -> tuple[str, str]:
    """An encoding, and what the partner says of it."""
    spoken = chance.choice(("utf-8", "utf-8", "utf-8", "gb18030", "big5", "utf-16"))
    return spoken, chance.choice(("auto", "auto", spoken))


def _encoded(chance: Random, text: str, encoding: str) -> bytes:
    mark = b"\xef\xbb\xbf" if encoding == "utf-8" and chance.random() < 0.1 else b""
    return mark + text.encode(_CODECS[encoding], "replace")


def _made(chance: Random, text: str, delivered_as: str, **how: Any) -> Delivery:
    spoken, said = _encoding(chance)
    content = _encoded(chance, text, spoken)
    settings = {"quoting": "double", "html": False, "suffix": f".{delivered_as}"} | how
    return Delivery("", delivered_as, said, content=content, packing="", **settings)


def _rows(chance: Random) -> list[dict[str, Any]]:
    return [record(chance, number) for number in range(chance.choice((0, 1, 3, 10, 40)))]


def _dumped(value: Any, chance: Random) -> str:
    return json.dumps(value, ensure_ascii=chance.random() < 0.2)


def _json_lines(chance: Random) -> Delivery:
    end = chance.choice(("\n", "\n", "\r\n"))
    lines = [_dumped(row, chance) for row in _rows(chance)]
    return _made(chance, end.join(lines) + chance.choice(("", end)), "jsonl")


def _json_pages(chance: Random) -> Delivery:
    rows = [row | {"text": page(chance)} for row in _rows(chance)[:4]]
    text = "\n".join(_dumped(row, chance) for row in rows)
    return _made(chance, text, "jsonl", html=True)


def _json_array(chance: Random) -> Delivery:
    indent = chance.choice((None, 1))
    return _made(chance, json.dumps(_rows(chance), ensure_ascii=False, indent=indent), "jsonl")


def _delimited(delivered_as: str, quoting: str) -> Callable[[Random], Delivery]:
    delimiter = {"csv": ",", "tsv": "\t"}[delivered_as]

    def made(chance: Random) -> Delivery:
        cells = [COLUMNS, *([*map(_cell, row.values())] for row in _rows(chance))]
        sink = io.StringIO()
        if quoting == "double":
            csv.writer(sink, delimiter=delimiter).writerows(cells)
        else:
            escape = _escaped if quoting == "escaped" else lambda cell: cell
            for row in cells:
                sink.write(delimiter.join(map(escape, row)) + "\n")
        return _made(chance, sink.getvalue(), delivered_as, quoting=quoting)

    return made


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(one for one in text if not 0xD800 <= ord(one) < 0xE000)


def _escaped(cell: str) -> str:
    for sign, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), (",", "\\,")):
        cell = cell.replace(sign, escape)
    return cell or r"\N"


def _text(chance: Random) -> Delivery:
    return _made(chance, good_text(chance), "text", suffix=".txt")


def _text_blocks(chance: Random) -> Delivery:
    between = chance.choice(("\n\n", "\r\n\r\n", "\n　\n"))
    text = between.join(good_text(chance) for _ in range(chance.randint(0, 30)))
    return _made(chance, text, "text-blocks", suffix=".txt")


def _html(chance: Random) -> Delivery:
    return _made(chance, page(chance), "html")


def _archive(delivered_as: str) -> Callable[[Random], Delivery]:
    def made(chance: Random) -> Delivery:
        one = _response if delivered_as == "warc" else _conversion
        records = [_warc_record(chance, "warcinfo", b"software: a\r\n", "application/warc-fields")]
        records += [one(chance) for _ in range(chance.randint(0, 8))]
        if chance.random() < 0.3:  # a member for each record, as crawlers write it
            content = b"".join(gzip.compress(record, 1, mtime=0) for record in records)
            return Delivery("", delivered_as, "auto", "double", False, ".warc.gz", content, "")
        return Delivery("", delivered_as, "auto", "double", False, ".warc", b"".join(records), "")

    return made


def _warc_record(chance: Random, kind: str, body: bytes, content_type: str) -> bytes:
    number = chance.randrange(10**6)
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://www.gov.example/{number}\r\n"
        f"WARC-Date: 2023-11-29T08:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def _conversion(chance: Random) -> bytes:
    text = good_text(chance).encode(chance.choice(("utf-8", "gb18030")), "replace")
    return _warc_record(chance, "conversion", text, "text/plain")


def _response(chance: Random) -> bytes:
    body = page(chance).encode(chance.choice(("utf-8", "gb18030", "big5hkscs")), "replace")
    headers = ["HTTP/1.1 200 OK", chance.choice(("Content-Type: text/html; charset=GBK", "X: y"))]
    coding = chance.choice(("", "", "gzip", "br", "deflate", "zstd", "甲"))
    if coding:
        body = gzip.compress(body, 1, mtime=0) if chance.random() < 0.7 else body
        headers.append(f"Content-Encoding: {coding}")
    if chance.random() < 0.3:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        headers.append("Transfer-Encoding: chunked")
    head = "\r\n".join(headers) + "\r\n\r\n"
    kind = chance.choice(("response", "response", "response", "request", "revisit"))
    block = mutated_bytes(chance, head.encode() + body, chance.choice((0, 0, 0, 1, 2)), CONTENT)
    return _warc_record(chance, kind, block, "application/http; msgtype=response")


def _parquet(chance: Random) -> Delivery:
    content = parquet_file(chance, _rows(chance))
    is_page = chance.random() < 0.1
    return Delivery("", "parquet", "auto", "double", is_page, ".parquet", content, "")


_KINDS: dict[str, Callable[[Random], Delivery]] = {
    "jsonl": _json_lines,
    "jsonl of pages": _json_pages,
    "json array": _json_array,
    "csv": _delimited("csv", "double"),
    "csv, quoting none": _delimited("csv", "none"),
    "tsv": _delimited("tsv", "double"),
    "tsv, escaped": _delimited("tsv", "escaped"),
    "parquet": _parquet,
    "text": _text,
    "text-blocks": _text_blocks,
    "html": _html,
    "warc": _archive("warc"),
    "wet": _archive("wet"),
}
KINDS = tuple(_KINDS)

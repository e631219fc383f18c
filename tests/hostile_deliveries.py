"""Deliveries of partners who mean harm, one of each kind, made here and stored nowhere."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import ConfigError, DeliveryUnreadable, HeliuError
from tests.builds import write_partner

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PAGE_CHARS = 32_000
OUTSIDE = "国家机密：本文不得公开。"
BOMB_ROWS = 50_000
NAMED_ROWS, NAMED_CHARS = 60, 60_000


class Hostile(NamedTuple):
    """A hostile delivery and what becomes of it.

    Attributes:
        write: writes it into a folder; returns how many rows it delivers.
        settings: of its partner, as lines of YAML.
        refused: the error that a build with it ends with; None if its rows are kept or rejected.
        said: what the error names.
    """

    write: Callable[[Path], int]
    settings: str
    refused: type[HeliuError] | None = None
    said: str = ""


class Touch:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def _environment(folder: Path) -> int:
    (folder / "环境.jsonl").symlink_to("/proc/self/environ")
    return 0


def _link_out(folder: Path) -> int:
    outside = folder.parent / "机密.jsonl"
    outside.write_text(json.dumps({"text": OUTSIDE}), encoding="utf-8")
    (folder / "外.jsonl").symlink_to(outside)
    return 0


def _pipe(folder: Path) -> int:
    os.mkfifo(folder / "管道.jsonl")
    return 0


def _pickled(folder: Path) -> int:
    told = {"ARROW:extension:name": "ray.data.arrow_pickled_object"}
    inner = pa.field("item", pa.large_binary(), metadata=told)
    kind = pa.list_(inner)
    objects = pa.array([[pickle.dumps(Touch(folder.parent / "已执行"))]], kind)
    schema = pa.schema([pa.field("text", pa.string()), pa.field("id", kind)])
    pq.write_table(pa.table([pa.array(["甲"]), objects], schema), folder / "对象.parquet")
    return 0


def _broken_off(folder: Path) -> int:
    whole = gzip.compress(os.urandom(30_000).hex().encode(), mtime=0)
    (folder / "断.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    return 0


def _archive(folder: Path) -> int:
    (folder / "包.jsonl").write_bytes(b"PK\x03\x04" + bytes(60))
    return 0


def _nothing(_folder: Path) -> int:
    return 0


def _small_bomb(folder: Path) -> int:
    content = b'{"text":null}\n' * BOMB_ROWS
    (folder / "弹.jsonl.zst").write_bytes(zstd.compress(content, 19))
    return BOMB_ROWS


def _long_line_bomb(folder: Path) -> int:
    line = b'{"text":"' + b"a" * (40 << 20) + b'"}\n'
    (folder / "长.jsonl.gz").write_bytes(gzip.compress(line, 9, mtime=0))
    return 1


def _named_again(folder: Path) -> int:
    texts = pa.array(["甲" * NAMED_CHARS] * NAMED_ROWS).dictionary_encode()
    pq.write_table(pa.table({"text": texts}), folder / "字典.parquet", compression="zstd")
    return NAMED_ROWS


def pathological_pages() -> list[str]:
    """Pages of 32 kB that readers of pages have taken hours for."""
    words = (
        *("<!--", "<h1>", "<title>", "<script>", "<meta ", "<link ", "<", "</div>", "<div>"),
        *("<td>", "<tr><td>|", "&", "&#x", "{{", "{#", "|", "\u0301\u0316", "2023 ", "2023年  "),
        *("<pre>", "<![CDATA[", "<a href=", "<svg><style>", "<select>", "<b><i>"),
    )
    head = "<!doctype html><html><head><title>通知</title></head><body><p>正文"
    runs = [head + word * (PAGE_CHARS // len(word)) for word in words]
    bars = [head + "<table>" + "<tr><td>一</td></tr>" * 2000, head + "2023" + " " * PAGE_CHARS]
    return [*runs, *bars, head + "<table><tr>" + "<td>一</td>" * 4000]


def _pages(folder: Path) -> int:
    pages = pathological_pages()
    lines = [json.dumps({"text": page}, ensure_ascii=False) for page in pages]
    (folder / "页.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return len(pages)


def _texts(folder: Path) -> int:
    """The same as texts that are no pages, between blank lines."""
    pages = [page.removeprefix("<!doctype html>") for page in pathological_pages()]
    path = folder / "文.txt"
    path.write_text("\n\n".join(page.replace("<html>", "") for page in pages), encoding="utf-8")
    return len(pages)


def _record(body: bytes, *, length: int | None = None, kind: str = "response") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://www.gov.example/1\r\n"
        f"Content-Type: application/http\r\nContent-Length: {length or len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def _response(body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(["HTTP/1.1 200 OK", *headers]) + "\r\n\r\n"
    return _record(head.encode() + body)


def _records(folder: Path) -> int:
    page = ("<html><body>" + "<p>各省、自治区、直辖市人民政府认真贯彻执行本通知。</p>" * 8).encode()
    bomb = gzip.compress(b" " * (40 << 20), mtime=0)
    records = [
        _response(page, "Content-Type: TEXT/HTML"),
        _response(page, "Content-Encoding: gzip"),
        _response(page, "Content-Encoding: klingon"),
        _response(b"zz\r\n" + page, "Transfer-Encoding: chunked"),
        _response(b"ffffffffffffffff\r\n" + page, "Transfer-Encoding: chunked"),
        _response(bomb, "Content-Encoding: gzip"),
        _response(b"<html><body>" + b"<div>" * 20_000),
        _response(page, "X-Long: " + "甲" * 100_000),
        _response(page, "Content-Type: text/html; charset=" + "x" * 10_000),
        _record(b""),
        _response(page),
    ]
    (folder / "坏.warc").write_bytes(b"".join(records))
    return len(records)


def _lying_length(folder: Path) -> int:
    (folder / "谎.warc").write_bytes(_record(b"HTTP/1.1 200 OK\r\n\r\n", length=(1 << 63) - 1))
    return 0


def _types(folder: Path) -> int:
    """Days of no calendar, zones of no country, a column twice."""
    times = pa.array([2**62, -(2**62)], pa.int64()).view(pa.timestamp("us", "Mars/Phobos"))
    names = ["text", "published", "text"]
    columns = [pa.array(["甲", "乙"]), times, pa.array(["丙", "丁"])]
    pq.write_table(pa.Table.from_arrays(columns, names), folder / "型.parquet")
    return 2


def _nested(folder: Path) -> int:
    lines = [
        '{"text":' + "[" * 100_000,
        '{"a":' * 50_000,
        '{"text":"甲","id":' + "9" * 100_000 + "}",
    ]
    (folder / "深.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return len(lines)


def _columns(folder: Path) -> int:
    sink = io.StringIO()
    sink.write(",".join(f"c{number}" for number in range(200_000)) + ",text\n")
    sink.write("," * 200_000 + "各省、自治区、直辖市人民政府认真贯彻执行。\n")
    (folder / "宽.csv").write_text(sink.getvalue(), encoding="utf-8")
    return 1


_JSONL, _PARQUET = "format: jsonl", "format: parquet"
_REFUSED = DeliveryUnreadable
HOSTILE = {
    "环境": Hostile(_environment, _JSONL, _REFUSED, "环境.jsonl"),
    "外链": Hostile(_link_out, _JSONL, _REFUSED, "外.jsonl"),
    "管道": Hostile(_pipe, _JSONL, _REFUSED, "管道.jsonl"),
    "对象": Hostile(_pickled, f"{_PARQUET}\ncolumns: {{id: id}}", _REFUSED, "对象.parquet"),
    "断": Hostile(_broken_off, _JSONL, _REFUSED, "断.jsonl.gz"),
    "包": Hostile(_archive, _JSONL, _REFUSED, "包.jsonl"),
    "谎": Hostile(_lying_length, "format: warc", _REFUSED, "谎.warc"),
    "查询": Hostile(
        _nothing, f"{_JSONL}\nmetadata: {{甲: '${{oc.env:HOME}}'}}", ConfigError, "HOME"
    ),
    "位置": Hostile(_nothing, f"{_JSONL}\n# @package _global_", ConfigError, "@package"),
    "弹": Hostile(_small_bomb, _JSONL),
    "长行": Hostile(_long_line_bomb, _JSONL),
    "字典": Hostile(_named_again, _PARQUET),
    "页": Hostile(_pages, f"{_JSONL}\nhtml: true"),
    "文": Hostile(_texts, "format: text-blocks"),
    "记录": Hostile(_records, "format: warc"),
    "类型": Hostile(_types, f"{_PARQUET}\ncolumns: {{published: published}}"),
    "深": Hostile(_nested, f"{_JSONL}\ncolumns: {{id: id}}"),
    "宽": Hostile(_columns, "format: csv"),
}
"""Each kind by the name of its partner."""


def deliver(folder: Path, conf: Path, name: str) -> int:
    """Write a hostile delivery and its partner's file; return how many rows there are.

    Args:
        folder: of deliveries; that of this one is made in it.
        conf: of configuration.
        name: one of `HOSTILE`.
    """
    hostile, here = HOSTILE[name], folder / name
    here.mkdir(parents=True)
    rows = hostile.write(here)
    lines = [f"deliveries: {here}", "licence: CC0-1.0", "priority: 9", "reject_share: 1"]
    write_partner(conf, name, "\n".join([*lines, hostile.settings]))
    return rows

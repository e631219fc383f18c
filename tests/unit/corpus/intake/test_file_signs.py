"""What a file begins with shows what it is, whatever it is called."""

from __future__ import annotations

import json
import random

import pytest

from jobs.corpus.intake.file_signs import sign_of
from tests.deliveries import parquet
from tests.own_deliveries import article, page, workbook

LINE = json.dumps({"id": 1, "text": article(1)}, ensure_ascii=False).encode()
SIGNS = [
    ("a.txt", article(1).encode("gbk"), "text", "gb18030"),
    ("a.txt", article(1).encode("utf-16"), "text", "utf-16-le"),
    ("a.txt", LINE + b"\n" + LINE, "jsonl", "utf-8"),
    ("a.json", LINE[:-1], "jsonl", "utf-8"),  # the beginning of one long line
    ("a.dat", page(1).encode("gbk"), "html", "gb18030"),
    ("a.csv", "编号,正文\n1,甲\n2,乙\n".encode(), "csv", "utf-8"),
    ("a.txt", "id\t正文\n1\t甲，乙\n".encode(), "tsv", "utf-8"),
    ("a.csv", "正文\n甲\n".encode(), "csv", "utf-8"),
    ("a", parquet(正文=["甲"]), "parquet", ""),
    ("a", b"WARC/1.0\r\nWARC-Type: warcinfo\r\n", "warc", ""),
    ("a", b"WARC/1.0\r\nWARC-Type: conversion\r\n", "wet", ""),
]
COMPLAINTS = [
    ("a.xlsx", workbook(), "an Excel workbook"),
    ("a.pdf", b"%PDF-1.4\n", "a PDF document"),
    ("a.json", b'[{"text": "x"},\n', "one JSON array"),
    ("a.json", b'{\n  "text": "x"\n}', "indented JSON"),
    ("a.txt", random.Random(1).randbytes(4000), "no text"),
]


@pytest.mark.parametrize(("name", "head", "shown", "encoding"), SIGNS)
def test_format_and_encoding_are_seen(name: str, head: bytes, shown: str, encoding: str) -> None:
    assert sign_of(name, head) == (shown, encoding, "")


@pytest.mark.parametrize(("name", "head", "said"), COMPLAINTS)
def test_what_is_not_read_is_told_apart(name: str, head: bytes, said: str) -> None:
    sign = sign_of(name, head)
    assert sign.format == ""
    assert said in sign.complaint

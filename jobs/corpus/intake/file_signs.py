"""Signs of a file: in which format its beginning shows it to be, whatever it is called."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import PurePosixPath
from typing import NamedTuple

import orjson

from jobs.corpus.intake.delimited import DELIMITERS
from jobs.corpus.intake.encodings import detect, escaped
from jobs.corpus.intake.file_kinds import complaint_of_document, expected_contents, packed_kind
from jobs.corpus.intake.formats import FORMATS
from jobs.errors import DeliveryUnreadable

_PARQUET = b"PAR1"
_WEB_ARCHIVE = b"WARC/"
_CONVERSION = b"WARC-Type: conversion"
_PAGE = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype html|html|head|body)", re.IGNORECASE)
_LOOKED_AT = 4000  # characters
_MOST_STRANGE = 0.05  # a text in GBK that breaks off has one, a picture a third
_LINES = 5  # of a table, which all have the fields of its header
_HEADER_CHARS = 60  # of a name in a header


class Sign(NamedTuple):
    """What a file shows.

    Attributes:
        format: Of `FORMATS`; empty if it is none that is read.
        encoding: As `detect` names it; empty where bytes are no text.
        complaint: Why it is not read and what to do; empty if it is.
    """

    format: str
    encoding: str = ""
    complaint: str = ""


def sign_of(name: str, head: bytes) -> Sign:
    """Return what the beginning of a file shows; its suffix decides what that leaves open.

    Args:
        name: of the file.
        head: its first bytes, decompressed: some kilobytes or all there are.
    """
    if head.startswith(_PARQUET):
        return Sign("parquet")
    if head.startswith(_WEB_ARCHIVE):
        return Sign("wet" if _CONVERSION in head else "warc")
    if complaint := complaint_of_document(head):
        return Sign("", complaint=complaint)
    if packed := packed_kind(head):
        return Sign("", complaint=f"holds {packed[0]}: {packed[1]}")
    encoding = detect(head)
    text = head.decode(encoding, "replace") if encoding.startswith("utf-16") else ""
    text = (text or escaped(head, encoding)).removeprefix("\ufeff")
    if _is_binary(text):
        return Sign(
            "", complaint="holds bytes that are no text: export it as a format that is read"
        )
    return _text_sign(name, head, text)._replace(encoding=encoding)


def _is_binary(text: str) -> bool:
    """Return whether many of the first characters are controls, unassigned or not decodable."""
    shown = [one for one in text[:_LOOKED_AT] if one not in "\t\r\n\f"]
    strange = sum(unicodedata.category(one) in {"Cc", "Cn", "Co", "Cs"} for one in shown)
    return strange > _MOST_STRANGE * len(shown)


def _text_sign(name: str, head: bytes, text: str) -> Sign:
    if _PAGE.match(text):
        return Sign("html")
    if text.lstrip()[:1] in {"{", "["}:
        try:
            next(iter(expected_contents(iter([head]), "it", "jsonl")), None)
        except DeliveryUnreadable as error:
            return Sign("", complaint=str(error).removeprefix("it "))
        first = text.lstrip().partition("\n")
        if not first[1] or _is_object(first[0]):
            return Sign("jsonl")
    for delimited, delimiter in (("tsv", "\t"), ("csv", ",")):
        if _is_table(text, delimiter):
            return Sign(delimited)
    suffixes = {*PurePosixPath(name.lower()).suffixes[-2:]}  # of a compressed file the last but one
    named = [one for one in DELIMITERS if suffixes & {*FORMATS[one].suffixes}]
    is_text = not named or suffixes & {*FORMATS["text"].suffixes}
    return Sign("text" if is_text else named[0])


def _is_object(line: str) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _is_table(text: str, delimiter: str) -> bool:
    """Return whether lines divide as the first does, which is short: the names of columns."""
    lines = text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]
    records = csv.reader(lines, delimiter=delimiter)
    try:
        header, *rows = [record for record, _ in zip(records, range(_LINES + 1), strict=False)]
    except (csv.Error, ValueError):
        return False
    is_header = len(header) > 1 and all(0 < len(one.strip()) <= _HEADER_CHARS for one in header)
    return is_header and bool(rows) and all(len(row) == len(header) for row in rows if row)

"""Rows of a file with one JSON object per line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

from jobs.corpus.encodings import decoded
from jobs.corpus.rows import (
    COLUMNS,
    MISSING,
    DeliveryParams,
    Refusal,
    RejectReason,
    Row,
    delivered_row,
    refused_row,
    text_column_missing,
    undecodable,
)

_NAMES_SHOWN = 40
_NESTING_SHOWN = 4
_ID = COLUMNS.index("id")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def json_rows(
    file_lines: Iterable[bytes | None], encoding: str, source_file: str, params: DeliveryParams
) -> Iterator[Row]:
    """One row per line that is not blank, numbered by its line.

    Raises:
        TextColumnMissing: at the end, if there were objects and none had the text's key.
    """
    theirs = params.theirs
    has_text, names = False, None
    for number, line in enumerate(file_lines, 1):
        if line is None:
            evidence = f"line of more than {params.max_line_bytes} bytes"
            yield refused_row(number, RejectReason.TOO_LARGE, evidence)
        elif line and not line.isspace():
            record = _record(line, encoding, theirs[_ID])
            if isinstance(record, Refusal):
                yield refused_row(number, *record)
                continue
            values = [_value(record, name) for name in theirs]
            if values[0] is MISSING:
                names = _names(record) if names is None else names
                values[0] = Refusal(RejectReason.MISSING_TEXT, f"keys: {', '.join(_names(record))}")
            else:
                has_text = True
            yield delivered_row(number, values, params.max_text_bytes)
    if names is not None and not has_text:
        raise text_column_missing(source_file, params.text_column, names)


def _record(line: bytes, encoding: str, id_name: str | None) -> dict[str, Any] | Refusal:
    try:
        record = orjson.loads(line if encoding == "utf-8" else decoded(line, encoding))
        if isinstance(record, dict) and isinstance(_value(record, id_name), float):
            # orjson rounds integers of more than 64 bits, and two ids would become one.
            record = _second_reading(line, encoding)
    except UnicodeDecodeError as error:
        return undecodable(error)
    except orjson.JSONDecodeError:
        record = _second_reading(line, encoding)
    if isinstance(record, dict | Refusal):
        return record
    return Refusal(RejectReason.BROKEN_JSON, f"{type(record).__name__} instead of an object")


def _second_reading(line: bytes, encoding: str) -> object:
    """A line as the standard library reads it, which wrote many a delivery and allows NaN."""
    try:
        text = decoded(line, encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return undecodable(error)
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # raises at half a character
    except (ValueError, RecursionError) as error:
        start = max(getattr(error, "pos", 0) - 20, 0)
        return Refusal(RejectReason.BROKEN_JSON, f"{error}, near {text[start : start + 40]!r}")
    return value


def _value(record: dict[str, Any], name: str | None) -> object:
    """What `record` has under the key `name`, else under the keys between its dots."""
    if name is None:
        return MISSING
    if name in record:
        return record[name]
    value: Any = record
    for key in name.split("."):
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    return value


def _names(record: dict[str, Any]) -> list[str]:
    return list(islice(_dotted(record, "", _NESTING_SHOWN), _NAMES_SHOWN))


def _dotted(record: dict[str, Any], prefix: str, depth: int) -> Iterator[str]:
    for key, value in record.items():
        if isinstance(value, dict) and value and depth:
            yield from _dotted(value, f"{prefix}{key}.", depth - 1)
        else:
            yield prefix + key

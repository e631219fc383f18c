"""Rows of a file with one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson

from jobs.corpus.intake.encodings import Characters
from jobs.corpus.intake.rows import (
    COLUMNS,
    MISSING,
    DeliveryParams,
    Head,
    Refusal,
    Row,
    as_string,
    delivered_row,
    refused_row,
    text_missing,
    undecodable,
)
from jobs.corpus.model.reasons import RejectReason

_NAMES_SHOWN = 40
_NESTING_SHOWN = 4
_ID = COLUMNS.index("id")


def json_rows(
    numbered_lines: Iterable[tuple[int, bytes | None]],
    characters: Characters,
    params: DeliveryParams,
) -> Iterator[Row]:
    """One row per line that is not blank, numbered by its line."""
    theirs = params.theirs
    for number, line in numbered_lines:
        if line is None:
            evidence = f"line of more than {params.max_line_bytes} bytes"
            yield refused_row(number, RejectReason.TOO_LARGE, evidence)
        elif line and not line.isspace():
            record = _record(line, characters, theirs[_ID])
            if isinstance(record, Refusal):
                yield refused_row(number, *record)
                continue
            values = [_value(record, name) for name in theirs]
            if b"\\u" in line and (broken := _broken(values)) is not None:
                yield refused_row(number, *broken)
                continue
            if values[0] is MISSING:
                values[0] = text_missing(_names(record))
            yield delivered_row(number, values, params.max_text_bytes)


def json_heads(
    numbered_lines: Iterable[tuple[int, bytes | None]],
    characters: Characters,
    params: DeliveryParams,
) -> Iterator[Head]:
    """What each line that is an object has: which of the partner's names, and which there are."""
    for _, line in numbered_lines:
        if line and not line.isspace():
            record = _record(line, characters, None)
            if isinstance(record, dict):
                theirs = [name for name in params.theirs if name is not None]
                found = {name for name in theirs if _value(record, name) is not MISSING}
                yield Head(found, _names(record))


def _record(line: bytes, characters: Characters, id_name: str | None) -> dict[str, Any] | Refusal:
    try:
        record = orjson.loads(line if characters.expects_utf8 else characters.decoded(line))
        if isinstance(record, dict) and isinstance(_value(record, id_name), float):
            # orjson rounds numbers of more than 64 bits, and two ids would become one.
            record = _second_reading(line, characters)
    except UnicodeDecodeError as error:
        return undecodable(error)
    except orjson.JSONDecodeError:
        record = _second_reading(line, characters)
    if isinstance(record, dict | Refusal):
        return record
    return Refusal(RejectReason.BROKEN_JSON, f"{type(record).__name__} instead of an object")


def _second_reading(line: bytes, characters: Characters) -> object:
    """A line as the standard library reads it, which wrote many a delivery and allows NaN."""
    try:
        text = characters.decoded(line).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return undecodable(error)
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        start = max(getattr(error, "pos", 0) - 20, 0)
        return Refusal(RejectReason.BROKEN_JSON, f"{error}, near {text[start : start + 40]!r}")


def _broken(values: list[object]) -> Refusal | None:
    """The refusal of a row if what is read of it holds half a character; what else it has may."""
    try:
        for value in values:
            (as_string(value) or "").encode()
    except UnicodeEncodeError as error:
        return Refusal(RejectReason.BROKEN_JSON, f"{error}")
    return None


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

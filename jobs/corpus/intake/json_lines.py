"""Rows of a file with one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson

from jobs.corpus.intake.cells import MISSING, as_string
from jobs.corpus.intake.column_names import ALTERNATIVE
from jobs.corpus.intake.encodings import Characters
from jobs.corpus.intake.open_files import OpenFile, decoded_lines
from jobs.corpus.intake.rows import (
    COLUMNS,
    MOST_HEAD_ROWS,
    MOST_VALUES,
    NAMES_SHOWN,
    Head,
    Refusal,
    Row,
    delivered_row,
    refused_row,
    text_missing,
    undecodable,
    with_losses,
)
from jobs.corpus.model.reasons import RejectReason

_NESTING_SHOWN = 4
_BEFORE_VALUES = (b",", b"[", b"{")
_ID = COLUMNS.index("id")


def json_rows(file: OpenFile) -> Iterator[Row]:
    """Yield one row for each line that is not blank, numbered by its line."""
    params, source_columns = file.params, file.params.source_columns
    characters, file_lines = decoded_lines(file)
    for number, line in enumerate(file_lines, file.rows_before + 1):
        if line is None:
            evidence = f"line of more than {params.max_line_bytes} bytes"
            yield refused_row(number, RejectReason.TOO_LARGE, evidence)
        elif len(line) > MOST_VALUES and sum(map(line.count, _BEFORE_VALUES)) > MOST_VALUES:
            evidence = f"line of more than {MOST_VALUES} values"
            yield refused_row(number, RejectReason.TOO_LARGE, evidence)
        elif line and not line.isspace():
            values = _values(line, characters, source_columns, params.lost_share)
            if isinstance(values, Refusal):
                yield refused_row(number, *values)
            else:
                yield delivered_row(number, values, params)


def json_heads(file: OpenFile) -> Iterator[Head]:
    """Yield the keys of the objects among the first lines, and which of these are mapped."""
    characters, file_lines = decoded_lines(file)
    source_columns = [name for name in file.params.source_columns if name is not None]
    for line in islice(file_lines, MOST_HEAD_ROWS):
        if line and not line.isspace():
            try:
                record = _record(line, characters, None)
            except UnicodeDecodeError:
                continue
            if isinstance(record, dict):
                found = {name for name in source_columns if _value(record, name) is not MISSING}
                yield Head(found, _names(record))


def _values(
    line: bytes, characters: Characters, source_columns: tuple[str | None, ...], lost_share: float
) -> list[object] | Refusal:
    """Return what a line holds of the mapped columns, as `delivered_row` takes it."""
    undecoded = None
    try:
        record = _record(line, characters, source_columns[_ID])
    except UnicodeDecodeError as error:
        undecoded = undecodable(error)
        escaped = _parsed(characters.escaped(line))
        # A lost byte may have been half a character and half of what JSON is made of.
        record = escaped if isinstance(escaped, dict) else undecoded
    if isinstance(record, Refusal):
        return record
    values = [record[n] if n in record else _value(record, n) for n in source_columns]
    if values[0] is MISSING:
        values[0] = text_missing(_names(record))
    if undecoded is not None:
        values = with_losses(values, undecoded, lost_share)
    broken = _broken(values) if b"\\u" in line else None
    return broken or values


def _record(line: bytes, characters: Characters, id_name: str | None) -> dict[str, Any] | Refusal:
    try:
        record = orjson.loads(line if characters.expects_utf8 else characters.decoded(line))
        if isinstance(record, dict) and isinstance(_value(record, id_name), float):
            # orjson rounds numbers of more than 64 bits, and two ids would become one.
            record = _parsed(characters.decoded(line))
    except orjson.JSONDecodeError:
        record = _parsed(characters.decoded(line))
    if isinstance(record, dict | Refusal):
        return record
    return Refusal(RejectReason.BROKEN_JSON, f"{type(record).__name__} instead of an object")


def _parsed(line: str) -> object:
    """A line as the standard library reads it, which wrote many a delivery and allows NaN."""
    text = line.removeprefix("\ufeff")
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        start = max(getattr(error, "pos", 0) - 20, 0)
        return Refusal(RejectReason.BROKEN_JSON, f"{error}, near {text[start : start + 40]!r}")


def _broken(values: list[object]) -> Refusal | None:
    """The refusal of a row if what is read of it holds half a character; what else it has may."""
    try:
        for value in values[: len(COLUMNS)]:  # what else is kept may lose a character
            (as_string(value) or "").encode()
    except UnicodeEncodeError as error:
        return Refusal(RejectReason.BROKEN_JSON, f"{error}")
    return None


def _value(record: dict[str, Any], name: str | None) -> object:
    """What `record` has under the key `name`, else under one of those it gives, dots between."""
    if name is None:
        return MISSING
    if name in record:
        return record[name]
    if ALTERNATIVE in name:
        found = [_value(record, one) for one in name.split(ALTERNATIVE)]
        there = [value for value in found if value is not MISSING]
        return next((value for value in there if value is not None), there[0] if there else MISSING)
    value: Any = record
    for key in name.split("."):
        if not isinstance(value, dict) or key not in value:
            return MISSING
        value = value[key]
    return value


def _names(record: dict[str, Any]) -> list[str]:
    return list(islice(_dotted(record, "", _NESTING_SHOWN), NAMES_SHOWN))


def _dotted(record: dict[str, Any], prefix: str, depth: int) -> Iterator[str]:
    for key, value in record.items():
        if isinstance(value, dict) and value and depth:
            yield from _dotted(value, f"{prefix}{key}.", depth - 1)
        else:
            yield prefix + key

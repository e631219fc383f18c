"""Cells of delivered rows, whatever their format holds, as strings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

MISSING = object()
"""What a row holds where it has no such column."""

NO_IDS = frozenset(
    ("", r"\N", "NULL", "Null", "null", "None", "NaN", "nan", "<NA>", "N/A", "undefined", "-")
)
"""What MySQL, Python, pandas, JavaScript and people write where a row has no id or licence."""

_DIGITS = 40
_HALF = re.compile("[\ud800-\udfff]")
_EXACT = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)


def if_given(value: str | None) -> str | None:
    """Return an id or licence, None where it is one of NO_IDS."""
    return None if value is None or value.strip() in NO_IDS else value


def as_string(value: object) -> str | None:
    """A title, url, date or id as a string: numbers in digits, anything nested as JSON."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return None
    if isinstance(value, float | Decimal):
        return in_digits(str(value))
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    except RecursionError:
        return f"{type(value).__name__} nested too deep to be written"


def kept_values(names: Sequence[str], values: Sequence[object]) -> str | None:
    """Return values by name as one JSON object of strings, None if there are none.

    Args:
        names: of the partner's columns.
        values: of a row, in the same order.
    """
    given = {name: as_string(value) for name, value in zip(names, values, strict=True)}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return None
    whole = json.dumps(given, ensure_ascii=False, sort_keys=True)
    return _HALF.sub("\ufffd", whole)  # JSON may name half a character


def in_digits(number: str) -> str | None:
    """A number in the one spelling it has in every format: `1` for 1, 1.0, 1.00 and 1e0.

    What is no number, which pandas writes where it has none, is nothing.
    """
    exact = Decimal(number)
    if not exact.is_finite():
        return None
    if abs(exact.adjusted()) > _DIGITS:  # 1e999999999 would be a gigabyte
        return str(exact.normalize(_EXACT))
    return str(int(exact)) if exact == exact.to_integral_value() else f"{exact.normalize(_EXACT):f}"


def joined(paragraphs: list[object]) -> object:
    """The text of a list of paragraphs, a line each, without those that are null."""
    given = [one for one in paragraphs if one is not None]
    lines = [one for one in given if isinstance(one, str)]
    return "\n".join(lines) if len(lines) == len(given) else paragraphs


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)

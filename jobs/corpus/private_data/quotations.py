r"""Quotations of deliveries without private data: evidence, kept columns, messages.

They are no text that was repaired: JSON in them hides where a value begins, as in
`\u673a13812345678`, and what is quoted of a row may begin or end inside a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa

from jobs.corpus.private_data.params import PrivateDataParams, PrivatePolicy
from jobs.corpus.private_data.replacement import without_private_values

_UNRELEASED = (PrivatePolicy.REPLACE, PrivatePolicy.DROP)
_ESCAPED = re.compile(r"(?<!\\)\\++(?:u([0-9a-fA-F]{4})|[nrtbf])")
_SURROGATES = range(0xD800, 0xE000)
_MOST_DEPTH = 16
_SIGN = "[0-9A-Za-z\uff10-\uff19@._:+!/-]"
# Of a broken line a few characters are quoted, without the words that say what a number is.
_FEW = re.compile("near ['\"]")
_NUMBER = re.compile(f"{_SIGN}{{4,}}")
_IS_NUMBER = re.compile("[0-9\uff10-\uff19@]")
_EDGES = re.compile(rf"(?<=near ['\"]){_SIGN}{{3,}}+|(?<!{_SIGN}){_SIGN}{{3,}}+(?=(?:['\"]|…)$)")
_BROKEN_OFF = re.compile(rf"(?<!{_SIGN}){_SIGN}{{3,}}+(?=…)")


def without_private_evidence(evidence: pa.Array, *, params: PrivateDataParams) -> pa.Array:
    """Return evidence of intake with placeholders, and without parts of values at its edges.

    Law: row-wise.
    """
    if not params.kinds(*_UNRELEASED) or evidence.null_count == len(evidence):
        return evidence
    plain = pa.array([one and _unescaped(one) for one in evidence.to_pylist()], evidence.type)
    replaced = without_private_values(plain, params=params).to_pylist()
    return pa.array([one and _without_parts(one) for one in replaced], evidence.type)


def _without_parts(evidence: str) -> str:
    quoted = _FEW.search(evidence)
    at = quoted.end() if quoted else len(evidence)
    return _EDGES.sub("…", evidence[:at] + _NUMBER.sub(_without_number, evidence[at:]))


def _without_number(found: re.Match[str]) -> str:
    return "…" if _IS_NUMBER.search(found[0]) else found[0]


def without_private_members(objects: pa.Array, *, params: PrivateDataParams) -> pa.Array:
    """Return JSON objects with placeholders in their strings, and in JSON inside these.

    Args:
        objects: of strings, null where a row has none.
        params: a policy for each kind.

    Law: row-wise.
    """
    if not params.kinds(*_UNRELEASED) or objects.null_count == len(objects):
        return objects
    given = objects.to_pylist()
    rows = [one if one is None else orjson.loads(one) for one in given]
    strings = [*dict.fromkeys(text for row in rows for text in _strings(row))]
    found = without_private_values(pa.array(strings, pa.string()), params=params).to_pylist()
    new = {old: text for old, text in zip(strings, found, strict=True) if old != text}
    if not new:
        return objects
    replaced = [_rewritten(text, row, new) for text, row in zip(given, rows, strict=True)]
    return pa.array(replaced, objects.type)


def without_private_words(words: str, *, params: PrivateDataParams) -> str:
    """Return a message with placeholders."""
    plain = _unescaped(words.encode(errors="backslashreplace").decode())
    (shown,) = without_private_values(pa.array([plain]), params=params).to_pylist()
    return words if shown == plain else _BROKEN_OFF.sub("", shown)


def _unescaped(words: str) -> str:
    if "\\" not in words:
        return words
    return _ESCAPED.sub(_character, words)


def _character(escape: re.Match[str]) -> str:
    """Return what an escape stands for; halves of surrogate pairs, which are none, stay escaped."""
    if not escape[1]:
        return " "
    point = int(escape[1], 16)
    return escape[0] if point in _SURROGATES else chr(point)


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in a value of JSON, and names of members."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, str):
        inner = _parsed(value)
        yield from [value] if inner is None else _strings(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _replaced(value: Any, new: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {new.get(name, name): _replaced(one, new) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, new) for one in value]
    if isinstance(value, str):
        inner = _parsed(value)
        return new.get(value, value) if inner is None else _rewritten(value, inner, new)
    return new.get(str(value), value)


def _rewritten(text: str | None, value: Any, new: dict[str, str]) -> str | None:
    """Return JSON with what is replaced in it; the same bytes if nothing is."""
    replaced = _replaced(value, new)
    return text if replaced == value else json.dumps(replaced, ensure_ascii=False, sort_keys=True)


def _parsed(text: str) -> dict[str, Any] | list[Any] | None:
    """Return a list or object that a string holds as JSON; None if none, or one too deep."""
    if not text.startswith(("[", "{")):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict | list) and _is_shallow(value) else None


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return not level

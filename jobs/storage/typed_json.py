"""JSON documents as values of declared types: whatever is missing or of another type is refused.

A type is a TypedDict, a dataclass, or what Python has for JSON's values. Of a TypedDict the value
stays the dictionary that was read, so that it is written again byte for byte: keys that the type
does not have (those of later versions) stay in it. A dataclass is constructed; no field may be
missing, whatever its default.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import is_dataclass
from functools import cache, partial
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

import orjson

T = TypeVar("T")
Read = Callable[[Any], Any]
"""Return a value as one of a type; raises Malformed."""


class Malformed(ValueError):
    """A document is no JSON or no value of its type; `path` leads to what is wrong."""

    def __init__(self, problem: str, *path: str) -> None:
        # What stands in a document may hold characters that move a terminal's cursor.
        place = ".".join(name if name.isprintable() else ascii(name) for name in path)
        super().__init__(f"{place}: {problem}" if path else problem)
        self.problem = problem
        self.path = path


def parsed(kind: type[T], body: bytes) -> T:
    """Return the value of a type that a document holds.

    Raises:
        Malformed: it is no JSON, lacks something, or has something of another type.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"no JSON ({error})") from error
    return typed(kind, value)


def typed(kind: type[T], value: Any) -> T:
    """Return parsed JSON as a value of a type; raises as `parsed`."""
    read: Callable[[Any], T] = _reader(cast("Hashable", kind))
    return read(value)


@cache
def _reader(kind: Any) -> Read:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return _anything
    if is_typeddict(kind) or is_dataclass(kind):
        return _record_reader(kind)
    if origin in {Union, types.UnionType}:
        (other,) = (one for one in inner if one is not type(None))
        return partial(_read_optional, _reader(other))
    if origin in {list, tuple, frozenset}:
        return partial(_read_items, origin, _reader(inner[0]))
    if origin in {dict, Mapping}:
        return partial(_read_mapping, _reader(inner[1]))
    return partial(_read_plain, kind)


def _record_reader(kind: Any) -> Read:
    readers = [(name, _reader(inner)) for name, inner in get_type_hints(kind).items()]
    if not is_typeddict(kind):
        return partial(_read_dataclass, kind, readers, frozenset(name for name, _ in readers))
    return partial(_read_dict, readers, kind.__required_keys__)


def _anything(value: Any) -> Any:
    return value


def _read_plain(kind: type, value: Any) -> Any:
    if type(value) is not kind:  # a bool is an int, and JSON has both
        raise Malformed(f"{_name(value)} instead of {kind.__name__}")
    return value


def _read_optional(read: Read, value: Any) -> Any:
    return None if value is None else read(value)


def _read_items(kind: Callable[[Any], Any], read: Read, value: Any) -> Any:
    if not isinstance(value, list):
        raise Malformed(f"{_name(value)} instead of list")
    items = [_at(str(place), read, item) for place, item in enumerate(value)]
    return value if kind is list else kind(items)


def _read_mapping(read: Read, value: Any) -> Any:
    for name, inner in _object(value).items():
        _at(name, read, inner)
    return value


def _read_dict(readers: list[tuple[str, Read]], needed: frozenset[str], value: Any) -> Any:
    _values(readers, needed, _object(value))
    return value


def _read_dataclass(
    kind: Callable[..., Any], readers: list[tuple[str, Read]], needed: frozenset[str], value: Any
) -> Any:
    return kind(**_values(readers, needed, _object(value)))


def _values(
    readers: list[tuple[str, Read]], needed: frozenset[str], value: dict[str, Any]
) -> dict[str, Any]:
    if missing := sorted(needed - value.keys()):
        raise Malformed("missing", missing[0])
    values = {}
    for name, read in readers:
        if name in value:
            try:
                values[name] = read(value[name])
            except Malformed as error:
                raise Malformed(error.problem, name, *error.path) from error
    return values


def _at(name: str, read: Read, value: Any) -> Any:
    try:
        return read(value)
    except Malformed as error:
        raise Malformed(error.problem, name, *error.path) from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{_name(value)} instead of object")
    return value


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__

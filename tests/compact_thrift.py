"""Thrift's compact protocol as trees, so that tests can have a Parquet footer say anything."""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

Struct = dict[int, tuple[int, Any]]
"""Type and value by the number of a field; lists are (type of the elements, elements)."""


def parsed(source: bytes) -> Struct:
    """The struct that bytes begin with."""
    return _struct(source, 0)[0]


def written(struct: Struct) -> bytes:
    """A struct's bytes."""
    out, before = bytearray(), 0
    for number, (kind, value) in struct.items():
        step = number - before
        out += bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _zigzag(number)
        out += b"" if kind in {TRUE, FALSE} else _value_written(kind, value)
        before = number
    return bytes(out) + b"\0"


def _value_written(kind: int, value: Any) -> bytes:
    if kind in {I16, I32, I64}:
        return _zigzag(value)
    if kind == BINARY:
        return _varint(len(value)) + value
    if kind == LIST:
        of, elements = value
        head = bytes([len(elements) << 4 | of]) if len(elements) < 15 else bytes([0xF0 | of])
        head += b"" if len(elements) < 15 else _varint(len(elements))
        return head + b"".join(_value_written(of, element) for element in elements)
    return written(value) if kind == STRUCT else bytes([value])


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _zigzag(number: int) -> bytes:
    return _varint((number << 1) ^ (number >> 63))


def _struct(source: bytes, at: int) -> tuple[Struct, int]:
    struct: Struct = {}
    number = 0
    while source[at]:
        step, kind = source[at] >> 4, source[at] & 15
        at += 1
        if not step:
            number, at = _number(source, at)
        number += step
        value, at = (None, at) if kind in {TRUE, FALSE} else _value(source, at, kind)
        struct[number] = kind, value
    return struct, at + 1


def _value(source: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in {I16, I32, I64}:
        return _number(source, at)
    if kind == BINARY:
        length, at = _unsigned(source, at)
        return source[at : at + length], at + length
    if kind == LIST:
        return _list(source, at)
    if kind == STRUCT:
        return _struct(source, at)
    return source[at], at + 1


def _list(source: bytes, at: int) -> tuple[Any, int]:
    count, of = source[at] >> 4, source[at] & 15
    at += 1
    if count == 15:
        count, at = _unsigned(source, at)
    elements = []
    for _ in range(count):
        element, at = _value(source, at, of)
        elements.append(element)
    return (of, elements), at


def _unsigned(source: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (source[at] & 0x7F) << shift
        shift += 7
        at += 1
        if source[at - 1] < 0x80:
            return number, at


def _number(source: bytes, at: int) -> tuple[int, int]:
    number, at = _unsigned(source, at)
    return (number >> 1) ^ -(number & 1), at

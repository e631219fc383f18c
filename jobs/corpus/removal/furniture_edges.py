"""Texts with furniture at an end: the only ones that can lose site boilerplate.

A line is furniture only if it holds one of some 150 pairs of characters (`furniture_hints`). A
kernel looks for these; the patterns that decide are tried on the few lines that have one.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from jobs.corpus.removal.edge_lines import Edges
from jobs.corpus.removal.line_keys import Mask
from jobs.corpus.text.canonical import FoldingTable
from jobs.corpus.text.character_pairs import Pairs, is_among, packed_pairs
from jobs.corpus.text.furniture_signs import (
    Sign,
    furniture_hints,
    sign_of,
    sign_table,
)
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

_ALONE, _BEFORE, _OPENS, _CLOSES, _BEGINS, _FOLLOWS = (1 << bit for bit in range(6))


class _Hints(NamedTuple):
    """What lines of furniture are recognized by.

    Attributes:
        roles: uint8 (0x110000,): what each character may be: a hint alone, a sign before the first,
            and a part of a hint: the first of two anywhere or where the line begins, or the second.
        signs: uint32 (0x110000,): the sign of each character.
        anywhere: Pairs of signs, packed; sorted.
        first: Likewise of those with which a line begins.
    """

    roles: Bytes
    signs: FoldingTable
    anywhere: Pairs
    first: Pairs


def has_furniture(content: pa.LargeStringArray, edges: Edges) -> Mask:
    """Return which texts have a line at an end that is furniture.

    Args:
        content: texts.
        edges: their lines, from `edge_lines`.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(content)
    hinted = np.zeros(edges.keys.shape, np.bool_)
    _find_hints(data, offsets, edges, _hints(), hinted)
    found = np.zeros(len(content), np.bool_)
    rows = np.nonzero(hinted)[0]
    starts, stops = ((offsets[rows] + at[hinted]).tolist() for at in (edges.starts, edges.ends))
    lines = data.data
    for row, start, stop in zip(rows.tolist(), starts, stops, strict=True):
        if not found[row]:
            found[row] = is_furniture(bytes(lines[start:stop]))
    return found


@functools.lru_cache(maxsize=1 << 14)  # pages of a site repeat their lines
def is_furniture(line: bytes) -> bool:
    """Return whether a line, in UTF-8, shows that it is no text."""
    return sign_of(line.decode()) >= Sign.FURNITURE


@functools.cache
def _hints() -> _Hints:
    hints, signs = furniture_hints(), sign_table()
    roles = np.zeros(len(signs), np.uint8)
    pairs = [hint for hint in hints.anywhere if len(hint) > 1]
    for role, characters in (
        (_ALONE, [hint for hint in hints.anywhere if len(hint) == 1]),
        (_BEFORE, hints.before),
        (_OPENS, [hint[0] for hint in pairs]),
        (_CLOSES, [hint[1] for hint in pairs]),
        (_BEGINS, [hint[0] for hint in hints.first]),
        (_FOLLOWS, [hint[1] for hint in hints.first]),
    ):
        roles[np.isin(signs, [ord(character) for character in characters])] |= role
    return _Hints(roles, signs, packed_pairs(pairs), packed_pairs(hints.first))


@kernel
def _find_hints(data: Bytes, offsets: Offsets, edges: Edges, hints: _Hints, found: Mask) -> None:
    """Flag the lines that hold a hint: a sign, or two that are side by side."""
    rows, sides, lines = found.shape
    for row in range(rows):
        for side in range(sides):
            for line in range(lines):
                if edges.keys[row, side, line] == np.uint64(0):
                    break
                i = np.uint64(offsets[row] + edges.starts[row, side, line])
                end = np.uint64(offsets[row] + edges.ends[row, side, line])
                found[row, side, line] = _has_hint(data, i, end, hints)


@kernel
def _has_hint(data: Bytes, i: np.uint64, end: np.uint64, hints: _Hints) -> bool:
    """Whether the line of bytes `i` to `end` holds a hint: a sign, or two side by side.

    Few characters have a role, so nearly all are looked up once.
    """
    before, role_before, begun = np.uint64(0), 0, 0  # signs of the line, up to two
    while i < end:
        character, i = decode_point(data, i)
        point = np.uint64(character)
        role = hints.roles[point]
        if role & _ALONE:
            return True
        may_be_hint = role & _CLOSES and role_before & _OPENS
        if may_be_hint and _is_pair(before, point, hints.anywhere, hints):
            return True
        may_be_hint = role & _FOLLOWS and role_before & _BEGINS and begun == 1
        if may_be_hint and _is_pair(before, point, hints.first, hints):
            return True
        if begun or not role & _BEFORE:
            begun = min(begun + 1, 2)
        before, role_before = point, role
    return False


@kernel
def _is_pair(first: np.uint64, second: np.uint64, pairs: Pairs, hints: _Hints) -> bool:
    """Whether the signs of two characters are one of `pairs`."""
    return is_among(np.uint64(hints.signs[first]), np.uint64(hints.signs[second]), pairs)

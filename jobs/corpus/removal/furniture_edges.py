"""Texts with furniture at an end: the only ones that can lose site boilerplate.

A line is furniture only if it holds one of some 150 pairs of characters (`furniture_hints`). A
kernel looks for these; the patterns that decide are tried on the few lines that have one.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.removal.edge_lines import Edges
from jobs.corpus.removal.line_keys import Mask
from jobs.corpus.text.canonical import FoldingTable
from jobs.corpus.text.furniture_signs import (
    Sign,
    furniture_hints,
    sign_of,
    sign_table,
)
from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

_HINT_BITS = 23  # of a table of single bits, a megabyte: few pairs fall together
_ALONE, _BEFORE, _FIRST = (np.uint32(bit) for bit in (1 << 22, 1 << 23, 1 << 24))  # no characters

HintBits = npt.NDArray[np.uint8]


def has_furniture(content: pa.LargeStringArray, edges: Edges) -> Mask:
    """Return which texts have a line at an end that is furniture.

    Args:
        content: texts.
        edges: their lines, from `edge_lines`.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(content)
    hinted = np.zeros(edges.keys.shape, np.bool_)
    _find_hints(data, offsets, edges, sign_table(), _hints(), hinted)
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
def _hints() -> HintBits:
    """Return a table of bits, in which the bits of hints are set."""
    hints = furniture_hints()
    pairs = [(ord(hint[0]), ord(hint[1])) for hint in hints.anywhere if len(hint) > 1]
    pairs += [(int(_ALONE), ord(hint)) for hint in hints.anywhere if len(hint) == 1]
    pairs += [(int(_FIRST) ^ ord(hint[0]), ord(hint[1])) for hint in hints.first]
    pairs += [(int(_BEFORE), ord(hint)) for hint in hints.before]
    bits = np.zeros(1 << _HINT_BITS, np.bool_)
    for first, second in pairs:
        bits[_slot(np.uint32(first), np.uint32(second))] = True
    return np.packbits(bits, bitorder="little")


@kernel
def _slot(first: np.uint32, second: np.uint32) -> np.uint64:
    pair = (np.uint64(first) << np.uint64(32)) | np.uint64(second)
    return mix(pair) >> np.uint64(64 - _HINT_BITS)


@kernel
def _is_hint(hints: HintBits, first: np.uint32, second: np.uint32) -> bool:
    slot = _slot(first, second)
    return bool((hints[slot >> np.uint64(3)] >> np.uint8(slot & np.uint64(7))) & 1)


@kernel
def _find_hints(
    data: Bytes, offsets: Offsets, edges: Edges, table: FoldingTable, hints: HintBits, found: Mask
) -> None:
    """Flag the lines that hold a hint: a sign, or two that are side by side."""
    rows, sides, lines = found.shape
    for row in range(rows):
        for side in range(sides):
            for line in range(lines):
                if edges.keys[row, side, line] == np.uint64(0):
                    break
                i = np.uint64(offsets[row] + edges.starts[row, side, line])
                end = np.uint64(offsets[row] + edges.ends[row, side, line])
                found[row, side, line] = _has_hint(data, i, end, table, hints)


@kernel
def _has_hint(
    data: Bytes, i: np.uint64, end: np.uint64, table: FoldingTable, hints: HintBits
) -> bool:
    """Whether the line of bytes `i` to `end` holds a hint: a sign, or two side by side."""
    before, begun = np.uint32(0), 0  # signs of the line, up to two
    while i < end:
        point, i = decode_point(data, i)
        sign = table[np.uint64(point)]
        if _is_hint(hints, _ALONE, sign) or _is_hint(hints, before, sign):
            return True
        if begun == 1 and _is_hint(hints, _FIRST ^ before, sign):
            return True
        if begun or not _is_hint(hints, _BEFORE, sign):
            begun = min(begun + 1, 2)
        before = sign
    return False

"""Rules of single characters, in one pass over the bytes.

They are line ends, invisible characters, wide blanks, width and radicals. Each replaces or removes
characters by a table, but for what stands beside them: CR LF is one line end, blanks that indent go
if one of them is wide, and a joiner between emoji is part of them.
"""

from __future__ import annotations

import functools
import sys
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus import alphabets
from jobs.corpus.native import kernel
from jobs.corpus.repairs import Repair
from jobs.corpus.text_buffers import Offsets, large_string_array, text_buffers
from jobs.corpus.utf8 import Bytes, decode_point

RULES = Repair.LINE_ENDS | Repair.INVISIBLE | Repair.BLANKS | Repair.WIDTH | Repair.RADICALS
"""The rules that are applied here."""

Bits = npt.NDArray[np.int64]

_JOINER, _TAG, _FLAG = 0x200D, 0xE0000, 0x1F3F4


class _Table(NamedTuple):
    """For each code point the rule it is for, and its replacement in UTF-8 as a little word."""

    rules: npt.NDArray[np.uint16]
    words: npt.NDArray[np.uint32]
    lengths: Bytes


def with_characters(texts: pa.Array, wanted: Repair) -> tuple[pa.LargeStringArray, Bits]:
    """Each text after the wanted rules of `RULES`, and the bits of those that changed it.

    Law: row-wise. A radical of three bytes may become a character of four; nothing else grows.
    """
    data, offsets, is_valid = text_buffers(texts)
    bits = np.zeros(len(texts), np.int64)
    repaired, new_offsets = _rewrite(data, offsets, _table(), int(wanted & RULES), bits)
    return large_string_array(repaired, new_offsets, is_valid), bits


@functools.cache
def _table() -> _Table:
    rules = np.zeros(sys.maxunicode + 1, np.uint16)
    words = np.zeros(sys.maxunicode + 1, np.uint32)
    lengths = np.zeros(sys.maxunicode + 1, np.uint8)

    def put(point: int, rule: Repair, replacement: str) -> None:
        encoded = replacement.encode()
        rules[point] = rule
        words[point] = int.from_bytes(encoded, "little")
        lengths[point] = len(encoded)

    for point in alphabets.LINE_ENDS:
        put(point, Repair.LINE_ENDS, "\n")
    for point in alphabets.INVISIBLES:
        put(point, Repair.INVISIBLE, "")
    for point in alphabets.WIDE_SPACES:
        put(point, Repair.BLANKS, " ")
    for point in alphabets.WIDE_LETTERS:
        put(point, Repair.WIDTH, chr(point - 0xFEE0))
    for point, unified in alphabets.unified_ideographs().items():
        put(point, Repair.RADICALS, chr(unified))
    return _Table(rules, words, lengths)


@kernel
def _rewrite(
    data: Bytes, offsets: Offsets, table: _Table, wanted: int, bits: Bits
) -> tuple[Bytes, Offsets]:
    size = offsets[-1] - offsets[0]
    out = np.empty(size + size // 3 + 8, np.uint8)
    new_offsets = np.empty_like(offsets)
    at = np.uint64(0)
    for row in range(len(offsets) - 1):
        new_offsets[row] = at
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        before = np.uint32(0x0A)  # the last character written
        while i < end:
            start = i
            if before == 0x0A and wanted & _BLANKS:
                i = _wide_indentation(data, i, end, table.rules)
                if i != start:
                    bits[row] |= _BLANKS
                    before = np.uint32(0x20)
                    continue
            point, i = decode_point(data, i)
            rule = np.int64(table.rules[np.uint64(point)]) & wanted
            if not rule or _joins(data, point, before, i, end):
                at = _copy(data, start, i, out, at)
                before = point
                continue
            bits[row] |= rule
            length = np.uint64(table.lengths[np.uint64(point)])
            if length and not (point == 0x0D and i < end and data[i] == 0x0A):
                word = table.words[np.uint64(point)]
                _put(word, out, at)
                at += length
                before = word if length == np.uint64(1) else point
    new_offsets[len(offsets) - 1] = at
    return out[: np.int64(at)], new_offsets


@kernel
def _put(word: np.uint32, out: Bytes, at: np.uint64) -> None:
    # Four bytes are always written and only those that count are kept: no branch to guess.
    for byte in range(4):
        out[at + np.uint64(byte)] = word >> np.uint32(8 * byte)


@kernel
def _copy(data: Bytes, start: np.uint64, end: np.uint64, out: Bytes, at: np.uint64) -> np.uint64:
    while start < end:
        out[at] = data[start]
        at += np.uint64(1)
        start += np.uint64(1)
    return at


@kernel
def _wide_indentation(
    data: Bytes, i: np.uint64, end: np.uint64, rules: npt.NDArray[np.uint16]
) -> np.uint64:
    """Where the blanks that begin a line end, if one of them is wide; else `i`."""
    start, is_wide = i, False
    while i < end:
        point, following = decode_point(data, i)
        if rules[np.uint64(point)] == _BLANKS:
            is_wide = True
        elif point not in (0x20, 0x09):
            break
        i = following
    return i if is_wide else start


@kernel
def _joins(data: Bytes, point: np.uint32, before: np.uint32, i: np.uint64, end: np.uint64) -> bool:
    """Whether an invisible character makes one emoji of two, or a flag of letters."""
    if point == _JOINER and i < end:
        following, _ = decode_point(data, i)
        return _is_pictorial(before) and _is_pictorial(following)
    return bool(_TAG < point < _TAG + 0x80 and (before == _FLAG or _TAG < before < _TAG + 0x80))


@kernel
def _is_pictorial(point: np.uint32) -> bool:
    return bool(
        0x1F000 <= point < 0x1FB00
        or 0x2600 <= point < 0x27C0
        or 0x2190 <= point < 0x2200
        or 0x2B00 <= point < 0x2C00
        or point == 0xFE0F
    )


_BLANKS = int(Repair.BLANKS)

"""Rules of single characters, in one pass over the bytes.

They are line ends, invisible characters, wide blanks, width and radicals. Each replaces or removes
characters by a table, but for what stands beside them: CR LF is one line end; blanks that indent go
if one of them is wide, but in code they are spaces; a joiner between emoji or behind a letter of a
script that joins is part of the word; a full stop or dash in a full-width number goes with it.
"""

from __future__ import annotations

import functools
import sys
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.repair.repairs import Repair
from jobs.corpus.repair.wide_numbers import is_in_number, is_wide_alnum
from jobs.corpus.text import alphabets
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.line_kinds import is_code_line
from jobs.corpus.text.text_buffers import Offsets, large_string_array, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

RULES = Repair.LINE_ENDS | Repair.INVISIBLE | Repair.BLANKS | Repair.WIDTH | Repair.RADICALS
"""The rules that are applied here."""

Bits = npt.NDArray[np.int64]

_TAG, _FLAG = 0xE0000, 0x1F3F4
_NON_JOINER, _JOINER, _BREAK = 0x200C, 0x200D, 0x200B
_MONGOLIAN_BREAKS = (0x180E, 0x202F)
_MARKS_OF_DIRECTION = (0x061C, 0x200E, 0x200F)
_NEAR = np.uint64(24)  # bytes


class _Table(NamedTuple):
    """For each code point the rule it is for, and its replacement in UTF-8 as a little word."""

    rules: npt.NDArray[np.uint16]
    words: npt.NDArray[np.uint32]
    lengths: Bytes


def replace_characters(texts: pa.Array, wanted: Repair) -> tuple[pa.LargeStringArray, Bits]:
    """Apply the wanted rules of `RULES` to each text; return also which changed it, as bits.

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
    for sign in alphabets.NUMBER_SIGNS:
        put(ord(sign), Repair.WIDTH, chr(ord(sign) - 0xFEE0))
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
        first, fence = i, np.uint8(0)
        before = given = np.uint32(0x0A)  # the last character written, and the last that was read
        while i < end:
            start = i
            if before == 0x0A and wanted & _BLANKS:
                i = _wide_indentation(data, i, end, table.rules)
                fence = _fence_after(data, start, end, fence)
                if i != start and not fence and not _is_code_at(data, start, i, end):
                    bits[row] |= _BLANKS
                    before = given = np.uint32(0x20)
                    continue
                i = start
            last = given
            point, i = decode_point(data, i)
            given = point
            rule = np.int64(table.rules[np.uint64(point)]) & wanted
            if not rule or _stays(data, point, before, last, i, (first, end)):
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
def _fence_after(data: Bytes, i: np.uint64, end: np.uint64, fence: np.uint8) -> np.uint8:
    """Return the sign of the fence that is open behind the line at a byte, 0 for none.

    Args:
        data: UTF-8 of many texts.
        i: first byte of the line.
        end: where the text ends.
        fence: the sign of the fence that is open before it, or 0.
    """
    while i < end and (data[i] == 0x20 or data[i] == 0x09):
        i += np.uint64(1)
    if i + np.uint64(3) > end or (data[i] != 0x60 and data[i] != 0x7E):
        return fence
    is_fence = data[i] == data[i + np.uint64(1)] == data[i + np.uint64(2)]
    if not is_fence or (fence and fence != data[i]):
        return fence
    return np.uint8(0) if fence else data[i]


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
    """Return where the blanks that begin a line end, if one of them is wide; else `i`."""
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
def _is_code_at(data: Bytes, start: np.uint64, ink: np.uint64, end: np.uint64) -> bool:
    """Whether a line of code begins at `ink`, or any line without Han that no-break spaces indent.

    No program is indented by ideographic spaces alone, and these are three bytes each.
    """
    after, is_ascii = ink, True
    while after < end and data[after] != 0x0A:
        is_ascii &= data[after] < 0x80 or data[after] == 0xA0 or _is_no_break(data, after, end)
        after += np.uint64(1)
    if after == ink:
        return False
    is_latin = is_ascii or data[ink] in (0x23, 0x2F, 0x3C)
    is_ideographic = data[start] == 0xE3
    return (is_latin and not is_ideographic) or is_code_line(data, np.int64(ink), np.int64(after))


@kernel
def _is_no_break(data: Bytes, at: np.uint64, end: np.uint64) -> bool:
    one = np.uint64(1)
    return bool(data[at] == 0xC2 and at + one < end and data[at + one] == 0xA0)


@kernel
def _stays(
    data: Bytes,
    point: np.uint32,
    before: np.uint32,
    last: np.uint32,
    i: np.uint64,
    bounds: tuple[np.uint64, np.uint64],
) -> bool:
    """Whether a character that a rule is for is part of what stands around it.

    `before` is the last character written, `last` the one in front of it, `i` where the next is,
    between the `bounds` of the text.
    """
    following = np.uint32(0x0A)
    if i < bounds[1]:
        following, _ = decode_point(data, i)
    if 0xFF00 < point < 0xFF40 and not is_wide_alnum(point):
        return not is_in_number(data, point, (before, last, following), i, bounds)
    if point in _MONGOLIAN_BREAKS:
        return bool(0x1800 <= before < 0x18B0)
    if point in (_NON_JOINER, _JOINER):
        is_pair = point == _JOINER and _is_pictorial(before) and _is_pictorial(following)
        return is_pair or _is_joining(before)
    if point in _MARKS_OF_DIRECTION:
        return _is_rightward(before) or _is_among_rightward(data, i, bounds)
    if point == _BREAK:  # of words, in Thai to Myanmar, Khmer, Javanese
        is_thai = 0xE00 <= before < 0x10A0
        is_tai = 0x1780 <= before < 0x1800 or 0x1950 <= before < 0x1C00
        return bool(is_thai or is_tai or 0xA980 <= before < 0xAB00)
    return bool(_TAG < point < _TAG + 0x80 and (before == _FLAG or _TAG < before < _TAG + 0x80))


@kernel
def _is_joining(point: np.uint32) -> bool:
    """Whether a code point is of Arabic to Tai Tham, or of another script that joins letters."""
    return bool(
        0x620 <= point < 0x10A0
        or 0x1700 <= point < 0x1C80
        or 0xA800 <= point < 0xAC00
        or 0xFB50 <= point < 0xFE00
        or 0xFE70 <= point < 0xFEFD
        or 0x10A00 <= point < 0x12000
        or 0x1E900 <= point < 0x1E960
    )


@kernel
def _is_rightward(point: np.uint32) -> bool:
    """Whether a code point is Hebrew, Arabic or of a related script."""
    return bool(0x590 <= point < 0x900 or 0xFB1D <= point < 0xFE00 or 0xFE70 <= point < 0xFEFD)


@kernel
def _is_among_rightward(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> bool:
    """Whether Hebrew or Arabic is behind a byte or before it, but for some ASCII that is no letter.

    A mark of direction says where brackets and numbers beside such words belong.
    """
    at = i
    while at < min(bounds[1], i + _NEAR) and data[at] < 0x41:
        at += np.uint64(1)
    if at < bounds[1] and _is_rightward(decode_point(data, at)[0]):
        return True
    at = i - np.uint64(1)
    while at > bounds[0] and at + _NEAR > i and not 0xC0 <= data[at] < 0xE2:
        if 0x41 <= data[at] < 0x80:
            return False
        at -= np.uint64(1)
    return 0xC0 <= data[at] < 0xE2 and _is_rightward(decode_point(data, at)[0])


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

"""Line keys: equal for lines that are the same but for punctuation, blanks and symbols.

A key is a 64-bit hash of the letters and digits of a line, folded as in the canonical form (width,
case and script).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.text.canonical import FoldingTable, folding_table
from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Keys = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

_NEWLINE = 0x0A

# What recurs as structure: rows of tables, items, headings, quotations, markup, the numbering of
# articles, chapters and appendices, and the formulas that open and close official documents.
_STRUCTURE = re.compile(
    r"[ \t]*(?:[|>#*+<:\\{`~-]|!\["
    r"|[（(]?[0-9A-Za-z\u3007○零一二三四五六七八九十百]{1,5}[)）、\uff0e.:：]"
    r"|第[ 0-9\u3007零一二三四五六七八九十百千]+[编編章节節条條款项項部卷回]"
    r"|附[ ]*[件录錄表則则]|目[ ]*[录錄次]|[总總分附][ ]*[则則])"
    r"|[^\n]{0,24}自[^\n]{1,24}(?:施行|[实實]施|生效|[执執]行)|[^\n]{0,12}施行日期|[（(]?(?:特此|此[复復致令]|[删刪]除|完[)）])"
    r"|[^\n]{0,30}令[ ]*\Z"
    r"|(?: {4}|\t)|[^|\n]*\|[^|\n]*\||[^\u2500-\u257f\n]*[\u2500-\u257f]"
)


class KeyedLines(NamedTuple):
    """The lines of one text that are not empty, in order.

    Attributes:
        starts: The byte at which each begins.
        ends: The byte after its last, that of its newline.
        numbers: Its number among all lines, from 1.
        keys: uint64, its line key.
        letters: The number of its letters and digits.
    """

    starts: Offsets
    ends: Offsets
    numbers: Offsets
    keys: Keys
    letters: Offsets


def is_structure(line: str) -> bool:
    """Whether a line is part of a document's structure, so that it may recur on purpose."""
    return _STRUCTURE.match(line) is not None


def lines_of(text: bytes) -> KeyedLines:
    """Return the lines of one text in UTF-8."""
    return KeyedLines(
        *_lines(np.frombuffer(text, np.uint8), text.count(b"\n") + 1, folding_table())
    )


def has_repeats(content: pa.Array, *, min_chars: int) -> Mask:
    """Return which texts hold one key twice, on lines of at least `min_chars` letters and digits.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(content)
    flags = np.zeros(len(content), np.bool_)
    if len(content):
        longest = int(np.diff(offsets).max())
        # A line takes a byte per letter and one for its end; at most half of the slots are taken.
        slots = 1 << (2 * (longest // (min_chars + 1) + 1)).bit_length()
        _find_repeats(data, offsets, folding_table(), min_chars, slots, flags)
    return flags


@kernel
def line_key(
    data: Bytes, i: np.uint64, end: np.uint64, table: FoldingTable
) -> tuple[np.uint64, int, np.uint64]:
    """Return the key of the line that begins at byte `i`, its letters, and where it ends.

    Args:
        data: UTF-8.
        i: where the line begins.
        end: where the text ends.
        table: what each code point counts as in a key.
    """
    key = np.uint64(0)
    letters = 0
    while i < end and data[i] != _NEWLINE:
        point, i = decode_point(data, i)
        folded = np.uint64(table[np.uint64(point)])
        if folded != np.uint64(0):
            key = (key ^ folded) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
            letters += 1
    return mix(key), letters, i


@kernel
def _find_repeats(
    data: Bytes, offsets: Offsets, table: FoldingTable, min_chars: int, slots: int, flags: Mask
) -> None:
    """Flag each text in which a long line occurs twice: a hash set per text, never cleared."""
    seen = np.zeros(slots, np.uint64)
    owner = np.full(slots, -1, np.int64)
    last = np.uint64(slots - 1)
    for row in range(len(offsets) - 1):
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        while i < end and not flags[row]:
            key, letters, i = line_key(data, i, end, table)
            i += np.uint64(1)
            if letters >= min_chars:
                slot = key & last
                while owner[slot] == row and seen[slot] != key:
                    slot = (slot + np.uint64(1)) & last
                flags[row] = owner[slot] == row
                seen[slot], owner[slot] = key, row


@kernel
def _lines(
    data: Bytes, count: int, table: FoldingTable
) -> tuple[Offsets, Offsets, Offsets, Keys, Offsets]:
    starts, ends, numbers, all_letters = np.empty((4, count), np.int64)
    keys = np.empty(count, np.uint64)
    i, end = np.uint64(0), np.uint64(len(data))
    n = number = 0
    while i < end:
        number += 1
        start = i
        key, letters, i = line_key(data, i, end, table)
        if i > start:
            starts[n], ends[n], numbers[n] = start, i, number
            keys[n], all_letters[n] = key, letters
            n += 1
        i += np.uint64(1)
    return starts[:n], ends[:n], numbers[:n], keys[:n], all_letters[:n]

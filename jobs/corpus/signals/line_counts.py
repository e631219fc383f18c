"""Line counts: what the lines of a text begin and end with, and how many of them repeat."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.model.signal_columns import STRETCH
from jobs.corpus.signals.keywords import Points
from jobs.corpus.signals.repetition import count_repeats
from jobs.corpus.text.character_classes import (
    BULLET,
    CIRCLED,
    CLASS_BITS,
    CLOSER,
    NUMERAL,
    OPENING,
    PUNCTUATION,
    SPACE,
    TERMINAL,
    CharacterClasses,
)
from jobs.corpus.text.kernels import kernel, mix

LINES, FULL_LINES, PARAGRAPHS = 0, 1, 2
BULLETS, ITEMS, HEADINGS, ELLIPSES, TERMINALS = 3, 4, 5, 6, 7
REPEATED_LINES, REPEATED_LINE_CHARS, REPEATED_PARAGRAPHS, REPEATED_PARAGRAPH_CHARS = 8, 9, 10, 11
COUNTERS = 12

_HEADING_CHARS = 30
_NUMERALS = 3  # of an item number, at most
_SPREAD = np.uint64(0x100000001B3)
_NEWLINE, _HASH, _DOT, _STOP, _ELLIPSIS = (ord(sign) for sign in "\n#.。…")
_ZHAN, _KAI, _GENG, _DUO, _QUAN, _WEN = (ord(letter) for letter in "展开更多全文")
_COMMA_OF_LISTS, _WIDE_DOT, _CLOSING, _WIDE_CLOSING = (ord(sign) for sign in "、\uff0e)）")


class LineBuffers(NamedTuple):
    """Work space for a stretch of `STRETCH` lines and the paragraphs they make.

    Attributes:
        hashes: uint64, of the text characters of each line.
        sizes: int32, how many text characters each has.
        paragraph_hashes: uint64, likewise of each paragraph.
        paragraph_sizes: int32, likewise.
        slots: int32, the hash table of `count_repeats`.
    """

    hashes: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int32]
    paragraph_hashes: npt.NDArray[np.uint64]
    paragraph_sizes: npt.NDArray[np.int32]
    slots: npt.NDArray[np.int32]


class _LineEnds(NamedTuple):
    """Where a line's first and last character stand, and the last before closing quotes."""

    first: int
    last: int
    end: int


def line_buffers() -> LineBuffers:
    """Return work space for `count_lines`, to be reused: 2 MB."""
    hashes, others = (np.empty(STRETCH, np.uint64) for _ in range(2))
    sizes, paragraph_sizes = (np.empty(STRETCH, np.int32) for _ in range(2))
    return LineBuffers(hashes, sizes, others, paragraph_sizes, np.empty(2 * STRETCH, np.int32))


@kernel
def count_lines(
    points: Points,
    size: int,
    classes: CharacterClasses,
    work: LineBuffers,
    counts: npt.NDArray[np.float64],
) -> None:
    """Count the lines of a text.

    Args:
        points: code points.
        size: how many of them are the text.
        classes: the class of each code point.
        work: work space.
        counts: float64 (COUNTERS,), added to; the names above are the indices.
    """
    i = lines_held = 0
    while i < size:
        i, chars, line_hash = _line(points, i, size, classes, counts)
        counts[LINES] += 1
        work.hashes[lines_held], work.sizes[lines_held] = line_hash, chars
        lines_held += 1
        if lines_held == len(work.sizes):
            _repetition(work, lines_held, counts)
            lines_held = 0
    _repetition(work, lines_held, counts)


@kernel
def _line(
    points: Points,
    start: int,
    size: int,
    classes: CharacterClasses,
    counts: npt.NDArray[np.float64],
) -> tuple[int, int, np.uint64]:
    """Count one line; return where the next starts, and this one's text characters and hash."""
    chars, line_hash = 0, np.uint64(0)
    first = last = end = start
    i = start
    while i < size and points[i] != _NEWLINE:
        bits = classes[points[i]]
        if bits & CLASS_BITS != SPACE:
            first = i if chars == 0 else first
            last = i
            end = end if bits & CLOSER and chars else i
            chars += 1
            line_hash = (line_hash ^ np.uint64(points[i])) * _SPREAD
        i += 1
    if chars:
        _count_line(points, classes, _LineEnds(first, last, end), chars, counts)
    return i + 1, chars, mix(line_hash)


@kernel
def _count_line(
    points: Points,
    classes: CharacterClasses,
    at: _LineEnds,
    chars: int,
    counts: npt.NDArray[np.float64],
) -> None:
    """Count a line that has text characters by what it begins and ends with."""
    counts[FULL_LINES] += 1
    is_bullet = classes[points[at.first]] & BULLET != 0
    counts[BULLETS] += is_bullet
    counts[ITEMS] += is_bullet or _is_item(points, at.first, at.last, classes)
    is_open = classes[points[at.last]] & CLASS_BITS != PUNCTUATION
    counts[HEADINGS] += chars <= _HEADING_CHARS and (is_open or points[at.first] == _HASH)
    counts[ELLIPSES] += _is_truncated(points, at.first, at.last)
    counts[TERMINALS] += classes[points[at.end]] & TERMINAL != 0


@kernel
def _is_item(points: Points, first: int, last: int, classes: CharacterClasses) -> bool:
    """Whether a line begins with an item number: 1. 2、 (3) （四） ⑤, but not 1.5."""
    if classes[points[first]] & CIRCLED:
        return True
    start = first + (classes[points[first]] & OPENING != 0)
    i = start
    while i <= last and i <= start + _NUMERALS and classes[points[i]] & NUMERAL:
        i += 1
    if i == start or i > start + _NUMERALS or i > last:
        return False
    sign = points[i]
    if sign in {_CLOSING, _WIDE_CLOSING}:
        return True
    if start > first:
        return False
    if sign == _DOT:
        return i == last or not classes[points[i + 1]] & NUMERAL
    return sign in {_COMMA_OF_LISTS, _WIDE_DOT}


@kernel
def _is_truncated(points: Points, first: int, last: int) -> bool:
    """Whether a line ends in an ellipsis or in what opens the rest."""
    sign = points[last]
    if sign == _ELLIPSIS:
        return True
    if last < first + 1:
        return False
    before = points[last - 1]
    if (sign == _KAI and before == _ZHAN) or (sign == _DUO and before == _GENG):
        return True
    if sign == _WEN:
        return before == _QUAN
    is_dots = sign == before and sign in {_DOT, _STOP}
    return is_dots and last > first + 1 and points[last - 2] == sign


@kernel
def _repetition(work: LineBuffers, lines_held: int, counts: npt.NDArray[np.float64]) -> None:
    """Count the lines and the paragraphs of a stretch that repeat."""
    full = paragraphs = chars = 0
    line_hash = np.uint64(0)
    for k in range(lines_held + 1):
        if k < lines_held and work.sizes[k]:
            line_hash = mix((line_hash ^ work.hashes[k]) * _SPREAD)
            chars += work.sizes[k]
            work.hashes[full], work.sizes[full] = work.hashes[k], work.sizes[k]
            full += 1
        elif chars:
            work.paragraph_hashes[paragraphs], work.paragraph_sizes[paragraphs] = line_hash, chars
            paragraphs += 1
            line_hash, chars = np.uint64(0), 0
    repeated, covered = count_repeats(work.hashes, work.sizes, full, work.slots)
    counts[REPEATED_LINES] += repeated
    counts[REPEATED_LINE_CHARS] += covered
    repeated, covered = count_repeats(
        work.paragraph_hashes, work.paragraph_sizes, paragraphs, work.slots
    )
    counts[PARAGRAPHS] += paragraphs
    counts[REPEATED_PARAGRAPHS] += repeated
    counts[REPEATED_PARAGRAPH_CHARS] += covered

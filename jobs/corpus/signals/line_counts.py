"""The lines of a text: what they begin and end with, and which of them repeat."""

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
FIGURES = 12

_HEADING_CHARS = 30
_NUMERALS = 3  # of an item number, at most
_SPREAD = np.uint64(0x100000001B3)
_NEWLINE, _HASH, _DOT, _STOP, _ELLIPSIS = (ord(sign) for sign in "\n#.。…")
_ZHAN, _KAI, _GENG, _DUO, _QUAN, _WEN = (ord(letter) for letter in "展开更多全文")
_COMMA_OF_LISTS, _WIDE_DOT, _CLOSING, _WIDE_CLOSING = (ord(sign) for sign in "、\uff0e)）")


class Lines(NamedTuple):
    """A stretch of lines, or of paragraphs: what is compared of each, and its text characters."""

    hashes: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int32]
    paragraph_hashes: npt.NDArray[np.uint64]
    paragraph_sizes: npt.NDArray[np.int32]
    slots: npt.NDArray[np.int32]


def line_work() -> Lines:
    """What `count_lines` works in, to be used again and again: 2 MB."""
    hashes, others = (np.empty(STRETCH, np.uint64) for _ in range(2))
    sizes, paragraph_sizes = (np.empty(STRETCH, np.int32) for _ in range(2))
    return Lines(hashes, sizes, others, paragraph_sizes, np.empty(2 * STRETCH, np.int32))


@kernel
def count_lines(
    points: Points,
    size: int,
    traits: CharacterClasses,
    work: Lines,
    figures: npt.NDArray[np.float64],
) -> None:
    """Add to `figures` what the lines of `points[:size]` are; the names above say what is where."""
    i = held = 0
    while i < size:
        i, chars, digest = _line(points, i, size, traits, figures)
        figures[LINES] += 1
        work.hashes[held], work.sizes[held] = digest, chars
        held += 1
        if held == len(work.sizes):
            _repetition(work, held, figures)
            held = 0
    _repetition(work, held, figures)


@kernel
def _line(
    points: Points,
    start: int,
    size: int,
    traits: CharacterClasses,
    figures: npt.NDArray[np.float64],
) -> tuple[int, int, np.uint64]:
    """Where the next line starts, and this one's text characters and hash."""
    chars, digest = 0, np.uint64(0)
    first = last = end = start
    i = start
    while i < size and points[i] != _NEWLINE:
        trait = traits[points[i]]
        if trait & CLASS_BITS != SPACE:
            first = i if chars == 0 else first
            last = i
            end = end if trait & CLOSER and chars else i
            chars += 1
            digest = (digest ^ np.uint64(points[i])) * _SPREAD
        i += 1
    if chars:
        _tell(points, traits, (first, last, end), chars, figures)
    return i + 1, chars, mix(digest)


@kernel
def _tell(
    points: Points,
    traits: CharacterClasses,
    places: tuple[int, int, int],
    chars: int,
    figures: npt.NDArray[np.float64],
) -> None:
    """Count a line by its first character, its last one, and the last before closing quotes."""
    first, last, end = places
    figures[FULL_LINES] += 1
    is_bullet = traits[points[first]] & BULLET != 0
    figures[BULLETS] += is_bullet
    figures[ITEMS] += is_bullet or _is_item(points, first, last, traits)
    is_open = traits[points[last]] & CLASS_BITS != PUNCTUATION
    figures[HEADINGS] += chars <= _HEADING_CHARS and (is_open or points[first] == _HASH)
    figures[ELLIPSES] += _is_cut_off(points, first, last)
    figures[TERMINALS] += traits[points[end]] & TERMINAL != 0


@kernel
def _is_item(points: Points, first: int, last: int, traits: CharacterClasses) -> bool:
    """Whether a line begins with an item number: 1. 2、 (3) （四） ⑤, but not 1.5."""
    if traits[points[first]] & CIRCLED:
        return True
    start = first + (traits[points[first]] & OPENING != 0)
    i = start
    while i <= last and i <= start + _NUMERALS and traits[points[i]] & NUMERAL:
        i += 1
    if i == start or i > start + _NUMERALS or i > last:
        return False
    sign = points[i]
    if sign in {_CLOSING, _WIDE_CLOSING}:
        return True
    if start > first:
        return False
    if sign == _DOT:
        return i == last or not traits[points[i + 1]] & NUMERAL
    return sign in {_COMMA_OF_LISTS, _WIDE_DOT}


@kernel
def _is_cut_off(points: Points, first: int, last: int) -> bool:
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
def _repetition(work: Lines, held: int, figures: npt.NDArray[np.float64]) -> None:
    """Count the repeats of a stretch of lines, and of the paragraphs it makes."""
    full = paragraphs = chars = 0
    digest = np.uint64(0)
    for k in range(held + 1):
        if k < held and work.sizes[k]:
            digest = mix((digest ^ work.hashes[k]) * _SPREAD)
            chars += work.sizes[k]
            work.hashes[full], work.sizes[full] = work.hashes[k], work.sizes[k]
            full += 1
        elif chars:
            work.paragraph_hashes[paragraphs], work.paragraph_sizes[paragraphs] = digest, chars
            paragraphs += 1
            digest, chars = np.uint64(0), 0
    repeated, covered = count_repeats(work.hashes, work.sizes, full, work.slots)
    figures[REPEATED_LINES] += repeated
    figures[REPEATED_LINE_CHARS] += covered
    repeated, covered = count_repeats(
        work.paragraph_hashes, work.paragraph_sizes, paragraphs, work.slots
    )
    figures[PARAGRAPHS] += paragraphs
    figures[REPEATED_PARAGRAPHS] += repeated
    figures[REPEATED_PARAGRAPH_CHARS] += covered

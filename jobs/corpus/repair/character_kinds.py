"""Kinds of characters, and the rules that each pair of neighbours flags.

A kind is either one rule's business, half of a pair that is, or counted to know the script.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from jobs.corpus.repair.mojibake import mojibake_signs
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.text import alphabets
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.utf8 import Bytes
from jobs.corpus.text.writing_systems import script_numbers

# Han characters first and together, so that their sum is that of a slice.
(
    OTHER,
    HAN,
    TRADITIONAL,  # of Traditional text alone, and of Simplified
    SIMPLIFIED,
    SHARED,  # of Simplified and of Japanese text
    JAPANESE,
    RARE,  # beyond the basic plane, as most of Vietnamese Nôm
    SIGN,  # of UTF-8 that was read as GBK
    KUN,  # 锟, and 斤: two lost characters read as GBK are 锟斤拷
    JIN,
    LETTER,
    DIGIT,
    SPACE,
    NEWLINE,
    WIDE_SPACE,
    POINT,  # ASCII punctuation that has a Chinese form
    MARKUP,
    LINE_END,
    INVISIBLE,
    WIDE_LETTER,
    RADICAL,
    UNCOMPOSED,
    LEAD,  # what bytes above 0xBF become when they are read as Latin-1, and others above 0x7F
    HIGH,
    KANA,
    HANGUL,
    LOST,
    COMMA,
    STOP,
    OPENING,
    GREEK,  # and Cyrillic
    FOREIGN,  # letters of other scripts
) = range(32)
KINDS = 32

_HANS = range(HAN, JIN + 1)


@kept_table
def character_kinds() -> Bytes:
    """Return the kind of each code point, uint8 (0x110000,)."""
    kinds = np.full(sys.maxunicode + 1, OTHER, np.uint8)
    for first, last in alphabets.HAN_RANGES:
        kinds[first : last + 1] = HAN
    for point in range(0x30000):
        if unicodedata.normalize("NFC", chr(point)) != chr(point) or unicodedata.combining(
            chr(point)
        ):
            kinds[point] = UNCOMPOSED
    # Vowels and finals of Hangul compose without being combining marks.
    kinds[0x1161:0x11C3] = UNCOMPOSED
    letters = (script_numbers() != 0) & (kinds == OTHER)
    kinds[letters] = FOREIGN
    kinds[0x20000:0x3FFFE] = RARE
    kinds[0x3041:0x3097] = kinds[0x30A1:0x30FB] = kinds[0x30FC] = KANA
    kinds[0xAC00:0xD7A4] = HANGUL
    kinds[0x0391:0x0452] = GREEK
    kinds[0x80:0xC0] = HIGH
    kinds[0xC0:0x100] = LEAD
    for kind, points in _groups():
        kinds[list(points)] = kind
    kinds.flags.writeable = False
    return kinds


def _groups() -> tuple[tuple[int, Iterable[int]], ...]:
    """Return kinds and the code points that are of them; a later one wins."""
    simplified, japanese = alphabets.simplified_characters(), alphabets.jis_characters()
    return (
        (JAPANESE, map(ord, alphabets.japanese_characters())),
        (TRADITIONAL, map(ord, alphabets.traditional_characters())),
        (SIMPLIFIED, map(ord, simplified - japanese)),
        (SHARED, map(ord, simplified & japanese)),
        (SIGN, mojibake_signs()),
        (DIGIT, range(0x30, 0x3A)),
        (LETTER, range(0x41, 0x5B)),
        (LETTER, range(0x61, 0x7B)),
        (POINT, map(ord, ",.;:?!()")),
        (COMMA, map(ord, "，、")),
        (STOP, map(ord, "。；：？！）》”’」』】…—～·\uff05")),
        (OPENING, map(ord, "（《“‘「『【〈")),
        (MARKUP, map(ord, "<&")),
        (WIDE_SPACE, alphabets.WIDE_SPACES),
        (WIDE_LETTER, alphabets.WIDE_LETTERS),
        (RADICAL, alphabets.unified_ideographs()),
        (LINE_END, alphabets.LINE_ENDS),
        (INVISIBLE, alphabets.INVISIBLES),
        (SPACE, (0x20, 0x09)),
        (NEWLINE, (0x0A,)),
        (LOST, (0xFFFD,)),
        (KUN, (ord("锟"),)),
        (JIN, (ord("斤"),)),
    )


@functools.cache
def pair_flags() -> npt.NDArray[np.int64]:
    """Return the flags of a character of one kind after one of another, shape (32 * 32,)."""
    pairs = np.zeros((KINDS, KINDS), np.int64)
    alone = {
        LINE_END: Repair.LINE_ENDS,
        INVISIBLE: Repair.INVISIBLE,
        WIDE_LETTER: Repair.WIDTH,
        RADICAL: Repair.RADICALS,
        UNCOMPOSED: Repair.COMPOSITION,
        WIDE_SPACE: Repair.BLANKS,
    }
    for kind, repair in alone.items():
        pairs[:, kind] |= int(repair)
    for mark in (COMMA, STOP, OPENING):
        pairs[POINT, mark] |= int(Repair.PUNCTUATION)
        pairs[mark, POINT] |= int(Repair.PUNCTUATION)
    for han in _HANS:
        pairs[han, POINT] |= int(Repair.PUNCTUATION)
        pairs[POINT, han] |= int(Repair.PUNCTUATION)
    for name in (LETTER, POINT, OTHER):  # <p, <!, </, &#
        pairs[MARKUP, name] |= int(Repair.MARKUP)
    pairs[TRADITIONAL, POINT] |= int(Repair.PINYIN)
    pairs[TRADITIONAL, OPENING] |= int(Repair.PINYIN)
    for mark in (COMMA, STOP):
        pairs[mark, SPACE] |= int(Repair.SPACES)
        pairs[SPACE, mark] |= int(Repair.SPACES)
    # Bytes of 0x80 to 0x9F are invisible in Latin-1; Windows has other characters for them.
    for kind in (LEAD, HIGH, INVISIBLE, WIDE_SPACE, OTHER, FOREIGN):
        pairs[LEAD, kind] |= int(Repair.MOJIBAKE)
    pairs[SPACE, NEWLINE] |= int(Repair.LAYOUT)
    flat = pairs.reshape(-1)
    flat.flags.writeable = False
    return flat

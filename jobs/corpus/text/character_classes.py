"""Character classes: the class of every code point, and flags of what it may begin or end."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.alphabets import HAN_RANGES, written_otherwise
from jobs.corpus.text.table_cache import kept_table

CharacterClasses = npt.NDArray[np.uint16]

CLASS_BITS = 0x0F
OTHER, HAN, LATIN, DIGIT, PUNCTUATION, SPACE, PRIVATE_USE, REPLACEMENT, KANA, HANGUL = range(10)
CLASSES = 10

TRADITIONAL = 1 << 4
SIMPLIFIED = 1 << 5
CLOSER = 1 << 6  # a quote or bracket after the end of a sentence
TERMINAL = 1 << 7
BULLET = 1 << 8
NUMERAL = 1 << 9  # of an item number
CIRCLED = 1 << 10
OPENING = 1 << 11  # of an item number in brackets
LINKING = 1 << 12  # an address may begin here

_RANGES = {
    HAN: HAN_RANGES,
    KANA: ((0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF),
           (0xFF66, 0xFF9D)),
    HANGUL: ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7A3),
             (0xD7B0, 0xD7FB), (0xFFA1, 0xFFDC)),
    PRIVATE_USE: ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD)),
    REPLACEMENT: ((0xFFFD, 0xFFFD),),
}  # fmt: skip
_SIGNS = {
    CLOSER: "”’」』）)】]》〉\"'",
    TERMINAL: "。！？；…!?;.",
    BULLET: "•●○■□▪▫◦·‣\u2043-*+\u2013—◆◇★☆►▶▲△※→➢✓✔",
    NUMERAL: "0123456789一二三四五六七八九十百",
    OPENING: "（(",
    LINKING: "hw",
}
_CIRCLED = ((0x2460, 0x249B), (0x2776, 0x2793), (0x3220, 0x3229))


@kept_table
def character_classes() -> CharacterClasses:
    """Return the class of each code point and the flags named above; (0x110000,), uint16."""
    table = np.zeros(sys.maxunicode + 1, np.uint16)
    for point in range(0x20000):  # beyond, only the ranges have a class
        table[point] = _class(chr(point))
    for kind, ranges in _RANGES.items():
        for first, last in ranges:
            table[first : last + 1] = kind
    for flag, signs in _SIGNS.items():
        table[[ord(sign) for sign in signs]] |= flag
    for first, last in _CIRCLED:
        table[first : last + 1] |= CIRCLED
    han = [chr(point) for first, last in HAN_RANGES for point in range(first, last + 1)]
    table[list(map(ord, written_otherwise(han, "t2s", lacked_by="gb2312")))] |= TRADITIONAL
    table[list(map(ord, written_otherwise(han, "s2t", lacked_by="big5")))] |= SIMPLIFIED
    table.flags.writeable = False
    return table


def _class(character: str) -> int:
    category = unicodedata.category(character)
    if character.isspace():
        return SPACE
    if category == "Nd":
        return DIGIT
    if category[0] == "P":
        return PUNCTUATION
    is_latin = category[0] == "L" and "LATIN" in unicodedata.name(character, "")
    return LATIN if is_latin else OTHER

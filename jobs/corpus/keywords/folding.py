"""The normal form in which keywords and texts are compared: letters, and what stands between them.

A letter or digit becomes its plain form: half width, lower case, Simplified, without accents and
circles, Latin where another script's letter looks the same. Everything else is a gap of some kind.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.canonical import folding_table
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.utf8 import Bytes, decode_point

LetterTable = npt.NDArray[np.uint32]


NOTHING, SYMBOL, MARK, END = range(4)
"""What a code point that is no letter is, and the gap that several make: the largest of them.

NOTHING is invisible or stands on a letter; a SYMBOL, or a blank, may be put into a word to hide it;
a MARK is of a sentence, or between cells; END is that of a line. Letters have larger code points.
"""

MOST_BETWEEN = 3  # symbols and marks that may stand between two letters of a word

_BLANK = 4  # a SYMBOL that is white space, which is no text character
_BREAK = 5  # an END that is one
_TAB = 6  # a MARK that is one
_FIRST_LETTER = 0x30

# Punctuation that stands in no sentence of its own: what is put between letters to hide a word.
_HIDING = frozenset("*_-~/\\#@&%·•‧・\u2010\u2011\u2012\u2013\u2014\u2015'\"†‡※")
_LOOK_ALIKES = str.maketrans(
    "авекмнорстухіјѕһԁԛԝѵӏαβεζικμνορτυχωıɑɡɩʙʜɪʟɴʀʏᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ",
    "abekmhopctyxijshdqwvlabezikmvoptuxwiagibhilnryacdejkmoptuvwz",
)
"""Cyrillic, Greek, and small capitals; of letters whose cases look like two, one is chosen."""


class Letters(NamedTuple):
    """Work space for the letters of one text.

    Attributes:
        points: uint32, their plain forms.
        gaps: uint8, the gap in front of each; END where more than MOST_BETWEEN stand there.
    """

    points: npt.NDArray[np.uint32]
    gaps: npt.NDArray[np.uint8]


@kept_table
def letter_table() -> LetterTable:
    """Return the plain form of each letter, for anything else what it is; (0x110000,), uint32."""
    table = folding_table().copy()
    for point in range(0x40000):
        if table[point] == 0:
            table[point] = _between(chr(point))
        else:
            table[point] = ord(_without_accent(chr(int(table[point]))).translate(_LOOK_ALIKES))
    table[0x40000:] = NOTHING
    table.flags.writeable = False
    return table


def _between(character: str) -> int:
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain.isalnum() and plain != character:  # Ⓐ and ㊙ are called signs
        return int(folding_table()[ord(plain)]) or ord(plain)
    if character in "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029":
        return _BREAK
    if character.isspace():
        return _TAB if character == "\t" else _BLANK
    category = unicodedata.category(character)
    if category[0] == "M" or category in {"Cc", "Cf"}:
        return NOTHING
    return SYMBOL if category[0] != "P" or character in _HIDING else MARK


def _without_accent(letter: str) -> str:
    bare = unicodedata.normalize("NFD", letter)[0]
    return bare if ord(bare) < _SPELT else letter  # a syllable of Hangul stays whole


_SPELT = 0x0E00
"""Letters below are of scripts that write words apart: a word of them is not part of another."""


@kernel
def is_spelt(point: int) -> bool:
    """Return whether a letter is of a script that writes words apart, or a digit."""
    return point < _SPELT


@kernel
def read_letters(
    data: Bytes, span: tuple[int, int], table: LetterTable, letters: Letters
) -> tuple[int, int]:
    """Write the letters of a text and the gaps in front of them.

    Args:
        data: UTF-8 bytes of all texts.
        span: the text's first byte and the one after its last.
        table: as `letter_table` returns it.
        letters: written to; as long as the text in bytes.

    Returns:
        How many letters there are, and how many text characters: those that are not white space.
    """
    at, end = np.uint64(span[0]), np.uint64(span[1])
    count = chars = between = 0
    gap = END
    while at < end:
        point, at = decode_point(data, at)
        plain = table[point]
        if plain >= _FIRST_LETTER:
            letters.points[count] = plain
            letters.gaps[count] = gap if between <= MOST_BETWEEN else END
            count += 1
            chars += 1
            gap = between = 0
        else:
            kind = _kind(plain)
            gap = max(gap, kind)
            between += kind > NOTHING
            chars += plain < _BLANK
    return count, chars


@kernel
def _kind(plain: int) -> int:
    if plain < _BLANK:
        return int(plain)
    if plain == _BREAK:
        return END
    return MARK if plain == _TAB else SYMBOL

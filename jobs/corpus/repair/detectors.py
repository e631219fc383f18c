"""Detectors: one pass over the bytes flags the rules that could change a text at all.

A text without flags is given to no rule and never taken out of its Arrow buffer, which makes repair
cheap. A flag may send a text to a rule that finds nothing there.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.repair.line_detectors import scan_lines
from jobs.corpus.repair.mojibake import mojibake_signs
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.text import alphabets
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.table_cache import kept_table
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Counts = npt.NDArray[np.int32]

# Kinds of characters. Each kind is either one rule's business, or half of a pair that is.
(
    _OTHER,
    _HAN,
    _TRADITIONAL,
    _SIMPLIFIED,
    _SIGN,  # of UTF-8 that was read as GBK
    _KUN,  # 锟, and 斤: two lost characters read as GBK are 锟斤拷
    _JIN,
    _ALNUM,
    _SPACE,
    _TAB,
    _NEWLINE,
    _WIDE_SPACE,
    _POINT,  # ASCII punctuation that has a Chinese form
    _MARKUP,
    _LINE_END,
    _INVISIBLE,
    _WIDE_LETTER,
    _RADICAL,
    _UNCOMPOSED,
    _LEAD,  # what bytes above 0xBF become when they are read as Latin-1, and others above 0x7F
    _HIGH,
    _KANA,  # and Hangul
    _LOST,
    _COMMA,
    _STOP,
    _OPENING,
    _GREEK,  # and Cyrillic
) = range(27)
_KINDS = 32

_HANS = (_HAN, _TRADITIONAL, _SIMPLIFIED, _SIGN, _KUN, _JIN)


@dataclass(frozen=True)
class Scan:
    """What one pass found in each text, every array of shape (n,).

    Attributes:
        flagged: int64, the `Repair` bits of the rules that could change the text.
        traditional: int32, characters that only Traditional text has; none if it is not Chinese.
        simplified: int32, characters that only Simplified text has; likewise.
        lost: int32, characters that wrong decoding destroyed.
        chars: int32, code points.
    """

    flagged: npt.NDArray[np.int64]
    traditional: Counts
    simplified: Counts
    lost: Counts
    chars: Counts


def scan(texts: pa.Array) -> Scan:
    """Return the flags and counts of each text; zeros for null.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(texts)
    flagged = np.zeros(len(texts), np.int64)
    counts = np.zeros((7, len(texts)), np.int32)
    _scan(data, offsets, _kinds(), _pairs(), flagged, counts)
    traditional, simplified, han, lost, chars, foreign, greek = counts
    is_foreign = (foreign >= _LEAST_FOREIGN) & (foreign * _ONE_IN >= han)
    traditional[is_foreign] = simplified[is_foreign] = 0
    is_traditional = (
        (traditional >= _LEAST_TRADITIONAL)
        & (traditional > _OUTNUMBERS * simplified)
        & (traditional * _ONE_IN > han)
    )
    flagged[is_traditional] |= int(Repair.SCRIPT)
    # Big5 read as GBK is full of kana, Greek and Cyrillic.
    flagged[(foreign + greek) * _ONE_LETTER_IN > chars] |= int(Repair.MOJIBAKE)
    return Scan(flagged, traditional, simplified, lost, chars)


# Of 4,700 real Simplified statutes, novels and poems none comes near, of 12,000 Traditional ones
# all are far above; a Simplified text may quote a Traditional title.
_LEAST_TRADITIONAL = 2
_OUTNUMBERS = 4
_ONE_IN = 20

_LEAST_FOREIGN = 2  # kana or Hangul, and one to twenty Han: Chinese that quotes has fewer
_ONE_LETTER_IN = 50
_SIGN_DISTANCE = 3  # two Han characters in UTF-8 are three in GBK


@kept_table
def _kinds() -> Bytes:
    """Return the kind of each code point, uint8 (0x110000,)."""
    kinds = np.full(sys.maxunicode + 1, _OTHER, np.uint8)
    for first, last in alphabets.HAN_RANGES:
        kinds[first : last + 1] = _HAN
    for point in range(0x30000):
        if unicodedata.normalize("NFC", chr(point)) != chr(point) or unicodedata.combining(
            chr(point)
        ):
            kinds[point] = _UNCOMPOSED
    # Vowels and finals of Hangul compose without being combining marks.
    kinds[0x1161:0x11C3] = _UNCOMPOSED
    kinds[0x3041:0x3097] = kinds[0x30A1:0x30FB] = kinds[0x30FC] = kinds[0xAC00:0xD7A4] = _KANA
    kinds[0x0391:0x0452] = _GREEK
    kinds[0x80:0xC0] = _HIGH
    kinds[0xC0:0x100] = _LEAD
    groups = (
        (_TRADITIONAL, map(ord, alphabets.traditional_characters())),
        (_SIMPLIFIED, map(ord, alphabets.simplified_characters())),
        (_SIGN, mojibake_signs()),
        (_ALNUM, range(0x30, 0x3A)),
        (_ALNUM, range(0x41, 0x5B)),
        (_ALNUM, range(0x61, 0x7B)),
        (_POINT, map(ord, ",.;:?!()")),
        (_COMMA, map(ord, "，、")),
        (_STOP, map(ord, "。；：？！）》”’」』】…—～·\uff05")),
        (_OPENING, map(ord, "（《“‘「『【〈")),
        (_MARKUP, map(ord, "<&")),
        (_WIDE_SPACE, alphabets.WIDE_SPACES),
        (_WIDE_LETTER, alphabets.WIDE_LETTERS),
        (_RADICAL, alphabets.unified_ideographs()),
        (_LINE_END, alphabets.LINE_ENDS),
        (_INVISIBLE, alphabets.INVISIBLES),
        (_SPACE, (0x20,)),
        (_TAB, (0x09,)),
        (_NEWLINE, (0x0A,)),
        (_LOST, (0xFFFD,)),
        (_KUN, (ord("锟"),)),
        (_JIN, (ord("斤"),)),
    )
    for kind, points in groups:
        kinds[list(points)] = kind
    kinds.flags.writeable = False
    return kinds


@functools.cache
def _pairs() -> npt.NDArray[np.int64]:
    """Return the flags of a character of one kind after one of another, shape (32 * 32,)."""
    pairs = np.zeros((_KINDS, _KINDS), np.int64)
    alone = {
        _LINE_END: Repair.LINE_ENDS,
        _INVISIBLE: Repair.INVISIBLE,
        _WIDE_LETTER: Repair.WIDTH,
        _RADICAL: Repair.RADICALS,
        _UNCOMPOSED: Repair.COMPOSITION,
        _WIDE_SPACE: Repair.BLANKS,
    }
    for kind, repair in alone.items():
        pairs[:, kind] |= int(repair)
    for mark in (_COMMA, _STOP, _OPENING):
        pairs[_POINT, mark] |= int(Repair.PUNCTUATION)
        pairs[mark, _POINT] |= int(Repair.PUNCTUATION)
    for han in _HANS:
        pairs[han, _POINT] |= int(Repair.PUNCTUATION)
        pairs[_POINT, han] |= int(Repair.PUNCTUATION)
    for name in (_ALNUM, _POINT, _OTHER):  # <p, <!, </, &#
        pairs[_MARKUP, name] |= int(Repair.MARKUP)
    pairs[_TRADITIONAL, _POINT] |= int(Repair.PINYIN)
    pairs[_TRADITIONAL, _OPENING] |= int(Repair.PINYIN)
    for mark in (_COMMA, _STOP):
        pairs[mark, _SPACE] |= int(Repair.SPACES)
        pairs[_SPACE, mark] |= int(Repair.SPACES)
    # Bytes of 0x80 to 0x9F are invisible in Latin-1; Windows has other characters for them.
    for kind in (_LEAD, _HIGH, _INVISIBLE, _WIDE_SPACE, _OTHER):
        pairs[_LEAD, kind] |= int(Repair.MOJIBAKE)
    for blank in (_SPACE, _TAB):
        pairs[blank, _NEWLINE] |= int(Repair.LAYOUT)
    flat = pairs.reshape(-1)
    flat.flags.writeable = False
    return flat


@kernel
def _scan(
    data: Bytes,
    offsets: Offsets,
    kinds: Bytes,
    pairs: npt.NDArray[np.int64],
    flagged: npt.NDArray[np.int64],
    counts: Counts,
) -> None:
    seen = np.zeros(_KINDS, np.int64)
    for row in range(len(offsets) - 1):
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        found = np.int64(0)
        seen[:] = 0
        lost = 0
        chars, last_sign = 0, -9
        before = np.uint64(_NEWLINE)
        while i < end:
            point, i = decode_point(data, i)
            kind = np.uint64(kinds[np.uint64(point)])
            found |= pairs[(before << np.uint64(5)) | kind]
            seen[kind] += 1
            if _SIGN <= kind <= _JIN:  # rare
                if kind == _SIGN:
                    if chars - last_sign == _SIGN_DISTANCE:
                        found |= np.int64(_MOJIBAKE)
                    last_sign = chars
                lost += 3 * (kind == _JIN and before == _KUN)
            before = kind
            chars += 1
        flagged[row] = found | scan_lines(data, offsets[row], offsets[row + 1])
        counts[0, row], counts[1, row] = seen[_TRADITIONAL], seen[_SIMPLIFIED]
        counts[2, row] = seen[_HAN : _JIN + 1].sum()
        counts[3, row], counts[4, row] = lost + seen[_LOST], chars
        counts[5, row], counts[6, row] = seen[_KANA], seen[_GREEK]


_MOJIBAKE = int(Repair.MOJIBAKE)

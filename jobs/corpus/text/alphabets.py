"""Alphabets: sets of characters for kernels and rules.

Frequency and script are taken from the national character sets: GB 2312 and Big5 each have a first
level of frequent characters.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import opencc

HAN_RANGES = (
    (0x3007, 0x3007),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFD),
)
"""Chinese characters: first and last code point of each block."""

HAN = "".join(f"{chr(first)}-{chr(last)}" for first, last in HAN_RANGES)
"""Chinese characters, for a class of a regular expression."""

COMMON_HAN = frozenset(
    "的一是不了在人有我他這这個个們们中來来上大為为和國国地到以說说時时要就出會会可也你對对生能而子"
    "那得於于著着下自之年過过發发後后作里用道行所然家種种事成方多經经麼么去法學学如都同現现當当沒"
    "没動动面起看定天分還还進进好小部其些主樣样理心她本前開开但因只從从想實实日軍军者意無无力它與与"
    "長长把機机十民第公此已工使情明性知全三又關关點点正業业外將将兩两高間间由問问很最重並并物手應应"
)
"""The commonest Chinese characters of modern text in both scripts: a quarter to a half of any."""

LINE_ENDS = frozenset(map(ord, "\r\x0b\x0c\x85\u2028\u2029"))
WIDE_SPACES = frozenset({0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000})
WIDE_LETTERS = frozenset({*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)})
NUMBER_SIGNS = "\uff03\uff06\uff0a\uff0b\uff0c\uff0d\uff0e\uff0f\uff1a\uff1d\uff20\uff3f"
"""Full-width signs that may be part of a number, a date, an address or a name in full width."""

INVISIBLES = frozenset(
    {
        *range(0x09),  # controls
        *range(0x0E, 0x20),
        *range(0x7F, 0x85),
        *range(0x86, 0xA0),
        *(0xAD, 0x180E, 0xFEFF, 0xFFFE, 0xFFFF, 0x61C),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2065),
        *range(0x2066, 0x2070),
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
    }
) - {0x0D}

# Unicode's EquivalentUnifiedIdeograph for U+2E81-U+2EF2; 〇 where there is none. Kangxi radicals
# and two of these have compatibility decompositions, which give the same.
_SUPPLEMENT = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵〇旡日月歺〇民氵氺灬爫爫丬"
    "牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶"
    "邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀"
)


@functools.cache
def unified_ideographs() -> dict[int, int]:
    """Return the character that each radical, stroke or compatibility ideograph stands for."""
    unified = {
        0x2E81 + offset: ord(character)
        for offset, character in enumerate(_SUPPLEMENT)
        if character != "〇"
    }
    for point in (0x2E9F, 0x2EF3, *range(0x2F00, 0x2FD6)):
        unified[point] = ord(unicodedata.normalize("NFKC", chr(point)))
    for point in (*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)):
        unified[point] = ord(unicodedata.normalize("NFC", chr(point)))
    return {point: target for point, target in unified.items() if point != target}


@functools.cache
def traditional_characters() -> frozenset[str]:
    """Return characters of Traditional text alone: with a Simplified form, and not in GB 2312.

    So 乾, 於 and 著 are not among them: Simplified text has 乾隆, 於潜 and 著作.
    """
    return frozenset(written_otherwise(_ideographs(), "t2s", lacked_by="gb2312"))


@functools.cache
def simplified_characters() -> frozenset[str]:
    """Return characters of Simplified text alone: those with a Traditional form that Big5 lacks.

    And that GB 2312 has: rare variants are no sign of Simplified text.
    """
    alone = written_otherwise(_ideographs(), "s2t", lacked_by="big5")
    return frozenset(c for c in alone if _has("gb2312", c))


def written_otherwise(
    characters: Iterable[str], conversion: str, *, lacked_by: str
) -> Iterator[str]:
    """Yield the characters of one script alone: with another form, and not in the other standard.

    Args:
        characters: to choose among.
        conversion: of OpenCC, to the other script: `t2s` or `s2t`.
        lacked_by: the encoding of the other script's standard.
    """
    own = list(characters)
    other = opencc.OpenCC(conversion).convert("\n".join(own)).split("\n")
    for character, converted in zip(own, other, strict=True):
        if character != converted and not _has(lacked_by, character):
            yield character


@functools.cache
def jis_characters() -> frozenset[str]:
    """Return the Han characters of Japanese text."""
    return frozenset(c for c in _ideographs() if _has("shift_jis", c))


@functools.cache
def japanese_characters() -> frozenset[str]:
    """Return characters of Japanese text alone: in JIS, in neither GB 2312 nor Big5.

    But for forms that Traditional text has besides.
    """
    return frozenset(
        c for c in jis_characters() if not _has("gb2312", c) and not _has("big5", c)
    ) - frozenset("裏羣峯衞麪舘鄰巖牀竈疎廻畧跡韮蔥")


@functools.cache
def frequent_characters() -> frozenset[str]:
    """Return the first levels of GB 2312 and Big5, with the punctuation of Chinese text."""
    return frozenset(
        c for c in _ideographs() if _leads(c, "gb2312", 0xB0, 0xD7) or _leads(c, "big5", 0xA4, 0xC6)
    ) | frozenset("，。、；：？！（）《》“”‘’「」『』【】—…·〈〉％～０１２３４５６７８９")


def _ideographs() -> Iterator[str]:
    return map(chr, range(0x4E00, 0xA000))


def _has(encoding: str, character: str) -> bool:
    return _encoded(encoding, character) != b""


def _leads(character: str, encoding: str, first: int, last: int) -> bool:
    encoded = _encoded(encoding, character)
    return bool(encoded) and first <= encoded[0] <= last


def _encoded(encoding: str, character: str) -> bytes:
    return character.encode(encoding, "ignore")


_MOST_MARKS = 30


@functools.cache
def marks_in_a_row() -> re.Pattern[str]:
    """Return a pattern of more combining marks in a row than the 30 that Unicode allows."""
    marks = "".join(map(chr, np.flatnonzero(_are_marks()).tolist()))
    return re.compile(f"([{marks}]{{{_MOST_MARKS + 1},}})")


def has_many_marks(text: str) -> bool:
    """Whether there can be `marks_in_a_row`: a hundred times as fast as searching for them."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return int(np.count_nonzero(_are_marks()[points])) > _MOST_MARKS


@functools.cache
def _are_marks() -> npt.NDArray[np.bool_]:
    points = range(sys.maxunicode + 1)
    return np.array([unicodedata.combining(chr(point)) > 0 for point in points])

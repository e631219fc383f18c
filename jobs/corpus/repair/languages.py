"""Languages: of a text and of its lines, by the scripts of their letters.

Han characters are Chinese, Simplified or Traditional by the characters that only one of them has,
but Japanese or Korean on lines where kana or Hangul go with them, as `stretches` knows. A line is
of the script that most of its letters have; a Han character counts for three letters. Where one
script serves several languages, letters or frequent words of its own show which; where none does,
the tag is `und` with the script. Tags are those of BCP 47, scripts those of ISO 15924.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.repair import character_kinds as kinds_of
from jobs.corpus.repair.detectors import Scan
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.repair.script import HONG_KONG, TAIWAN
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.languages_by_script import language_of_script
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point
from jobs.corpus.text.writing_systems import SCRIPTS, script_numbers

Flags = npt.NDArray[np.bool_]

_LEAST_SHARE = 0.05  # of a text, for a language to be named beside the first
_HAN_WEIGHT = 3
_SAMPLE_BYTES = 6_000  # that show a language

_HANI, _KANA, _HANG, _BOPO = map(SCRIPTS.index, ("Hani", "Kana", "Hang", "Bopo"))
_HANS, _HANT = len(SCRIPTS), len(SCRIPTS) + 1
_GROUPS = len(SCRIPTS) + 2
_CANTONESE = re.compile("[嘅喺咗哋冇啲嗰嚟咁佢嘢噉冚嗌唞瞓攞]|唔(?!知)")
_CANTONESE_SHARE = 0.02
# Every Cantonese text has one of them.
_CANTONESE_SIGNS = np.frombuffer("嘅咗喺佢啲唔".encode(), np.uint8).reshape(-1, 3)


class _Line(NamedTuple):
    """What is counted of a line: letters by script, and Simplified characters less Traditional."""

    han: int
    kana: int
    hangul: int
    form: int
    other: int  # the script of most of the other letters, and by how many it leads
    votes: int


_EMPTY = _Line(0, 0, 0, 0, 0, 0)


class Languages(NamedTuple):
    """The columns of languages, each a list as long as the texts.

    Attributes:
        language: of most of the text; None without letters.
        language_shares: of each language that has a share of lines, as `zh-Hans=0.9 en=0.1`.
        script_shares: of the letters, likewise by script.
    """

    language: list[str | None]
    language_shares: list[str | None]
    script_shares: list[str | None]


def languages(texts: pa.Array, found: Scan, script: list[str | None]) -> Languages:
    """Return the languages of texts; None for null and for what has no letters.

    Args:
        texts: as they are released.
        found: what `scan` finds in them.
        script: of each as it was delivered, for the region of a Traditional text.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(texts)
    is_plain = (found.kana + found.hangul + found.other == 0) & (20 * found.latin <= 3 * found.han)
    is_plain &= ~found.is_foreign & (found.han > 0)
    columns = Languages(*(list[str | None]([None] * len(texts)) for _ in range(3)))
    tags = _of_chinese(found, script, _are_cantonese(data, offsets))
    letters = zip(is_plain.tolist(), found.han.tolist(), found.latin.tolist(), strict=True)
    for row, (is_one, han, latin) in enumerate(letters):
        tag = tags[row]
        if is_one:
            facts: tuple[str | None, ...] = tag, f"{tag}=1", _han_shares(han, latin)
        else:
            facts = _mixed(data, (offsets[row], offsets[row + 1]), found, row, tag)
        columns.language[row], columns.language_shares[row], columns.script_shares[row] = facts
    return columns


def _are_cantonese(data: Bytes, offsets: Offsets) -> Flags:
    """Return which texts are Cantonese if they are Chinese."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    _find_cantonese(data, offsets, _CANTONESE_SIGNS, found)
    for row in np.flatnonzero(found):
        beginning = _beginning(data, offsets[row], offsets[row + 1])
        found[row] = len(_CANTONESE.findall(beginning)) > _CANTONESE_SHARE * len(beginning)
    return found


@kernel
def _find_cantonese(data: Bytes, offsets: Offsets, signs: Bytes, found: Flags) -> None:
    """Flag the texts that begin with any of `signs`, UTF-8 of shape (n, 3), among others.

    One sign after the other, all bytes without a branch: such loops vectorise.
    """
    for row in range(len(offsets) - 1):
        text = data[offsets[row] : min(offsets[row + 1], offsets[row] + _SAMPLE_BYTES)]
        is_found = np.uint8(0)
        for sign in range(len(signs)):
            first, second, third = signs[sign]
            for i in range(len(text) - 2):
                is_found |= (
                    np.uint8(text[i] == first)
                    & np.uint8(text[i + 1] == second)
                    & np.uint8(text[i + 2] == third)
                )
        found[row] = is_found != 0


def _beginning(data: Bytes, start: int, end: int) -> str:
    """Return the first characters of a text."""
    return data[start : min(end, start + _SAMPLE_BYTES)].tobytes().decode("utf-8", "ignore")


def _of_chinese(found: Scan, script: list[str | None], is_cantonese: Flags) -> list[str]:
    """Return the tag of each text if it is Chinese."""
    is_traditional = found.flagged & int(Repair.SCRIPT) != 0
    is_simplified = (found.simplified > found.traditional).tolist()
    tags = ["zh-Hans" if is_so else "zh" for is_so in is_simplified]
    for row in np.flatnonzero(is_traditional).tolist():
        region = {TAIWAN: "-TW", HONG_KONG: "-HK"}.get(script[row] or "", "")
        tags[row] = f"zh-Hant{region}"
    for row in np.flatnonzero(is_cantonese).tolist():
        tags[row] = "yue" + tags[row].removeprefix("zh").removesuffix("-HK")
    return tags


def _han_shares(han: int, latin: int) -> str:
    """Return what `_shares` does of Han characters and fewer Latin letters, ten times as fast."""
    first, second = round(han / (han + latin), 2), round(latin / (han + latin), 2)
    return f"Hani={first:g}" + (f" Latn={second:g}" if second >= _LEAST_SHARE else "")


def _mixed(
    data: Bytes, bounds: tuple[int, int], found: Scan, row: int, chinese: str
) -> tuple[str | None, str | None, str | None]:
    """Return the facts of a text that is not of Han characters alone, or not of Chinese ones."""
    letters, groups = np.zeros(_GROUPS, np.int64), np.zeros(_GROUPS, np.int64)
    _count_lines(data, bounds, script_numbers(), kinds_of.character_kinds(), letters, groups)
    if not letters.any():
        return None, None, None
    if not groups.any():  # no line is of one script more than of others
        groups = letters
    chinese = _of_han(found, letters, row) or chinese
    beginning = _beginning(data, *bounds)
    shares: dict[str, int] = {}
    for group in np.flatnonzero(groups):
        if group < len(SCRIPTS) and group != _HANI:
            tag = language_of_script(SCRIPTS[group], beginning)
        else:
            tag = _of_line(int(group), chinese, is_foreign=bool(found.is_foreign[row]))
        shares[tag] = shares.get(tag, 0) + int(groups[group])
    by_script = {name: int(n) for name, n in zip(SCRIPTS, letters, strict=False) if n}
    return max(shares, key=lambda tag: (shares[tag], tag)), _shares(shares), _shares(by_script)


def _of_line(group: int, language: str, *, is_foreign: bool) -> str:
    """Return the tag of a line of Han characters in a text that is of a language."""
    if group == _HANI or (is_foreign and group == _HANT):
        return language
    form = "Hans" if group == _HANS else "Hant"
    return language if form in language else f"zh-{form}"


def _of_han(found: Scan, letters: npt.NDArray[np.int64], row: int) -> str | None:
    """Return the language of Han characters that are not Chinese."""
    if not found.is_foreign[row]:
        return None
    if letters[_KANA] or letters[_HANG]:
        return "ja" if letters[_KANA] >= letters[_HANG] else "ko"
    return "vi-Hani" if found.rare[row] > found.japanese[row] else "ja"


def _shares(numbers: dict[str, int]) -> str:
    """Return names and their shares of the whole, the largest first, but for the small ones."""
    whole = sum(numbers.values())
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    named = [(name, round(n / whole, 2)) for name, n in ordered]
    return " ".join(f"{name}={share:g}" for name, share in named if share >= _LEAST_SHARE)


@kernel
def _count_lines(
    data: Bytes,
    bounds: tuple[int, int],
    numbers: Bytes,
    kinds: Bytes,
    letters: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
) -> None:
    """Add the letters of each script, and the weight of the lines of each group.

    Args:
        data: UTF-8 of many texts.
        bounds: where one begins and ends.
        numbers: the script of each code point.
        kinds: the kind of each.
        letters: int64 (_GROUPS,), by script.
        groups: likewise; a group is a script, or Han characters that are Simplified or Traditional.
    """
    i, end = np.uint64(bounds[0]), np.uint64(bounds[1])
    line, seams, before = _EMPTY, 0, np.uint8(0)
    while i < end:
        point, i = decode_point(data, i)
        number = numbers[np.uint64(point)]
        letters[number] += 1
        if number == _HANI:
            kind = kinds[np.uint64(point)]
            line = _Line(
                line.han + 1,
                line.kana,
                line.hangul,
                line.form + (kind == _SIMPLIFIED) - (kind == _TRADITIONAL),
                line.other,
                line.votes,
            )
            seams += before in (_KANA, _HANG)
        elif number:
            line = _with_letter(line, number)
            seams += before == _HANI and number in (_KANA, _HANG)
        before = number
        if point == 0x0A or i >= end:
            group, weight = _group(line, seams)
            groups[group] += weight
            line, seams = _EMPTY, 0
    letters[0] = 0


@kernel
def _with_letter(line: _Line, number: int) -> _Line:
    """Count a letter; of all scripts but three the one with the majority is known at the end."""
    han, kana, hangul, form, other, votes = line
    if number == _KANA:
        kana += 1
    elif number == _HANG:
        hangul += 1
    elif number == other or votes == 0:
        other, votes = int(number), votes + 1
    else:
        votes -= 1
    return _Line(han, kana, hangul, form, other, votes)


@kernel
def _group(line: _Line, seams: int) -> tuple[int, int]:
    """Return the group of a line, and its weight."""
    ending = line.kana + line.hangul
    is_joined = 4 * ending >= line.han and seams >= 3 and line.form <= 0
    if ending >= 2 and (ending > line.han or is_joined):
        group, weight = _KANA if line.kana >= line.hangul else _HANG, ending + line.han
    elif line.form:
        group, weight = _HANS if line.form > 0 else _HANT, line.han
    else:
        group, weight = _HANI, line.han
    if line.votes > _HAN_WEIGHT * weight:
        return line.other, line.votes
    return group, _HAN_WEIGHT * weight


_TRADITIONAL, _SIMPLIFIED = kinds_of.TRADITIONAL, kinds_of.SIMPLIFIED

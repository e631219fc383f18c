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
from jobs.corpus.text.text_buffers import text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point
from jobs.corpus.text.writing_systems import SCRIPTS, script_numbers

_LEAST_SHARE = 0.05  # of a text, for a language to be named beside the first
_HAN_WEIGHT = 3
_SAMPLE_BYTES = 6_000  # that show a language

_HANI, _KANA, _HANG, _BOPO = map(SCRIPTS.index, ("Hani", "Kana", "Hang", "Bopo"))
_HANS, _HANT = len(SCRIPTS), len(SCRIPTS) + 1
_GROUPS = len(SCRIPTS) + 2
_CANTONESE = re.compile("[嘅喺咗哋冇啲嗰嚟咁佢嘢噉冚嗌唞瞓攞]|唔(?!知)")
_CANTONESE_SHARE = 0.02

# Scripts that one language has, or nearly so.
_OF_SCRIPT = {
    "Kana": "ja", "Hang": "ko", "Bopo": "zh", "Grek": "el", "Armn": "hy", "Syrc": "syr",
    "Thaa": "dv", "Nkoo": "nqo", "Guru": "pa", "Gujr": "gu", "Orya": "or", "Taml": "ta",
    "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thai": "th", "Laoo": "lo",
    "Tibt": "bo", "Mymr": "my", "Geor": "ka", "Ethi": "am", "Cher": "chr", "Khmr": "km",
    "Mong": "mn-Mong", "Tale": "tdd", "Talu": "khb", "Java": "jv-Java", "Bali": "ban-Bali",
    "Yiii": "ii", "Lisu": "lis",
}  # fmt: skip

# The first language of which a letter is found, and of which none is that excludes it.
_OF_LETTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "Cyrl": (
        ("kk", "[қғәұһҚҒӘҰ]"), ("tg", "[ҷӣӯ]"), ("mn", "[өүӨҮ]"), ("be", "[ўЎ]"),
        ("uk", "[їєґЇЄҐ]|[іІ]"), ("mk", "[ѓќѕ]"), ("sr", "[ђљњћџј]"), ("ru", "[ыэёЫЭЁ]"),
        ("bg", "ъ"), ("ru", ""),
    ),
    "Arab": (
        ("ug", "[\u06d0\u06c8\u06c7\u06cb]"), ("ckb", "[\u06ce\u06b5\u0695]"),
        ("ps", "[\u067c\u0689\u0693\u069a\u0681]"), ("ur", "[\u0679\u0688\u0691\u06ba\u06d2]"),
        ("fa", "[\u067e\u0686\u06af\u06cc\u06a9]"), ("ar", ""),
    ),
    "Hebr": (("yi", "[\u05f0-\u05f2]"), ("he", "")),
    "Beng": (("as", "[\u09f0\u09f1]"), ("bn", "")),
    "Deva": (("mr", "\\b(?:आहे|आणि|नाही|होते)\\b"), ("ne", "\\b(?:छ|हरू|गर्न|भएको)\\b"),
             ("hi", "\\b(?:है|हैं|का|की|के|में|और|को|से)\\b")),
}  # fmt: skip

_LATIN_WORDS = {
    "en": "the of and to in is that for it was with as on be at by this are from have not you",
    "fr": "le la les de des et est une que dans pour qui sur pas avec au du ce il elle sont nous",
    "de": "der die das und ist nicht ein eine zu den von mit auf für im dem sich des auch als wird",
    "es": "el la los las de y que en un una es por con para del se no lo como más su está",
    "pt": "o os as de e que em um uma é por com para do da não se como mais dos ao seu são",
    "it": "il lo gli di e che in un una è per con non del della si come più sono alla",
    "nl": "de het een en van is dat niet op te zijn voor met die aan er ook maar",
    "vi": "và là của có không những các được trong cho một với người này đã để khi",
    "id": "yang dan di ini itu dengan untuk dari dalam tidak adalah pada ke akan",
    "tr": "ve bir bu için ile da de olan çok daha gibi kadar ama değil olarak",
    "pl": "i w nie na się że z do jest to jak po co ale od za",
    "cs": "a je se v na že to s z do jako by ale za podle",
    "sv": "och att det i är en som på för av med till den inte har",
}
_WORDS = {language: frozenset(words.split()) for language, words in _LATIN_WORDS.items()}
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_LEAST_WORD_SHARE = 0.12
_VIETNAMESE = re.compile("[ơưđĐƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_VIETNAMESE_SHARE = 0.05


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
    numbers, kinds = script_numbers(), kinds_of.character_kinds()
    columns = Languages([], [], [])
    is_plain = (found.kana + found.hangul + found.other == 0) & (20 * found.latin <= 3 * found.han)
    is_plain &= ~found.is_foreign & (found.han > 0)
    for row in range(len(texts)):
        if is_plain[row]:
            han, latin = int(found.han[row]), int(found.latin[row])
            tag = _chinese(_beginning(data, offsets[row], offsets[row + 1]), found, script, row)
            facts = tag, f"{tag}=1", _shares({"Hani": han, "Latn": latin})
        else:
            letters, groups = np.zeros(_GROUPS, np.int64), np.zeros(_GROUPS, np.int64)
            _count_lines(data, (offsets[row], offsets[row + 1]), numbers, kinds, letters, groups)
            beginning = _beginning(data, offsets[row], offsets[row + 1])
            facts = _mixed(beginning, found, script, row, letters, groups)
        for column, fact in zip(columns, facts, strict=True):
            column.append(fact)
    return columns


def _beginning(data: Bytes, start: int, end: int) -> str:
    """Return the first characters of a text."""
    return data[start : min(end, start + _SAMPLE_BYTES)].tobytes().decode("utf-8", "ignore")


def _chinese(beginning: str, found: Scan, script: list[str | None], row: int) -> str:
    """Return the tag of a Chinese text."""
    if found.flagged[row] & int(Repair.SCRIPT):
        region = {TAIWAN: "-TW", HONG_KONG: "-HK"}.get(script[row] or "", "")
        form = f"-Hant{region}"
    else:
        form = "-Hans" if found.simplified[row] > found.traditional[row] else ""
    if any(map(beginning.__contains__, "嘅咗喺佢啲唔")) and (
        len(_CANTONESE.findall(beginning)) > _CANTONESE_SHARE * len(beginning)
    ):
        return "yue" + form.removesuffix("-HK")
    return "zh" + form


def _mixed(
    beginning: str,
    found: Scan,
    script: list[str | None],
    row: int,
    letters: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64],
) -> tuple[str | None, str | None, str | None]:
    if not letters.any():
        return None, None, None
    chinese = _of_han(found, letters, row) or _chinese(beginning, found, script, row)
    shares: dict[str, int] = {}
    for group in np.flatnonzero(groups):
        if group < len(SCRIPTS) and group != _HANI:
            tag = _of_script(SCRIPTS[group], beginning)
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


def _of_script(script: str, text: str) -> str:
    if script in _OF_SCRIPT:
        return _OF_SCRIPT[script]
    if script == "Latn":
        return _of_latin(text)
    for language, letters in _OF_LETTERS.get(script, ()):
        if re.search(letters, text):
            return language
    return f"und-{script}"


def _of_latin(text: str) -> str:
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    if len(_VIETNAMESE.findall(text)) > _VIETNAMESE_SHARE * sum(map(len, words)):
        return "vi"
    known = {language: sum(map(own.__contains__, words)) for language, own in _WORDS.items()}
    best = max(known, key=lambda language: known[language])
    return best if known[best] >= max(2, _LEAST_WORD_SHARE * len(words)) else "und-Latn"


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
            seams += before == _KANA or before == _HANG
        elif number:
            line = _with_letter(line, number)
            seams += before == _HANI and (number == _KANA or number == _HANG)
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
        other, votes = np.int64(number), votes + 1
    else:
        votes -= 1
    return _Line(han, kana, hangul, form, other, votes)


@kernel
def _group(line: _Line, seams: int) -> tuple[int, int]:
    """Return the group of a line, and its weight."""
    ending = line.kana + line.hangul
    if ending >= 2 and (ending > line.han or (4 * ending >= line.han and seams >= 3)):
        group, weight = _KANA if line.kana >= line.hangul else _HANG, ending + line.han
    elif line.form:
        group, weight = _HANS if line.form > 0 else _HANT, line.han
    else:
        group, weight = _HANI, line.han
    if line.votes > _HAN_WEIGHT * weight:
        return line.other, line.votes
    return group, _HAN_WEIGHT * weight


_TRADITIONAL, _SIMPLIFIED = kinds_of.TRADITIONAL, kinds_of.SIMPLIFIED

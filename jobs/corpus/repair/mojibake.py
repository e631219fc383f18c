"""Mojibake: bytes that were decoded in the wrong encoding, and can be decoded again.

A part of a text is taken back to its bytes and decoded as what it may have been. That the result
would be Chinese is no evidence: two letters of any alphabet are a frequent character somewhere. So
the part itself must be what no text has: bytes that are valid UTF-8, marks between letters or
capitals behind small ones, or Han characters few texts have. Words of another script stay whatever
they could be. What was lost on the way (� and 锟斤拷) no decoding brings back.
"""

from __future__ import annotations

import functools
import re

from jobs.corpus.text.alphabets import COMMON_HAN, HAN, frequent_characters

# Windows has letters and marks where Latin-1 has control characters.
_WINDOWS = {
    chr(byte): bytes([byte])
    for byte in range(0x80, 0xA0)
    for character in [bytes([byte]).decode("cp1252", "ignore")]
    if not character
}
_HIGH = "\x80-\xff" + "".join(
    re.escape(c) for c in bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")
)
_HIGH_RUN = re.compile(f"[{_HIGH}](?:[{_HIGH}\ufffd]|[ -~]+(?=[{_HIGH}]))+")
# Misread text has none of these: they are what the bytes of Chinese text are read as elsewhere.
_TRUE = "，。、；：？！（）《》“”"
_SEGMENT = re.compile(rf"[^\x00-\x7f{_TRUE}]{{2,}}")
_RUN = re.compile(rf"[^\x00-\x7f{_TRUE}](?:[^\x00-\x7f{_TRUE}]|[ -~]+(?=[^\x00-\x7f{_TRUE}]))+\??")
_LOST = re.compile("(?:\ufffd)+\\??")
# No language has a capital behind a small letter, or a sign beside either: of 2,200 runs of ten Han
# characters in GBK read as Latin-1 all have one such pair in ten.
_CAPITALS, _SMALL = "\xc0-\xd6\xd8-\xde", "\xdf-\xf6\xf8-\xff"
_SIGNS = "\xa2-\xa9\xac\xae-\xb6\xb8\xb9\xbc-\xbe\xd7\xf7\u0192\u2020\u2021\u2030\u02c6\u02dc"
_LETTER = f"[{_CAPITALS}{_SMALL}]"
_BESIDE_SIGN = f"{_LETTER}(?=[{_SIGNS}])|[{_SIGNS}](?={_LETTER})"
_ODD = re.compile(f"[{_SMALL}](?=[{_CAPITALS}])|{_BESIDE_SIGN}")
_ODD_SIGN = re.compile(_BESIDE_SIGN)
_EXPONENT = re.compile("[\xb2\xb3\xb9]+")
_HAN_CHARACTER = re.compile(f"[{HAN}]")
# Greek to Tibetan, kana, Hangul: whatever has no Han character and no sign of GBK.
_LIVING = re.compile("[\xa1-\u1fff\u2010-\u2027\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7a3]+")
_LATIN_LETTERS = re.compile("[\xa1-\xff]")

# Shares of frequent characters, measured: real lines of 4 characters or more have at least 0.7
# where they are Chinese, misread ones at most 0.4, and read rightly again at least 0.95.
_MOST_BEFORE = 0.5
_LEAST_AFTER = 0.9
_LEAST_AFTER_MUCH = 0.5
_LOST_SHARE = 0.2
_LOST_OF_REMAINS = 0.7
_LEAST_HAN = 2
_LEAST_HIGH = 4
# A run of one mark is what it is: four multiplication signs are 鬃鬃 in GBK.
_LEAST_LETTERS = 3
_MUCH = 0.9
_LEAST_ODD = 0.1
# Chinese that quotes other scripts, or has rare characters, is shown by more signs in longer runs.
_LEAST_KNOWN = 0.75
_LEAST_ODD_OF_RARE = 0.15
_LEAST_HIGH_OF_RARE = 20
_ONE_ALONE_IN = 4
# Big5 read as GBK is frequent characters now and then, so it must be plain and long, and what it
# was read as must not be a language: Japanese is frequent Han characters but for one in ten.
_LEAST_BIG5 = 6
_LEAST_HAN_BEFORE = 4
_MOST_HAN_BEFORE = 0.75


def fix_mojibake(text: str) -> str:
    """Decode every part that is clearly misread in the encoding it was written in."""
    if _LATIN_LETTERS.search(text):
        once = _HIGH_RUN.sub(lambda run: _from_latin(run[0], _LEAST_AFTER, _LEAST_ODD), text)
        if once != text:
            # Where much was misread, names of rare characters were misread as well.
            twice = _HIGH_RUN.sub(lambda run: _from_latin(run[0], _LEAST_AFTER_MUCH, 0), once)
            left = len(_LATIN_LETTERS.findall(twice))
            # And where nearly all was, so was a single character.
            is_much = left < (1 - _MUCH) * len(_LATIN_LETTERS.findall(text))
            text = _HIGH_RUN.sub(lambda run: _single(run[0]), twice) if is_much else twice
    rare = _rare()
    reread = _RUN.sub(lambda run: _from_gbk(run[0]) if rare.search(run[0]) else run[0], text)
    if reread == text:
        return text
    # Where some was Big5, what is too short to show it was Big5 as well.
    reread = _RUN.sub(lambda run: _from_big5(run[0]) if rare.search(run[0]) else run[0], reread)
    # Where much was misread, what is too short or too damaged to show it was misread as well.
    return _SEGMENT.sub(lambda part: _remains(part[0]), reread)


def mojibake_signs() -> set[int]:
    """Return what the first two bytes of frequent characters in UTF-8 are in GBK."""
    beginnings = {c.encode()[:2] for c in frequent_characters()}
    decoded = {beginning.decode("gbk", "ignore") for beginning in beginnings}
    return {ord(c) for c in decoded if len(c) == 1} - set(map(ord, frequent_characters()))


@functools.cache
def _rare() -> re.Pattern[str]:
    """Return a pattern that every misread run matches: a character neither ASCII nor frequent."""
    return re.compile(rf"[^\x00-\x7f{re.escape(''.join(sorted(frequent_characters())))}]")


def _single(part: str) -> str:
    if _EXPONENT.fullmatch(part):
        return part
    data = _latin_bytes(part)
    for encoding in ("utf-8", "gb18030"):
        decoded = _decoded(data, encoding, 0)
        if decoded and _share(decoded) == 1:
            return decoded
    return part


def _from_latin(part: str, least: float, least_odd: float) -> str:
    data = _latin_bytes(part)
    high = [byte for byte in data if byte >= 0x80]
    if len(high) < _LEAST_HIGH or len(set(high)) < _LEAST_LETTERS or _is_alphabet(part):
        return part
    odd = len(_ODD.findall(part))
    is_odd = odd >= least_odd * len(high)
    if decoded := _as_utf8(data):
        return decoded
    for encoding in ("utf-8", "gb18030") if is_odd else ("utf-8",):
        decoded = _decoded(data, encoding)
        if decoded is not None and _is_chinese(decoded, least):
            return decoded
    if len(high) >= _LEAST_HIGH_OF_RARE and odd >= _LEAST_ODD_OF_RARE * len(high):
        decoded = _decoded(data, "gb18030", 0)
        if decoded and _is_chinese(_LIVING.sub("的", decoded), _LEAST_KNOWN):
            return decoded
    return part


def _is_alphabet(part: str) -> bool:
    """Whether `part` lists letters, capital and small: éÉèÈ and åäöÅÄÖ are no misread text."""
    if _ODD_SIGN.search(part):
        return False
    letters = {c for c in part if "\xc0" <= c <= "\xff"}
    small = {c.lower() for c in letters if c.isupper()}
    alone = small ^ {c for c in letters if not c.isupper()}
    return bool(small) and _ONE_ALONE_IN * len(alone) <= len(letters)


def _as_utf8(data: bytes) -> str | None:
    """Decode `data` if all of it is UTF-8 and two characters have three bytes: no accident."""
    try:
        decoded = data.decode()
    except UnicodeDecodeError:
        return None
    return decoded if sum(character >= "\u0800" for character in decoded) >= _LEAST_HAN else None


def _latin_bytes(part: str) -> bytes:
    return b"".join(map(_windows_byte, part))


def _windows_byte(character: str) -> bytes:
    if character == "\ufffd":
        return b"\xff"
    return _WINDOWS.get(character) or (
        character.encode("latin-1") if ord(character) < 0x100 else character.encode("cp1252")
    )


def _from_gbk(run: str) -> str:
    reread = _reread(run)
    return _SEGMENT.sub(lambda part: _reread(part[0]), run) if reread is run else reread


def _reread(part: str) -> str:
    if _share(part) > _MOST_BEFORE:
        return part
    data = _gbk_bytes(part)
    decoded = _decoded(data, "utf-8")
    if decoded is not None and _is_chinese(decoded):
        return decoded
    return _from_big5(part) if _is_hardly_han(part) else part


def _from_big5(part: str) -> str:
    if _share(part) > _MOST_BEFORE or _LIVING.fullmatch(part):
        return part
    decoded = _decoded(_gbk_bytes(part), "big5hkscs")
    return decoded if decoded is not None and _is_plain_chinese(decoded, part) else part


def _remains(part: str) -> str:
    if _share(part) > _MOST_BEFORE or len(part) < 2 or _LIVING.fullmatch(part):
        return part
    decoded = _decoded(_gbk_bytes(part), "utf-8", _LOST_OF_REMAINS)
    return part if decoded is None or _share(decoded.replace("\ufffd", "")) < 1 else decoded


def _gbk_bytes(part: str) -> bytes:
    # What GBK could not show was lost already then.
    return b"\xff".join(segment.encode("gb18030", "replace") for segment in part.split("\ufffd"))


def _decoded(data: bytes, encoding: str, lost_share: float = _LOST_SHARE) -> str | None:
    """Decode `data`, with a � for each sequence that was lost; None if too much was."""
    decoded = _LOST.sub("\ufffd", data.decode(encoding, "replace"))
    return None if decoded.count("\ufffd") > lost_share * len(decoded) else decoded


def _is_chinese(text: str, least: float = _LEAST_AFTER) -> bool:
    return len(_HAN_CHARACTER.findall(text)) >= _LEAST_HAN and _share(text) >= least


def _is_hardly_han(text: str) -> bool:
    """Whether `text` has Han characters, and of these many that hardly any text has."""
    han = _HAN_CHARACTER.findall(text)
    return len(han) >= _LEAST_HAN_BEFORE and _share("".join(han)) <= _MOST_HAN_BEFORE


def _is_plain_chinese(text: str, before: str) -> bool:
    han = len(_HAN_CHARACTER.findall(text))
    return (
        han >= _LEAST_BIG5
        and "\ufffd" not in text
        and _share(text) > 0.99
        and sum(map(COMMON_HAN.__contains__, text)) > 0.15 * han
        and sum(map(COMMON_HAN.__contains__, before)) < 0.1 * len(before)
    )


def _share(text: str) -> float:
    """Return the share of frequent characters among those that are not ASCII."""
    wide = [c for c in text if c > "\x7f"]
    frequent = frequent_characters()
    return sum(map(frequent.__contains__, wide)) / len(wide) if wide else 1.0

"""Siblings: documents made from one template, which resemble each other and are not copies.

Measured on 18,487 real documents: of 746 pairs that reach the threshold and are not equal, 331 have
titles that differ, stand in their own texts and are half the same; all 331 are different documents
(statutes of two offices, rules of two years). Of 413 whose titles are equal, absent, or one in the
other, none is. So two documents are siblings if

- their *title keys* are so: neither is contained in the other (`商标法` and `中华人民共和国商标法`
  name one law) and at least half of the shorter one's characters are in the other (an article that
  two papers give headlines of their own stays one article); or
- their titles have other numbers, as many, and hardly differ otherwise (`上半年`, `2023年3月`):
  also where the texts do not have the titles, for no two headlines of one story are so alike; or
- they have the same characters but for those of numbers, and other numbers: then they differ in
  dates, ordinals, amounts or signs alone, for texts as similar as the threshold are in one order.

A title key is the canonical title with numerals and ordinal words as digits; where the text
does not have the title near its beginning it is marked so, and there is none without a number. Both
are facts of one document: a pair is decided without its texts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.text.canonical import canonical_texts
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

_DIGITS = {"〇": 0} | {digit: number for number, digit in enumerate("零一二三四五六七八九")}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}]+")
_ORDINAL = re.compile(
    "[上中下](?=半年|半月|半场|旬|册|卷|篇|集|部|学期|期)|首(?=届|次|期|批|季|轮)"
    "|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
)
_ORDINALS = {"上": 1, "中": 2, "下": 3, "首": 1} | {
    ordinal: number for number, ordinal in enumerate(_ORDINAL.pattern.split("|")[-10:], 1)
}
_DIGIT = re.compile("[0-9]")
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)")
_NO_TITLE_OF_TEXT = "?"  # no canonical title begins so
_MARK = np.uint8(ord(_NO_TITLE_OF_TEXT))
_ZERO, _NINE, _COMMA = (np.uint8(ord(sign)) for sign in "09,")
_HEAD_BYTES = 3000  # of a canonical text: here its title stands
_MOST_TITLE_BYTES = 300
_LEAST_CHARS = 2  # of a title but for its numbers


class Keys(NamedTuple):
    """Title keys of all documents in UTF-8, and where each starts and ends; empty for none."""

    data: Bytes
    offsets: Offsets


def title_keys(titles: pa.Array, canonical: pa.Array) -> pa.StringArray:
    """Return the title key of each document, null where it cannot distinguish it.

    Args:
        titles: as released.
        canonical: compared canonical texts.

    Law: row-wise.
    """
    plain = canonical_texts(titles)
    data, offsets, _ = text_buffers(canonical)
    found = np.zeros(len(titles), np.bool_)
    _find_titles(Keys(*text_buffers(plain)[:2]), data, offsets, found)
    keys = [
        _key(title, is_of_text=is_own)
        for title, is_own in zip(plain.to_pylist(), found.tolist(), strict=True)
    ]
    return pa.array(keys, pa.string())


def _key(title: str | None, *, is_of_text: bool) -> str | None:
    if not title or len(title) > _MOST_TITLE_BYTES:
        return None
    ordinals = _ORDINAL.sub(lambda found: str(_ORDINALS[found[0]]), title)
    key = _LEADING_ZEROS.sub("", _NUMERAL.sub(_in_digits, ordinals))
    if is_of_text:
        return key
    return _NO_TITLE_OF_TEXT + key if _DIGIT.search(key) else None


def _in_digits(numeral: re.Match[str]) -> str:
    """Return a Han numeral in digits: 一百十六 and 一一六 are 116."""
    total, number = 0, ""
    for character in numeral[0]:
        if character in _DIGITS:
            number += str(_DIGITS[character])
        else:
            total += int(number or 1) * _UNITS[character]
            number = ""
    return str(total + int(number or 0)) if total else number


@kernel
def _find_titles(titles: Keys, data: Bytes, offsets: Offsets, found: npt.NDArray[np.bool_]) -> None:
    for row in range(len(offsets) - 1):
        title = titles.data[titles.offsets[row] : titles.offsets[row + 1]]
        if 0 < len(title) <= _MOST_TITLE_BYTES:
            head = data[offsets[row] : min(offsets[row + 1], offsets[row] + _HEAD_BYTES)]
            found[row] = _contains(head, title)


@kernel
def _contains(text: Bytes, part: Bytes) -> bool:
    for start in range(len(text) - len(part) + 1):
        if text[start] == part[0]:
            length = 1
            while length < len(part) and text[start + length] == part[length]:
                length += 1
            if length == len(part):
                return True
    return False


@kernel
def are_titles_unlike(keys: Keys, one: int, other: int) -> bool:
    """Whether two title keys name different documents of one kind.

    Args:
        keys: of all documents.
        one: number of a document.
        other: number of the other document.
    """
    first = keys.data[keys.offsets[one] : keys.offsets[one + 1]]
    second = keys.data[keys.offsets[other] : keys.offsets[other + 1]]
    if len(first) > len(second):
        first, second = second, first
    if len(first) == 0:
        return False
    if first[0] == _MARK or second[0] == _MARK:
        return _differ_in_numbers(first, second)
    return not _contains(second, first) and 2 * _shared_chars(first, second) >= _chars(first)


@kernel
def _differ_in_numbers(one: Bytes, other: Bytes) -> bool:
    """Whether titles have as many numbers, but others, and four fifths of the rest in common."""
    first, numbers = _parted(one)
    second, other_numbers = _parted(other)
    is_equal = len(numbers) == len(other_numbers)
    for at in range(len(numbers) if is_equal else 0):
        is_equal = is_equal and numbers[at] == other_numbers[at]
    count, other_count = 0, 0
    for byte in numbers:
        count += byte == _COMMA
    for byte in other_numbers:
        other_count += byte == _COMMA
    longest = max(_chars(first), _chars(second))
    if is_equal or count != other_count or longest < _LEAST_CHARS:
        return False
    return 5 * _shared_chars(first, second) >= 4 * longest


@kernel
def _parted(title: Bytes) -> tuple[Bytes, Bytes]:
    """Return a title key without its numbers and mark, and the numbers, a comma before each."""
    rest, numbers = np.empty(len(title), np.uint8), np.empty(2 * len(title), np.uint8)
    size, digits = 0, 0
    is_inside = False
    for byte in title:
        is_digit = _ZERO <= byte <= _NINE
        if is_digit:
            if not is_inside:
                numbers[digits] = _COMMA
                digits += 1
            numbers[digits] = byte
            digits += 1
        elif byte != _MARK:
            rest[size] = byte
            size += 1
        is_inside = is_digit
    return rest[:size], numbers[:digits]


@kernel
def _chars(text: Bytes) -> int:
    count = 0
    for byte in text:
        count += (byte & 0xC0) != 0x80
    return count


@kernel
def _shared_chars(one: Bytes, other: Bytes) -> int:
    """Return how many characters two texts share, each as often as both have it."""
    is_used = np.zeros(len(other), np.bool_)
    shared = 0
    i = np.uint64(0)
    while i < np.uint64(len(one)):
        point, i = decode_point(one, i)
        j = np.uint64(0)
        while j < np.uint64(len(other)):
            here = j
            candidate, j = decode_point(other, j)
            if candidate == point and not is_used[here]:
                is_used[here] = True
                shared += 1
                break
    return shared

"""Detectors of lines and whitespace, by the ends and beginnings of lines."""

from __future__ import annotations

import numpy as np

from jobs.corpus.repair.repairs import Repair
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.utf8 import Bytes, is_blank

_WRAP_CHARS = 15  # shorter lines are headings, verse, names
_WRAP_SLACK = 8  # bytes by which two lines of one width may differ: Latin letters among Han
_SPACED_CHARS = 4  # 中 国 人 民: single characters between spaces, as a scan leaves them


@kernel
def scan_lines(data: Bytes, first: int, last: int) -> np.int64:
    """Return the `Repair` bits that the lines and whitespace of one text flag.

    Args:
        data: UTF-8 of many texts.
        first: where the text begins.
        last: where it ends.
    """
    if first == last:
        return np.int64(0)
    found = np.int64(_LAYOUT * int(is_blank(data[first]) or is_blank(data[last - 1])))
    start, end, one = np.uint64(first), np.uint64(last), np.uint64(1)
    at = line_start = ink = start
    spaced, last_wide = 0, np.int64(0)
    while at < end:
        byte = data[at]
        if byte > 0x20:
            at += one
            ink = at
            continue
        if byte == 0x0A:
            # Two empty lines together are one too many.
            is_empty = at == line_start and at > start + one
            found |= _LAYOUT * (
                is_empty and data[at - one] == 0x0A and data[at - one - one] == 0x0A
            )
            width = _broken_width(data, line_start, at)
            found |= _WRAPS * int(width != 0 and abs(width - last_wide) <= _WRAP_SLACK)
            found |= _WRAPS * int(_begins_with_mark(data, at + one, end))
            # A line that goes on indented is between two of one width.
            is_between = width == 0 and _is_indented(data, line_start, at)
            last_wide = last_wide if is_between else width
            line_start = ink = at + one
        elif byte == 0x20:
            # Blanks before a line's first ink are indentation, which may be code.
            found |= _LAYOUT * (ink > line_start and data[at - one] == 0x20)
            spaced = spaced + 1 if at > start + _FOUR and data[at - _FOUR] == 0x20 else 0
            found |= _SPACES * (spaced >= _SPACED_CHARS)
        at += one
    return found


@kernel
def _is_indented(data: Bytes, at: np.uint64, end: np.uint64) -> bool:
    """Whether a line begins with a blank, of ASCII or ideographic."""
    if data[at] != 0xE3:
        return bool(data[at] == 0x20)
    is_blank = at + np.uint64(2) < end and data[at + np.uint64(1)] == 0x80
    return bool(is_blank and data[at + np.uint64(2)] == 0x80)


@kernel
def _begins_with_mark(data: Bytes, at: np.uint64, end: np.uint64) -> bool:
    """Whether a line begins, blanks aside, with one of ，。、；：）》」』."""
    while at < end and _is_indented(data, at, end):
        at += np.uint64(1 if data[at] == 0x20 else 3)
    if at + np.uint64(2) >= end:
        return False
    middle, last = data[at + np.uint64(1)], data[at + np.uint64(2)]
    if data[at] == 0xE3:
        return bool(middle == 0x80 and last in (0x81, 0x82, 0x8B, 0x8D, 0x8F))
    return bool(data[at] == 0xEF and middle == 0xBC and last in (0x89, 0x8C, 0x9A, 0x9B))


@kernel
def _broken_width(data: Bytes, begin: np.uint64, after: np.uint64) -> np.int64:
    """Return the bytes of a line that may be broken in the middle of a sentence, else 0."""
    start, end = np.int64(begin), np.int64(after)
    if end - start < 3 * _WRAP_CHARS:
        return np.int64(0)
    last = data[end - 1]
    if last < 0x80:
        is_letter = 0x30 <= last <= 0x39 or 0x41 <= (last & 0xDF) <= 0x5A
        return end - start if is_letter or last == 0x2D else np.int64(0)
    lead, middle = data[end - 3], data[end - 2]
    is_han = 0xE3 < lead < 0xEA
    is_open = lead == 0xE3 and middle == 0x80 and last != 0x82  # all of U+3000 but 。
    is_wide = lead == 0xEF and middle != 0xBD and last not in (0x81, 0x89, 0x9A, 0x9B, 0x9F)
    is_wide |= lead == 0xEF and middle == 0xBD
    return end - start if is_han or is_open or is_wide or lead == 0xE2 else np.int64(0)


_FOUR = np.uint64(4)  # a Han character and its space
_LAYOUT, _SPACES, _WRAPS = int(Repair.LAYOUT), int(Repair.SPACES), int(Repair.WRAPS)

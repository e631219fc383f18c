"""Prose: the text outside addresses, code and tables, which shares of rules are counted in.

A text that shows a program, a table or a picture is no worse for it: its addresses are no words,
its programs repeat and are no Chinese, its tables are numbers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.signals.keywords import Points
from jobs.corpus.text.character_classes import (
    CLASS_BITS,
    DIGIT,
    HAN,
    LINKING,
    SPACE,
    CharacterClasses,
)
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.line_kinds import is_code_line
from jobs.corpus.text.utf8 import Bytes, decode_point

CHARS, HANS, DIGITS, ROW_CHARS, ROW_DIGITS, LINKS = range(6)
COUNTERS = 6

_NEWLINE, _TAB, _BLANK, _BAR, _TICK, _TILDE, _DASH, _QUOTE = (ord(sign) for sign in "\n\t |`~->")
_BOX_LEAD = 0xE2  # of U+2000 to U+2FFF
_FENCE = 3
_FIELDS = 3
_LABEL_CHARS = 200  # of a picture's text
_STOPS = np.array([ord(sign) for sign in "。，；！？"], np.uint32)


@kernel
def find_prose(
    data: Bytes,
    start: int,
    stop: int,
    classes: CharacterClasses,
    prose: Points,
    counts: npt.NDArray[np.float64],
) -> int:
    """Write the prose of one text; return how many code points it has, line ends included.

    Args:
        data: UTF-8 bytes of some text.
        start: first byte of the text.
        stop: byte after its last one.
        classes: the class of each code point.
        prose: takes the code points.
        counts: float64 (COUNTERS,), added to: text characters, Han characters and digits of prose;
            text characters and digits of its rows of fields; addresses that are no picture's.
    """
    i, size, fence = start, 0, 0
    is_front = _starts_front_matter(data, start, stop)
    while i < stop:
        end = i
        while end < stop and data[end] != _NEWLINE:
            end += 1
        mark = _fence(data, i, end)
        if is_front:
            is_front = i == start or not _is_front_end(data, i, end)
        elif mark and fence in {0, mark}:
            fence = mark - fence
        elif (
            fence == 0
            and not _is_table(data, i, end)
            and not is_code_line(data, np.int64(i), np.int64(end))
        ):
            size = _add_line(data, (i, end), classes, prose, size, counts)
        if end < stop:
            prose[np.uint64(size)] = _NEWLINE
            size += 1
        i = end + 1
    return size


@kernel
def _starts_front_matter(data: Bytes, start: int, stop: int) -> bool:
    """Whether a text begins with a line of three dashes that another one answers soon."""
    if not _is_dashes(data, start, stop):
        return False
    i, lines = start, 0
    while i < stop and lines <= _FRONT_LINES:
        while i < stop and data[i] != _NEWLINE:
            i += 1
        i, lines = i + 1, lines + 1
        if _is_dashes(data, i, stop):
            return True
    return False


_FRONT_LINES = 80


@kernel
def _is_dashes(data: Bytes, i: int, stop: int) -> bool:
    if i + 3 > stop or data[i] != _DASH or data[i + 1] != _DASH or data[i + 2] != _DASH:
        return False
    return i + 3 == stop or data[i + 3] == _NEWLINE


@kernel
def _is_front_end(data: Bytes, i: int, end: int) -> bool:
    return end - i == _FENCE and data[i] == data[i + 1] == data[i + 2] == _DASH


@kernel
def _fence(data: Bytes, i: int, end: int) -> int:
    """Return the sign of a Markdown fence, 0 if the line is none."""
    while i < end and data[i] in {_BLANK, _TAB, _QUOTE}:
        i += 1
    if i + _FENCE > end or data[i] not in {_TICK, _TILDE}:
        return 0
    is_fence = data[i + 1] == data[i] and data[i + 2] == data[i]
    mark = np.int64(data[i])
    if mark == _TICK:  # a span of code closes on its line
        for k in range(i + _FENCE, end):
            is_fence &= data[k] != _TICK or data[k - 1] == _TICK
    return int(mark) if is_fence else 0


@kernel
def _is_table(data: Bytes, i: int, end: int) -> bool:
    """Whether a line is a row of cells between strokes or tabs, or drawn with lines (U+2500)."""
    strokes = tabs = 0
    first = end
    for k in range(i, end):
        strokes += data[k] == _BAR
        tabs += data[k] == _TAB and first < end
        if data[k] == _BOX_LEAD and k + 1 < end and data[k + 1] in {0x94, 0x95}:
            return True
        if first == end and data[k] not in {_BLANK, _TAB}:
            first = k
    return strokes > 1 or tabs > 1 or (strokes == 1 and data[first] == _BAR)


@kernel
def _add_line(
    data: Bytes,
    line: tuple[int, int],
    classes: CharacterClasses,
    prose: Points,
    size: int,
    counts: npt.NDArray[np.float64],
) -> int:
    """Add a line, its first byte and the one after its last, without addresses, and count it."""
    i, end = line
    chars = han = digits = stops = fields = links = 0
    was_space = True
    first = size
    k = np.uint64(i)
    while k < np.uint64(end):
        begun = k
        point, k = decode_point(data, k)
        bits = classes[point]
        if bits & LINKING:
            after = _link_end(data, np.int64(begun), end)
            if after > np.int64(begun):
                links += not _is_picture(prose, first, size)
                k = np.uint64(after)
                was_space = False
                continue
        kind = bits & CLASS_BITS
        is_space = kind == SPACE
        fields += was_space and not is_space
        was_space = is_space
        chars += not is_space
        han += kind == HAN
        digits += kind == DIGIT
        stops += _is_stop(int(point))
        prose[np.uint64(size)] = point
        size += 1
    counts[CHARS] += chars
    counts[HANS] += han
    counts[DIGITS] += digits
    counts[LINKS] += links
    if fields >= _FIELDS and stops == 0 and han > 0 and digits > 0:
        counts[ROW_CHARS] += chars
        counts[ROW_DIGITS] += digits
    return size


@kernel
def _is_stop(point: int) -> bool:
    for stop in _STOPS:  # noqa: SIM110  numba knows no generators here
        if point == stop:
            return True
    return False


_HTTP, _WWW = (np.array([ord(letter) for letter in word], np.uint8) for word in ("http", "www."))


@kernel
def _link_end(data: Bytes, i: np.int64, end: int) -> np.int64:
    """Return the byte after the address that begins here, as `link_char_share` has it, else `i`."""
    k = i
    if _begins(data, i, end, _HTTP):
        k += 4
        k += k < end and data[k] == 0x73  # s
        if k + 3 > end or data[k] != 0x3A or data[k + 1] != 0x2F or data[k + 2] != 0x2F:
            return i
    elif not _begins(data, i, end, _WWW):
        return i
    while k < end and 0x20 < data[k] < 0x7F and data[k] not in {0x22, 0x29, 0x3C, 0x3E, 0x5D}:
        k += 1
    return k


@kernel
def _begins(data: Bytes, i: np.int64, end: int, word: Bytes) -> bool:
    if i + len(word) > end:
        return False
    for k in range(len(word)):  # noqa: SIM110  numba knows no generators here
        if data[i + k] != word[k]:
            return False
    return True


@kernel
def _is_picture(prose: Points, first: int, size: int) -> bool:
    """Whether an address here is that of a Markdown picture: ![its text](."""
    if size - first < 4 or prose[size - 1] != 0x28 or prose[size - 2] != 0x5D:
        return False
    k = size - 3
    while k > max(first, size - _LABEL_CHARS) and prose[k] != 0x5B:
        k -= 1
    return k > first and prose[k] == 0x5B and prose[k - 1] == 0x21

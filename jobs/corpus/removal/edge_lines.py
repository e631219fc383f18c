"""Edge lines: the lines at the ends of texts, keyed so that pages of a site can be compared.

A key stands for site, end and line, with what varies from page to page masked: an address, a number
or a date counts as one sign, whatever it is, and so does the value of a short line `label：value`.
Lines without letters, such as rules, lie between edge lines and are none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.removal.line_keys import Keys
from jobs.corpus.text.canonical import FoldingTable, folding_table
from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

EDGE_LINES = 8
_LONGEST_BYTES = 600  # a longer line is a paragraph of the text
_LABEL_LETTERS, _LABELLED_BYTES = 10, 240
_HEAD, _TAIL = 0, 1

EdgeArray = npt.NDArray[np.int64]

_ADDRESS, _NUMBER, _VALUE = (np.uint64(sign) for sign in (1, 2, 3))
_NEWLINE, _COLON, _SLASH, _AT = (ord(sign) for sign in "\n:/@")
_WIDE_COLON = 0xFF1A
_ZERO, _NINE = (np.uint64(ord(digit)) for digit in "09")


def _points(letters: str) -> npt.NDArray[np.uint32]:
    return np.array([ord(letter) for letter in letters], np.uint32)


_SENTENCE_ENDS = _points("。；…;”")
_NUMERALS = _points("〇零一二三四五六七八九十百")
_MAY_BE_NUMERAL = np.zeros(256, np.bool_)  # by the lowest byte: one look-up for nearly all
_MAY_BE_NUMERAL[_NUMERALS & 0xFF] = True
_COUNTED = _points("年月日号號期")
_NOT_IN_ADDRESSES = _points("\"'()<>[]`{|}")


class Edges(NamedTuple):
    """The lines at the ends of texts: arrays of shape (n, 2, EDGE_LINES), the outermost first.

    Attributes:
        keys: uint64, 0 where there is no such line.
        starts: The byte of its text at which each begins.
        ends: The byte after its last.
    """

    keys: Keys
    starts: EdgeArray
    ends: EdgeArray


def edge_lines(content: pa.LargeStringArray, site: Keys) -> Edges:
    """Return the lines at both ends of each text that has a site.

    Args:
        content: texts.
        site: uint64 (n,), a key of each text's site, 0 for none.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(content)
    shape = (len(site), 2, EDGE_LINES)
    keys, spans = np.zeros(shape, np.uint64), np.zeros((2, *shape), np.int64)
    _find_edges(data, offsets, folding_table(), site, keys, spans)
    return Edges(keys, spans[0], spans[1])


@kernel
def _find_edges(
    data: Bytes, offsets: Offsets, table: FoldingTable, site: Keys, keys: Keys, spans: EdgeArray
) -> None:
    """Find the lines from either end inwards, up to one too long."""
    for row in range(len(site)):
        first, last = offsets[row], offsets[row + 1]
        for end in range(2):
            if site[row] == np.uint64(0):
                break
            low, high, at = first, last, 0
            side = mix(site[row] ^ np.uint64(0x9E3779B97F4A7C15) * np.uint64(end + 1))
            while at < EDGE_LINES:
                start, stop = _next_line(data, low, high, end)
                if stop == start or stop - start > _LONGEST_BYTES:
                    break
                low, high = (stop, high) if end == _HEAD else (low, start)
                key, letters = _masked_key(data, np.uint64(start), np.uint64(stop), table)
                if letters:
                    keys[row, end, at] = mix(key ^ side)
                    spans[0, row, end, at], spans[1, row, end, at] = start - first, stop - first
                    at += 1


@kernel
def _next_line(data: Bytes, low: int, high: int, end: int) -> tuple[int, int]:
    """Return the outermost non-empty line between two bytes; an empty span if there is none."""
    if end == _HEAD:
        while low < high and data[low] == _NEWLINE:
            low += 1
        stop = low
        while stop < high and data[stop] != _NEWLINE and stop - low <= _LONGEST_BYTES:
            stop += 1
        return low, stop
    while low < high and data[high - 1] == _NEWLINE:
        high -= 1
    start = high
    while start > low and data[start - 1] != _NEWLINE and high - start <= _LONGEST_BYTES:
        start -= 1
    return start, high


@kernel
def _masked_key(
    data: Bytes, i: np.uint64, end: np.uint64, table: FoldingTable
) -> tuple[np.uint64, int]:
    """Return the key of the line of bytes `i` to `end`, and how many letters and masks it has."""
    labelled = end - i <= np.uint64(_LABELLED_BYTES) and not _is_sentence(data, i, end)
    key, letters, before = np.uint64(0), 0, np.uint64(0)
    is_inside = False  # of a word, where no address begins
    while i < end:
        start = i
        point, i = decode_point(data, i)
        if labelled and point in (_COLON, _WIDE_COLON) and 0 < letters <= _LABEL_LETTERS:
            return mix(key ^ _VALUE), letters
        folded = np.uint64(table[np.uint64(point)])
        if folded == np.uint64(0):
            is_inside = False
            continue
        is_ascii = bool(point < 0x80)
        address = _address_end(data, start, end) if is_ascii and not is_inside else start
        is_inside = is_ascii
        if address > start:
            folded, i = _ADDRESS, address
        elif _ZERO <= folded <= _NINE:
            folded = _NUMBER
        elif _MAY_BE_NUMERAL[point & 0xFF] and _is_any(int(point), _NUMERALS):
            after = _numeral_end(data, start, end)
            folded, i = (_NUMBER, after) if after > start else (folded, i)
        if folded != _NUMBER or before != _NUMBER:
            key = (key ^ folded) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
            letters += 1
        before = folded
    return mix(key), letters


@kernel
def _is_any(point: int, points: npt.NDArray[np.uint32]) -> bool:
    for other in points:  # noqa: SIM110  numba knows no generators here
        if point == other:
            return True
    return False


@kernel
def _is_sentence(data: Bytes, i: np.uint64, end: np.uint64) -> bool:
    """Whether the line ends as sentences do."""
    start = end - np.uint64(1)
    while start > i and data[start] & 0xC0 == 0x80:
        start -= np.uint64(1)
    return _is_any(int(decode_point(data, start)[0]), _SENTENCE_ENDS)


@kernel
def _address_end(data: Bytes, i: np.uint64, end: np.uint64) -> np.uint64:
    """Return the byte after the address that begins here, of the web or of mail; `i` if none."""
    start, is_address = i, False
    while i < end and 0x20 < data[i] < 0x7F and not _is_any(int(data[i]), _NOT_IN_ADDRESSES):
        is_host = data[i] == _COLON and i + np.uint64(2) < end and data[i + np.uint64(1)] == _SLASH
        is_address |= bool(i > start and (data[i] == _AT or is_host))
        i += np.uint64(1)
    if not is_address and i - start > np.uint64(4):
        return i if _is_www(data, start) else start
    return i if is_address else start


@kernel
def _is_www(data: Bytes, i: np.uint64) -> bool:
    for k in range(len(_WWW)):  # noqa: SIM110  numba knows no generators here
        if data[i + np.uint64(k)] | 0x20 != _WWW[k]:
            return False
    return True


_WWW = np.array([ord(letter) | 0x20 for letter in "www."], np.uint8)


@kernel
def _numeral_end(data: Bytes, i: np.uint64, end: np.uint64) -> np.uint64:
    """Return the byte after a numeral of Han characters that counts years, days or issues."""
    start = i
    while i < end:
        point, after = decode_point(data, i)
        if not _is_any(int(point), _NUMERALS):
            return i if _is_any(int(point), _COUNTED) else start
        i = after
    return start

"""Full-width numbers: the signs in them go with their digits, so that no number is folded by half.

Signs are also text of their own, in scores, ranges and lists. So a sign is folded where it can be
only part of a number, a time, an address or a name: between two letters or digits for most, before
a number for + and -, before three digits for the comma, before two for the colon.
"""

from __future__ import annotations

import numpy as np

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.utf8 import Bytes, decode_point

_COMMA, _COLON, _SLASH, _PLUS, _MINUS, _HASH = 0xFF0C, 0xFF1A, 0xFF0F, 0xFF0B, 0xFF0D, 0xFF03
_STOP = 0xFF0E
_WIDTH = np.uint64(3)  # bytes of every full-width character
_GROUP = np.uint64(9)  # two digits and the colon behind them
_PAIRS = 6
_MOST_COMMAS = 12  # in one number; what has more is a list
_ITEM = np.uint64(5)  # bytes of a line feed, a digit and a full-width sign
_ZERO = np.uint64(0)

# What may stand before a sign that begins a number, before an hour, and behind an amount.
_BEFORE_SIGN = np.array(
    sorted(map(ord, "\n \u3000（(，、；：。“‘「=\uff1d～~±【[|\t为為是约約达達到降跌升涨中值仅僅")),
    np.uint32,
)
_BEFORE_HOUR = np.array(
    sorted(map(ord, "午晨晚夜日号號至到于於在约約间間前后後起自从從为為早时時点點")), np.uint32
)
_BEHIND_AMOUNT = np.array(sorted(map(ord, "元万萬億亿人吨噸户戶件美港日公平\uff0e")), np.uint32)
_BEHIND_MINUTES = np.array(sorted(map(ord, "年月日个個条條項项")), np.uint32)


@kernel
def is_wide_alnum(point: np.uint32) -> bool:
    """Whether a code point is a full-width letter or digit."""
    return is_wide_digit(point) or is_wide_letter(point)


@kernel
def is_wide_digit(point: np.uint32) -> bool:
    """Whether a code point is a full-width digit."""
    return bool(0xFF10 <= point < 0xFF1A)


@kernel
def _is_digit(point: np.uint32) -> bool:
    return is_wide_digit(point) or bool(0x30 <= point < 0x3A)


@kernel
def is_wide_letter(point: np.uint32) -> bool:
    """Whether a code point is a full-width letter."""
    return bool(0xFF21 <= point < 0xFF3B or 0xFF41 <= point < 0xFF5B)


@kernel
def is_in_number(
    data: Bytes,
    point: np.uint32,
    neighbours: tuple[np.uint32, np.uint32, np.uint32],
    i: np.uint64,
    bounds: tuple[np.uint64, np.uint64],
) -> bool:
    """Whether a full-width sign is part of a number, a time, an address or a name.

    Args:
        data: UTF-8 of many texts.
        point: the sign.
        neighbours: the last character written, the one in front of the sign, the one behind it.
        i: where the next character is.
        bounds: where the text begins and ends.
    """
    written, last, following = neighbours
    if point in (_COMMA, _COLON):
        if point == _COMMA:
            return _is_grouping(data, i, bounds)
        is_of_address = is_wide_letter(last) and following == _SLASH
        return is_of_address or _is_of_time(data, i, bounds) or _is_of_device(data, i, bounds)
    if point == _SLASH and (last in (_COLON, _SLASH) or following == _SLASH):
        return written in (0x3A, 0x2F)
    if point == _HASH:
        return is_wide_letter(last)
    if point == _PLUS and _PLUS in (following, last):
        return is_wide_letter(last) or bool(written == 0x2B)
    is_between = is_wide_alnum(last) and is_wide_alnum(following)
    if point == _STOP and _is_digit(last) and _is_digit(following):
        # 1．3-二甲苯 at the beginning of a line is an item, and no number.
        is_item = last < 0x80 and (i < bounds[0] + _ITEM or data[i - _ITEM] == 0x0A)
        is_between |= not is_item
    is_sign = point in (_PLUS, _MINUS) and is_wide_digit(following)
    return is_between or (is_sign and _has(_BEFORE_SIGN, last))


@kernel
def _has(points: np.ndarray, point: np.uint32) -> bool:
    at = np.searchsorted(points, point)
    return bool(at < len(points) and points[at] == point)


@kernel
def _is_digit_at(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> bool:
    if i < bounds[0] or i + _WIDTH > bounds[1]:
        return False
    last = data[i + np.uint64(2)]
    return bool(data[i] == 0xEF and data[i + np.uint64(1)] == 0xBC and 0x90 <= last < 0x9A)


@kernel
def _digits_behind(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> int:
    digits = 0
    while digits < 4 and _is_digit_at(data, i + _WIDTH * np.uint64(digits), bounds):
        digits += 1
    return digits


@kernel
def _digits_before(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> int:
    digits = 0
    while digits < 4:
        step = _WIDTH * np.uint64(digits + 1)
        if i < bounds[0] + step or not _is_digit_at(data, i - step, bounds):
            break
        digits += 1
    return digits


@kernel
def _point_before(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> np.uint32:
    if i <= bounds[0]:
        return np.uint32(0x0A)
    i -= np.uint64(1)
    while i > bounds[0] and data[i] & 0xC0 == 0x80:
        i -= np.uint64(1)
    return decode_point(data, i)[0]


@kernel
def _point_at(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> np.uint32:
    return decode_point(data, i)[0] if i < bounds[1] else np.uint32(0x0A)


@kernel
def _is_grouping(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> bool:
    """Whether the comma before `i` groups the digits of one number, and does not list numbers.

    １００，２００，３００ is a list as often as a number; with a unit behind it is a number.
    """
    at, commas = i - _WIDTH, 1
    first = _digits_before(data, at, bounds)
    while first == 3 and _point_before(data, at - _WIDTH * np.uint64(3), bounds) == _COMMA:
        at, commas = at - _WIDTH * np.uint64(4), commas + 1
        if commas > _MOST_COMMAS:
            return False
        first = _digits_before(data, at, bounds)
    if not 1 <= first <= 3 or _digits_behind(data, i, bounds) != 3:
        return False
    before = _point_before(data, at - _WIDTH * np.uint64(first), bounds)
    end = i + _WIDTH * np.uint64(3)
    while (
        _point_at(data, end, bounds) == _COMMA and _digits_behind(data, end + _WIDTH, bounds) == 3
    ):
        end, commas = end + _WIDTH * np.uint64(4), commas + 1
        if commas > _MOST_COMMAS:
            return False
    behind = _point_at(data, end, bounds)
    is_plain = before not in (0x7B2C, 0x3001, _COMMA) and behind not in (0x3001, _COMMA)
    return is_plain and (first < 3 or _has(_BEHIND_AMOUNT, behind))


@kernel
def _is_of_time(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> bool:
    """Whether the colon before `i` stands in a time, as in 12:30 or 12:30:45, and in no ratio."""
    at = i - _WIDTH
    digits = _digits_before(data, at, bounds)
    if not 1 <= digits <= 2 or _digits_behind(data, i, bounds) != 2:
        return False
    if data[i + np.uint64(2)] > 0x95:
        return False
    value = np.int64(data[at - np.uint64(1)]) - 0x90
    start = at - _WIDTH * np.uint64(digits)
    if digits == 2:
        value += 10 * (np.int64(data[start + np.uint64(2)]) - 0x90)
    before, behind = (
        _point_before(data, start, bounds),
        _point_at(data, i + _WIDTH + _WIDTH, bounds),
    )
    if before == _COLON:
        return bool(value < 60)
    is_hour = value < 25 and not _has(_BEHIND_MINUTES, behind)
    is_label = 0x3400 <= before < 0xA000 and not _has(_BEFORE_HOUR, before)
    return bool(is_hour and not is_label)


@kernel
def _is_of_device(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> bool:
    """Whether the colon before `i` stands in the address of a device, as in 00:1A:2B:3C:4D:5E."""
    if i < bounds[0] + _GROUP or not _is_pair(data, i - _GROUP, bounds):
        return False
    start, end, behind = i, i, 0
    first = max(bounds[0], i - min(i, _GROUP * np.uint64(_PAIRS)))
    while (
        start >= first + _GROUP
        and _is_pair(data, start - _GROUP, bounds)
        and _point_at(data, start - _WIDTH, bounds) == _COLON
    ):
        start -= _GROUP
    while behind < _PAIRS and _is_pair(data, end, bounds):
        behind += 1
        end += _GROUP
        if _point_at(data, end - _WIDTH, bounds) != _COLON:
            break
    return behind > 0 and np.int64(i - start) == (_PAIRS - behind) * np.int64(_GROUP)


@kernel
def _is_pair(data: Bytes, i: np.uint64, bounds: tuple[np.uint64, np.uint64]) -> bool:
    """Whether two hexadecimal digits of full width stand at `i`, and none before or behind them."""
    after = i + _WIDTH + _WIDTH
    if after > bounds[1]:
        return False
    is_apart = not is_wide_alnum(_point_before(data, i, bounds))
    is_apart = is_apart and not is_wide_alnum(_point_at(data, after, bounds))
    return is_apart and _is_hex(data, i) and _is_hex(data, i + _WIDTH)


@kernel
def _is_hex(data: Bytes, i: np.uint64) -> bool:
    """Whether the three bytes at `i` are a full-width hexadecimal digit."""
    middle, last = data[i + np.uint64(1)], data[i + np.uint64(2)]
    is_first = middle == 0xBC and (0x90 <= last < 0x9A or 0xA1 <= last < 0xA7)
    return bool(data[i] == 0xEF and (is_first or (middle == 0xBD and 0x81 <= last < 0x87)))

"""Addresses, pictures and signs inside a text, as kernels for the canonical form.

An address is `http://…`, `https://…`, `ftp://…` or `www.…` up to the first character that no
address has; the target of a link is what stands in `[text](target)`; a picture is `![text](target)`
as a whole. All are read from the sign that makes them known, so that nothing else is slowed down.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.utf8 import Bytes, decode_point

SIGN, NUMBER = np.uint8(8), np.uint8(16)
"""Bits of a table of lengths: the context decides whether a sign counts; part of a number."""

_MOST_CAPTION = 300  # bytes of the text of a picture
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_COLON, _SLASH, _DOT, _BANG, _HASH, _BLANK, _NEWLINE = (np.uint8(ord(c)) for c in ":/.!# \n")
_OPEN, _CLOSE, _LEFT, _RIGHT = (np.uint8(ord(c)) for c in "()[]")
_PLUS, _MINUS, _TILDE = np.uint32(ord("+")), np.uint32(ord("-")), np.uint32(ord("~"))
_EQUALS, _AND = np.uint8(ord("=")), np.uint8(ord("&"))

_IN_ADDRESS = np.zeros(256, np.bool_)
_IN_ADDRESS[0x21:0x7F] = True
_IN_ADDRESS[[ord(sign) for sign in "\"'<>\\^`{|}()[]"]] = False
_LETTER, _NUMBER, _WORD, _PLUS_SIGN = 1, 2, 3, 4
_ASCII, _ASCII_PLUS = 128, np.uint8(ord("+"))
_ASCII_KIND = np.zeros(128, np.uint8)
_ASCII_KIND[[*range(0x41, 0x5B), *range(0x61, 0x7B)]] = _LETTER
_ASCII_KIND[0x30:0x3A] = _NUMBER
_OPERATORS, _LEADING, _JOINING = (np.zeros(128, np.bool_) for _ in range(3))
_OPERATORS[[ord(sign) for sign in "+-<>="]] = True
_LEADING[[ord(sign) for sign in "-<>"]] = True
_JOINING[[ord(sign) for sign in "*^_@&"]] = True
_COMPARING = np.zeros(256, np.bool_)
_COMPARING[[ord(sign) for sign in "<>=!"]] = True
_CLOSING, _BEFORE_NEGATION = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_CLOSING[[ord(sign) for sign in ")]"]] = True
_BEFORE_NEGATION[[ord(sign) for sign in "\t\n (&|=,[{!"]] = True


class Folding(NamedTuple):
    """Folded UTF-8 of each code point as a little-endian number; its bytes, with flags."""

    encoded: npt.NDArray[np.uint32]
    lengths: Bytes


class Text(NamedTuple):
    """One of many texts: UTF-8 of all, its first byte and the byte after it."""

    data: Bytes
    start: np.uint64
    end: np.uint64


@kernel
def without_address(text: Text, at: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the byte after an address that the sign at byte `at` makes known, 0 if there is none.

    Also how many bytes before the sign belong to the address: all of them ASCII letters.

    Args:
        text: that holds it.
        at: byte of the sign.
    """
    data, start, end = text
    sign, none = data[at], np.uint64(0)
    if sign == _COLON:
        scheme = _scheme(data, start, at)
        if scheme and at + _TWO < end and data[at + _ONE] == data[at + _TWO] == _SLASH:
            return _address_end(data, at + _THREE, end), scheme
    elif sign == _DOT:
        if _is_www(data, start, at) and at + _ONE < end and _IN_ADDRESS[data[at + _ONE]]:
            return _address_end(data, at + _ONE, end), _THREE
    elif sign == _BANG:
        return _picture_end(data, at, end), none
    elif sign == _RIGHT:
        return _target_end(data, at + _ONE, end), none
    return none, none


@kernel
def _scheme(data: Bytes, start: np.uint64, at: np.uint64) -> np.uint64:
    """Return the length of http, https or ftp before byte `at`, 0 if there is none."""
    if _is_before(data, start, at, np.uint64(0x68747470), 4):
        return np.uint64(4)
    if _is_before(data, start, at, np.uint64(0x6874747073), 5):
        return np.uint64(5)
    if _is_before(data, start, at, np.uint64(0x667470), 3):
        return _THREE
    return np.uint64(0)


@kernel
def _is_www(data: Bytes, start: np.uint64, at: np.uint64) -> bool:
    if not _is_before(data, start, at, np.uint64(0x777777), 3):
        return False
    before = at - np.uint64(4)
    return at - start == _THREE or data[before] >= 0x80 or _ASCII_KIND[data[before]] == 0


@kernel
def _is_before(
    data: Bytes, start: np.uint64, at: np.uint64, letters: np.uint64, count: int
) -> bool:
    """Whether so many letters, packed into a number, stand before byte `at`, in either case."""
    if at - start < np.uint64(count):
        return False
    found = np.uint64(0)
    for step in range(count, 0, -1):
        byte = data[at - np.uint64(step)] | np.uint8(0x20)
        found = (found << np.uint64(8)) | np.uint64(byte)
    return bool(found == letters)


@kernel
def _address_end(data: Bytes, at: np.uint64, end: np.uint64) -> np.uint64:
    while at < end and _IN_ADDRESS[data[at]]:
        at += _ONE
    return at


@kernel
def _picture_end(data: Bytes, at: np.uint64, end: np.uint64) -> np.uint64:
    i = at + _ONE
    if i >= end or data[i] != _LEFT:
        return np.uint64(0)
    last = min(end, i + np.uint64(_MOST_CAPTION))
    i += _ONE
    while i < last and data[i] != _RIGHT and data[i] != _NEWLINE and data[i] != _LEFT:
        i += _ONE
    return _target_end(data, i + _ONE, end) if i < last and data[i] == _RIGHT else np.uint64(0)


@kernel
def _target_end(data: Bytes, at: np.uint64, end: np.uint64) -> np.uint64:
    """Return the byte after `(target)` or `(target "title")` at byte `at`; 0 if there is none."""
    if at >= end or data[at] != _OPEN:
        return np.uint64(0)
    is_address = False
    at += _ONE
    while at < end and _IN_ADDRESS[data[at]]:
        is_address |= data[at] == _SLASH or data[at] == _DOT or data[at] == _HASH
        at += _ONE
    if not is_address:
        return np.uint64(0)
    while at < end and data[at] != _CLOSE:
        if data[at] == _NEWLINE or data[at] == _OPEN or data[at] == _LEFT:
            return np.uint64(0)
        at += _ONE
    return at + _ONE if at < end else np.uint64(0)


@kernel
def is_counted(text: Text, at: np.uint64, follower: np.uint64, folding: Folding) -> bool:
    """Whether a sign belongs to a number, an expression or a name.

    `. : /` do between digits, `* ^ _ @ &` between letters or digits, also with a blank on either
    side, `#` after a letter (`C#`); `+` after a letter, digit or `+` or before one; `-` and `< >`
    before a digit; `~` before a digit and behind what is written; `!` behind a digit, a letter
    alone, before `=` or a name that it negates; `+ - < > =` between operands, also with blanks
    around, the first of which may be a bracket (`f(x) < 0`), and the second of which is a digit
    or, but for `-`, a letter or bracket.

    Args:
        text: that holds it.
        at: byte of the sign.
        follower: byte after it.
        folding: of characters.
    """
    sign = folding.encoded[np.uint64(decode_point(text.data, at)[0])]
    before = _kind_before(text, at, folding)
    after = _kind_at(text, follower, folding)
    if sign == _HASH:
        return bool(before == _LETTER)
    if sign == _BANG:
        return _is_factorial(text, at, follower, folding)
    if _JOINING[sign]:
        is_between = 0 < before <= _NUMBER and 0 < after <= _NUMBER
        return bool(is_between or _is_spaced(text, at, follower, folding))
    if _OPERATORS[sign]:
        is_led = after == _NUMBER and _LEADING[sign]
        if sign == _PLUS:
            is_led = 0 < after <= _NUMBER or _follows_operand(text, at, folding)
        return bool(is_led or _joins_operands(text, at, follower, folding))
    is_range = sign == _TILDE and before > 0
    return bool(after == _NUMBER and (is_range or before == after) and sign != _RIGHT)


@kernel
def is_behind_digit(text: Text, at: np.uint64, folding: Folding) -> bool:
    """Whether a digit, as it is folded, stands right before a byte."""
    return _kind_before(text, at, folding) == _NUMBER


@kernel
def _is_factorial(text: Text, at: np.uint64, follower: np.uint64, folding: Folding) -> bool:
    """Whether `!` stands before `=` or a name, or behind a number or variable and before no word.

    Before a name it negates (`if (!ok)`), if it is not behind a word.
    """
    if follower < text.end and text.data[follower] == _EQUALS:
        return True
    before, after = _kind_before(text, at, folding), _kind_at(text, follower, folding)
    if after == _LETTER and (at == text.start or _BEFORE_NEGATION[text.data[at - _ONE]]):
        return True
    is_variable = before == _LETTER and _kind_before(text, at - _ONE, folding) != _LETTER
    is_before_word = after in (_LETTER, _WORD)
    return bool((before == _NUMBER or is_variable) and not is_before_word)


@kernel
def _is_spaced(text: Text, at: np.uint64, follower: np.uint64, folding: Folding) -> bool:
    """Whether a sign of ASCII, or `&&`, stands between operands of ASCII, with blanks around."""
    data = text.data
    if data[at] == _AND:
        if at > text.start and data[at - _ONE] == _AND:
            at -= _ONE
        if follower < text.end and data[follower] == _AND:
            follower += _ONE
    if data[at] >= _ASCII or at <= text.start + _ONE or follower + _ONE >= text.end:
        return False
    is_spaced = data[at - _ONE] == data[follower] == _BLANK
    before = _kind_before(text, at - _ONE, folding)
    after = _kind_at(text, follower + _ONE, folding)
    is_first = 0 < before <= _NUMBER or _CLOSING[data[at - _TWO]]
    is_second = 0 < after <= _NUMBER or data[follower + _ONE] == _OPEN
    return bool(is_spaced and is_first and (is_second or data[follower + _ONE] == _BANG))


@kernel
def _joins_operands(text: Text, at: np.uint64, follower: np.uint64, folding: Folding) -> bool:
    """Whether operands stand on both sides of a sign, at most a blank away."""
    data = text.data
    sign = folding.encoded[np.uint64(decode_point(data, at)[0])]
    if at > text.start and _COMPARING[data[at - _ONE]]:  # <= and ==
        at -= _ONE
    if follower < text.end and _COMPARING[data[follower]]:
        follower += _ONE
    before, after = _kind_before(text, at, folding), _kind_at(text, follower, folding)
    if before == 0 and at > text.start and data[at - _ONE] == _BLANK:
        before = _kind_before(text, at - _ONE, folding)
    if after == 0 and follower < text.end and data[follower] == _BLANK:
        follower += _ONE
        after = _kind_at(text, follower, folding)
    if before == 0 and _is_behind_bracket(text, at):
        before = _WORD
    is_operand = after == _LETTER or (follower < text.end and data[follower] == _OPEN)
    return bool(before > 0 and (after == _NUMBER or (is_operand and sign != _MINUS)))


@kernel
def _is_behind_bracket(text: Text, at: np.uint64) -> bool:
    """Whether a closing bracket stands before a byte, at most a blank away."""
    if at > text.start and text.data[at - _ONE] == _BLANK:
        at -= _ONE
    return bool(at > text.start and _CLOSING[text.data[at - _ONE]])


@kernel
def _follows_operand(text: Text, at: np.uint64, folding: Folding) -> bool:
    """Whether a letter or digit of ASCII stands before a `+`, or before at most two more."""
    for _ in range(3):
        kind = _kind_before(text, at, folding)
        if kind != _PLUS_SIGN:
            return bool(0 < kind <= _NUMBER)
        at -= _ONE if text.data[at - _ONE] == _ASCII_PLUS else _THREE
    return False


@kernel
def _kind_at(text: Text, at: np.uint64, folding: Folding) -> int:
    """Return the kind of the character at a byte: letter or digit of ASCII, other, `+`; else 0."""
    if at >= text.end:
        return 0
    point = np.uint64(decode_point(text.data, at)[0])
    length, folded = folding.lengths[point], folding.encoded[point]
    if folded == _PLUS:
        return _PLUS_SIGN
    if length & SIGN or length == 0:
        return 0
    kind = _ASCII_KIND[np.uint64(folded)] if folded < _ASCII else np.uint8(_WORD)
    return int(kind) if kind else _WORD


@kernel
def _kind_before(text: Text, at: np.uint64, folding: Folding) -> int:
    """Return the same of the character before a byte."""
    if at <= text.start:
        return 0
    at -= _ONE
    while at > text.start and (text.data[at] & np.uint8(0xC0)) == np.uint8(0x80):
        at -= _ONE
    return _kind_at(text, at, folding)

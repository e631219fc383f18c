"""Folding: the kernels of the canonical form, one loop over nearly all of a text.

What each character becomes is a table of `canonical`; what a sign or a digit is depends on its
neighbours, which `addresses` looks at.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.addresses import (
    NUMBER,
    SIGN,
    Folding,
    Text,
    is_behind_digit,
    is_counted,
    without_address,
)
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets
from jobs.corpus.text.utf8 import Bytes, decode_point

Sums = npt.NDArray[np.uint64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_LENGTH = np.uint8(7)
_ONE, _THREE, _FOUR = np.uint64(1), np.uint64(3), np.uint64(4)
_COLON, _DOT, _BANG, _SLASH, _TILDE, _W, _RIGHT_BRACKET, _PARENTHESIS, _COMMA, _ZERO, _NINE = (
    np.uint32(ord(c)) for c in ":.!/~w](,09"
)
_BEGINS, _BEGINS_DIGIT, _OF_ASCII = (np.zeros(256, np.bool_) for _ in range(3))
_BEGINS_DIGIT[[*range(0x30, 0x3A), 0xE2, 0xEF, 0xF0]] = True  # ① and full-width ones, too
_BEGINS[[ord("["), ord("="), *range(0x41, 0x5B), *range(0x61, 0x7B)]] = True  # picture, !=, !ok
_OF_ASCII[[ord("*"), ord("#")]] = True
_NOTHING, _BLANK, _ASCII = np.uint32(0), np.uint32(ord(" ")), np.uint32(0x80)
_LEAST_BYTES = np.uint64(60)  # of a compared text: a shorter one keeps its addresses


@kernel
def fold(data: Bytes, offsets: Offsets, folding: Folding) -> tuple[Bytes, Offsets]:
    """Fold texts, addresses and all; return the bytes of all, and where each begins."""
    # No folded character is longer than twice the one it replaces.
    out = np.empty(2 * (offsets[-1] - offsets[0]) + 4, dtype=np.uint8)
    new_offsets = np.empty_like(offsets)
    sums = np.zeros(2, np.uint64)
    at = np.uint64(0)
    for row in range(len(offsets) - 1):
        new_offsets[row] = at
        text = Text(data, np.uint64(offsets[row]), np.uint64(offsets[row + 1]))
        at, _ = _fold_one(text, out, at, folding, 0, sums)
    new_offsets[len(offsets) - 1] = at
    return out[: np.int64(at)], new_offsets


@kernel
def fold_compared(
    data: Bytes,
    offsets: Offsets,
    folding: Folding,
    has_address: npt.NDArray[np.bool_],
    sums: Sums,
) -> tuple[Bytes, Offsets]:
    """Fold texts without their addresses; flag those that had any, and fill `sums`."""
    out = np.empty(2 * (offsets[-1] - offsets[0]) + 4, dtype=np.uint8)
    new_offsets = np.empty_like(offsets)
    at = np.uint64(0)
    for row in range(len(offsets) - 1):
        new_offsets[row] = first = at
        text = Text(data, np.uint64(offsets[row]), np.uint64(offsets[row + 1]))
        at, has_address[row] = _fold_one(text, out, first, folding, 1, sums[row])
        if has_address[row] and at - first < _LEAST_BYTES:
            has_address[row] = False
            at, _ = _fold_one(text, out, first, folding, 0, sums[row])
    new_offsets[len(offsets) - 1] = at
    return out[: np.int64(at)], new_offsets


@kernel
def _fold_one(
    text: Text, out: Bytes, at: np.uint64, folding: Folding, skips: int, sums: Sums
) -> tuple[np.uint64, bool]:
    """Fold a text to `out` from `at`, perhaps without addresses; return its end, and if any was.

    `sums` gets the sum of squares of the folded characters that are in no number, which equals that
    of other characters with a probability near 0, and a hash of those that are.
    """
    i, skipped, first = text.start, False, at
    sums[:] = 0
    while i < text.end:
        at, here, i = _fold_until_sign(text, i, (out, first), at, folding, sums)
        if here == i:
            break
        past, written = np.uint64(0), np.uint64(0)
        if _ZERO <= out[at] <= _NINE:
            at = _put_digit(text, here, out, at, folding, sums)
            continue
        if skips:
            past, written = without_address(text, here)
        if past > i:
            skipped = True
            i = past
            for _ in range(written):
                at -= np.uint64(1)
                sums[0] -= np.uint64(out[at]) * np.uint64(out[at])
        elif is_counted(text, here, i, folding):
            sums[1] = (sums[1] ^ np.uint64(out[at])) * _FACTOR
            at += np.uint64(1)
    return at, skipped


@kernel
def _fold_until_sign(
    text: Text,
    i: np.uint64,
    target: tuple[Bytes, np.uint64],
    at: np.uint64,
    folding: Folding,
    sums: Sums,
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Fold from byte `i` to the next character whose context must be looked at.

    That is a sign, or the first digit of a number behind another number: written, and not counted.
    Return the end of what is written, the byte of the character, and the one after it; the end of
    the text twice if there is none. No call with arrays is in this loop: it runs over nearly all of
    the text. `target` is what is written to, and where the text begins there.
    """
    data, end = text.data, text.end
    out, first = target
    encoded, lengths = folding.encoded, folding.lengths
    letters, numbers = sums[0], sums[1]
    while i < end:
        here = i
        point, i = decode_point(data, i)
        # Four bytes are always written and only those that count are kept: no branch to guess.
        utf8 = encoded[np.uint64(point)]
        for byte in range(4):
            out[at + np.uint64(byte)] = utf8 >> np.uint32(8 * byte)
        length = lengths[np.uint64(point)]
        if length < SIGN:
            at += np.uint64(length)
            letters += np.uint64(utf8) * np.uint64(utf8)
        elif length & NUMBER:
            is_other = at > first and not _ZERO <= data[here - _ONE] <= _NINE
            if is_other and utf8 < _ASCII and _ZERO <= out[at - _ONE] <= _NINE:
                sums[0], sums[1] = letters, numbers
                return at, here, i
            at += np.uint64(length & _LENGTH)
            numbers = (numbers ^ np.uint64(utf8)) * _FACTOR
        else:
            last = np.uint32(out[at - _ONE]) if at > first else _NOTHING
            following = np.uint32(data[i]) if i < end else _NOTHING
            if not _is_alone(utf8, point, last, following):
                sums[0], sums[1] = letters, numbers
                return at, here, i
    sums[0], sums[1] = letters, numbers
    return at, end, end


@kernel
def _is_alone(sign: np.uint32, point: np.uint32, last: np.uint32, following: np.uint32) -> bool:
    """Whether a sign surely does not count, nor begin an address, by what is around it.

    Most signs of Chinese text are decided here.

    Args:
        sign: contextual, folded.
        point: as it is written.
        last: the last byte written of the text, 0 for none.
        following: the byte behind the sign, 0 for none.
    """
    is_digit = _ZERO <= last <= _NINE
    if sign == _COLON:
        return not is_digit and (point != _COLON or following != _SLASH)
    if sign == _TILDE:
        return bool(not _BEGINS_DIGIT[following])
    if sign == _RIGHT_BRACKET:
        return following != _PARENTHESIS
    if sign == _BANG:
        return bool(last >= _ASCII and not _BEGINS[following])
    is_of_digits = (sign == _DOT and last != _W) or sign == _SLASH
    is_behind_han = _OF_ASCII[sign] and last >= _ASCII and following != _BLANK
    return bool((is_of_digits and not is_digit) or is_behind_han)


@kernel
def _put_digit(
    text: Text, here: np.uint64, out: Bytes, at: np.uint64, folding: Folding, sums: Sums
) -> np.uint64:
    """Write a digit at a byte, apart from the number before; return the end of what is written.

    It belongs to that number behind another digit, or the comma of thousands.
    """
    data, digits = text.data, np.uint64(0)
    while here + digits < text.end and digits < _FOUR and _ZERO <= data[here + digits] <= _NINE:
        digits += _ONE
    is_grouped = data[here - _ONE] == _COMMA and digits == _THREE
    digit = out[at]
    if not is_grouped and not is_behind_digit(text, here, folding):
        out[at] = _COMMA
        sums[1] = (sums[1] ^ np.uint64(_COMMA)) * _FACTOR
        at += _ONE
    out[at] = digit
    sums[1] = (sums[1] ^ np.uint64(digit)) * _FACTOR
    return at + _ONE

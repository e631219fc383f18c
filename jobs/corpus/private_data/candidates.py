"""Where private data may stand in a text: one look at each byte, so that few stretches are read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets
from jobs.corpus.text.utf8 import Bytes

_BEFORE = 96  # bytes of context that a kind may need before its sign, 32 Han characters
_AFTER = 48
_DIGITS = 7  # in one stretch: no shorter number is private by itself
_SIGNS = 6  # letters and digits of a number plate after its province
_DOTS = 3
_COLONS = 5
_KEY = 16  # letters and digits on end: hardly a word
_FIRST = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@-\xe5\xe6\xef"
_MAY_BEGIN = np.isin(np.arange(256), list(_FIRST))


@kernel
def candidate_windows(data: Bytes, offsets: Offsets, out: npt.NDArray[np.int64]) -> int:
    """Stretches of texts that hold a sign of private data, with context; ascending, none overlap.

    Args:
        data: UTF-8 bytes of all texts.
        offsets: shape (n + 1,), int64, where each text begins in `data`.
        out: shape (m, 3), int64: row, first byte, byte after the last; filled from the top.

    Returns:
        How many there are. More than fit are counted and not written.
    """
    found = 0
    for row in range(len(offsets) - 1):
        found = _windows_of(data, (row, offsets[row], offsets[row + 1]), out, found)
    return found


@kernel
def _windows_of(
    data: Bytes, text: tuple[int, int, int], out: npt.NDArray[np.int64], found: int
) -> int:
    row, first, last = text
    at, window_end = first, first - 1
    while at < last:
        if not _MAY_BEGIN[data[at]]:
            at += 1
            continue
        after = _after_sign(data, at, first, last)
        if after < 0:
            at = -after
            continue
        begin, end = max(first, at - _BEFORE), min(last, after + _AFTER)
        is_new = begin > window_end
        found += is_new
        if 0 < found <= len(out):
            if is_new:
                out[found - 1, 0], out[found - 1, 1] = row, begin
            out[found - 1, 2] = end
        at, window_end = after, end
    return found


@kernel
def _after_sign(data: Bytes, at: int, first: int, last: int) -> int:
    """The byte after the sign that begins here; negative, where to look next, if none does."""
    byte = data[at]
    if byte == 0x40 or _is_wide(data, at, last, 0xA0) or _begins_sign(data, at, last):  # @
        return at + 1
    if _is_alphanumeric(byte) or _is_wide_digit(data, at, last):
        end = _after_stretch(data, at, last)
        return end if _is_number(data, at, end, first) else -end
    return -(at + 1)


@kernel
def _is_alphanumeric(byte: int) -> bool:
    return 0x30 <= byte <= 0x39 or (0x41 <= (byte & 0xDF) <= 0x5A and byte < 0x80)


@kernel
def _is_wide_digit(data: Bytes, at: int, last: int) -> bool:
    """Whether one of ０ to ９ stands here: EF BC 90 to EF BC 99."""
    return (
        data[at] == 0xEF and at + 2 < last and data[at + 1] == 0xBC and 0x90 <= data[at + 2] <= 0x99
    )


@kernel
def _is_wide(data: Bytes, at: int, last: int, third: int) -> bool:
    """Whether EF BC and a third byte stand here, as of full-width : (9A) and @ (A0)."""
    return at + 2 < last and data[at] == 0xEF and data[at + 1] == 0xBC and data[at + 2] == third


@kernel
def _after_stretch(data: Bytes, at: int, last: int) -> int:
    """The end of letters and digits with single blanks, hyphens, dots, colons between them."""
    end = at
    while at < last:
        if _is_alphanumeric(data[at]):
            at += 1
            end = at
        elif _is_wide_digit(data, at, last):
            at += 3
            end = at
        elif at == end and data[at] in (0x20, 0x2D, 0x2E, 0x3A):
            at += 1
        elif at == end and _is_wide(data, at, last, 0x9A):
            at += 3
        elif at == end and at + 1 < last and data[at] == 0xC2:  # a no-break space or middle dot
            at += 2
        else:
            break
    return end


@kernel
def _is_number(data: Bytes, begin: int, end: int, first: int) -> bool:
    """Whether a stretch has digits enough, or the shape of an address of the network or a plate."""
    digits = signs = dots = colons = run = longest = 0
    for at in range(begin, end):
        byte = data[at]
        is_wide_colon = _is_wide(data, at, end, 0x9A)
        digits += 0x30 <= byte <= 0x39 or (byte == 0xEF and not is_wide_colon)
        is_sign = _is_alphanumeric(byte)
        signs += is_sign
        run = run + 1 if is_sign else 0
        longest = max(longest, run)
        dots += byte == 0x2E
        colons += byte in (0x3A, 0x2D) or is_wide_colon
    if digits >= _DIGITS or (dots >= _DOTS and digits > _DOTS) or colons >= _COLONS:
        return True
    if longest >= _KEY:
        return True
    # 京A·12345: the province is a Han character before it.
    is_after_han = begin - 3 >= first and 0xE4 <= data[begin - 3] <= 0xE9
    return bool(is_after_han and signs >= _SIGNS and digits > 0)


@kernel
def _begins_sign(data: Bytes, at: int, last: int) -> bool:
    """Whether 微信, QQ, 密码, 室 or 户 after a digit, or a key's header begins here."""
    byte = data[at]
    if byte == 0xE5 and at + 5 < last:
        if data[at + 1] == 0xBE and data[at + 2] == 0xAE:  # 微
            return bool(data[at + 3] == 0xE4 and data[at + 4] == 0xBF and data[at + 5] == 0xA1)
        if data[at + 1] == 0xAF and data[at + 2] == 0x86:  # 密
            return bool(data[at + 3] == 0xE7 and data[at + 4] == 0xA0 and data[at + 5] == 0x81)
    if at > 0 and at + 2 < last and 0x30 <= data[at - 1] <= 0x39:
        is_space = byte == 0xE5 and data[at + 1] == 0xAE and data[at + 2] == 0xA4  # 室
        return is_space or (byte == 0xE6 and data[at + 1] == 0x88 and data[at + 2] == 0xB7)  # 户
    if byte in (0x51, 0x71) and at + 1 < last:
        return bool(data[at + 1] == byte)
    if at + 4 < last and byte == 0x2D and data[at + 4] == 0x2D:  # -----BEGIN … KEY-----
        return bool(data[at + 1] == 0x2D and data[at + 2] == 0x2D and data[at + 3] == 0x2D)
    return False

"""UTF-16 in which a byte was lost or added: from there on every character is made of two halves.

Characters of real text have few high bytes: those of Han characters, kana, Hangul and ASCII, or of
one other script. Read a byte off, the high bytes are the low ones of other characters, which are
any. Where that is so, and a byte further is plain text, one byte is given up and the rest is read.
Text of kana or Hangul alone has such high bytes both ways, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

_UNITS = 24  # characters that show whether they are text
_MOST_BEFORE, _LEAST_AFTER = 12, 22  # of these, plausible ones as they are, and a byte further
_MOST_SCRIPTS = 6  # high bytes of a text in any one script
_CHUNK_BYTES = 1 << 14  # small, since each byte that is given up has it looked through again
_AHEAD_BYTES = 2 * _UNITS + 2
_LOST = {"utf-16-le": b"\x80\xdc", "utf-16-be": b"\xdc\x80"}  # a half of a pair, invalid anywhere

_PLAUSIBLE = np.zeros(256, np.bool_)
_PLAUSIBLE[[*range(0x07), 0x0E, 0x1E, 0x20, 0x21, 0x22, 0x25, 0x30, 0x31, 0xFE, 0xFF]] = True
_PLAUSIBLE[0x4E:0xA0] = _PLAUSIBLE[0xAC:0xD8] = True
_WRITTEN = np.zeros(256, np.bool_)  # of ASCII and Latin-1
_WRITTEN[[0x09, 0x0A, 0x0D, *range(0x20, 0x7F), *range(0xA0, 0x100)]] = True
_FIRST = (0x30, 0x4E)  # an ideographic space and 一, whose low byte is 0

_Bytes = npt.NDArray[np.uint8]


def aligned(blocks: Iterable[bytes], order: str) -> Iterator[bytes]:
    """Yield UTF-16 without the single bytes behind which it would be read as other characters.

    In place of each stands half of a surrogate pair, which is valid nowhere. What comes depends on
    the bytes and not on how they are divided into blocks.

    Args:
        blocks: of a file, without a byte order mark or with it.
        order: utf-16-le or utf-16-be.
    """
    rest = b""
    for block in blocks:
        rest, start = rest + block, 0
        while len(rest) - start >= _CHUNK_BYTES + _AHEAD_BYTES:
            done, start = _step(rest, start, start + _CHUNK_BYTES, order)
            yield done
        rest = rest[start:]
    start = 0
    while start < len(rest):
        done, start = _step(rest, start, len(rest), order)
        yield done


def _step(data: bytes, start: int, end: int, order: str) -> tuple[bytes, int]:
    """Return what stands between two bytes as far as it is aligned, and where to go on."""
    at = _misaligned(np.frombuffer(data, np.uint8)[start : end + _AHEAD_BYTES], order)
    if at is None or start + 2 * at >= end:
        return data[start:end], end
    return data[start : start + 2 * at] + _LOST[order], start + 2 * at + 1


def _misaligned(data: _Bytes, order: str) -> int | None:
    """Return the first character from which on `data` is plain text a byte further, if any."""
    count = (len(data) - 1) // 2
    if count < _UNITS:
        return None
    high = int(order == "utf-16-le")
    as_is, further = (_plausible(data[step:], high)[:count] for step in (0, 1))
    before, after = (_sums(plausible) for plausible in (as_is, further))
    for at in np.flatnonzero((before <= _MOST_BEFORE) & (after >= _LEAST_AFTER)).tolist():
        if len(np.unique(data[2 * at + high : 2 * (at + _UNITS) : 2])) > _MOST_SCRIPTS:
            return int(at)
    return None


def _plausible(data: _Bytes, high: int) -> npt.NDArray[np.bool_]:
    """Return which characters text may have, bool (n,)."""
    count = len(data) // 2
    highs, lows = data[high : 2 * count : 2], data[1 - high : 2 * count : 2]
    is_plausible = _PLAUSIBLE[highs] & ((highs != 0) | _WRITTEN[lows])
    return is_plausible & ((lows != 0) | np.isin(highs, _FIRST))


def _sums(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return how many of each `_UNITS` neighbours are true."""
    total = np.concatenate([[0], np.cumsum(flags)])
    return total[_UNITS:] - total[:-_UNITS]

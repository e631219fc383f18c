"""Alignment: how much of a benchmark item a span of text holds, in any order of clauses.

The item is tiled greedily by the longest runs that the span has too, of three tokens or more
(Wise 1993, greedy string tiling); then tokens between two tiles are compared one by one along them,
so that an edit costs only the tokens it touched.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.contamination.seeds import SEED
from jobs.corpus.contamination.tokens import Tokens
from jobs.corpus.text.kernels import kernel

ShiftArray = npt.NDArray[np.int64]
Lengths = npt.NDArray[np.int64]

TILE = 3
"""Tokens of the shortest tile."""

_MOST_TRIED = 64  # positions of a run's first tokens that are compared
_REACH = 2  # tokens by which an edit at either end of an item may shift what is beyond it
_ABSENT = np.int64(-(1 << 40))
_FACTORS = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D))


class TextSpan(NamedTuple):
    """The tokens of a text from `low` to before `high`."""

    text: Tokens
    low: int
    high: int


class ItemPart(NamedTuple):
    """A question, option or passage of an item.

    Attributes:
        tokens: uint32 (n,).
        weights: uint8 (n,), what each counts for.
        asks: uint8 (n,), 1 for each by which the item asks.
    """

    tokens: Tokens
    weights: npt.NDArray[np.uint8]
    asks: npt.NDArray[np.uint8]


class Alignment(NamedTuple):
    """How much of a part of an item a span of text has.

    Attributes:
        weight: Share of its weight, in [0, 1].
        share: Share of its tokens.
        run: The longest run of tokens without an edit.
        gap: The longest run of tokens that is missing.
        has_end: Whether one of its last two tokens is found, in place.
        asking: Share of the tokens by which it asks; -1 if none does.
        first: The text's token where it begins; -1 if nothing is found.
        last: The text's token after its end.
    """

    weight: float
    share: float
    run: int
    gap: int
    has_end: bool
    asking: float
    first: int
    last: int


_NOTHING = Alignment(0.0, 0.0, 0, 0, has_end=False, asking=-1.0, first=-1, last=-1)


@kernel
def aligned(part: ItemPart, stretch: TextSpan) -> Alignment:
    """Align a part of an item with a span of a text."""
    item = part.tokens
    shifts = np.full(len(item), _ABSENT, np.int64)
    lengths = np.zeros(len(item), np.int64)
    if len(item) < TILE:
        _find_short(item, stretch, shifts, lengths)
    elif stretch.high - stretch.low >= TILE:
        _tile(item, stretch, shifts, lengths)
        _fill_gaps(item, stretch.text, shifts)
    return _measured(part, shifts, lengths)


@kernel
def _find_short(item: Tokens, stretch: TextSpan, shifts: ShiftArray, lengths: Lengths) -> None:
    """Find a part of one or two tokens as it is, or not at all."""
    for position in range(stretch.low, stretch.high - len(item) + 1):
        same = 0
        while same < len(item) and stretch.text[position + same] == item[same]:
            same += 1
        if same == len(item) and same:
            shifts[:] = position
            lengths[:] = len(item)
            return


@kernel
def _slot(tokens: Tokens, position: int, bits: np.uint32) -> np.uint32:
    mixed = np.uint32(0)
    for t in range(TILE):
        mixed = np.uint32((mixed ^ tokens[position + t]) * _FACTORS[t])
    return mixed >> (np.uint32(32) - bits)


@kernel
def _tile(item: Tokens, stretch: TextSpan, shifts: ShiftArray, lengths: Lengths) -> None:
    text, low, high = stretch.text, stretch.low, stretch.high
    bits = np.uint32(4)
    while (1 << bits) < high - low:
        bits += np.uint32(1)
    heads = np.full(1 << bits, -1, np.int64)
    links = np.empty(high - low, np.int64)
    for position in range(high - TILE, low - 1, -1):
        slot = _slot(text, position, bits)
        links[position - low] = heads[slot]
        heads[slot] = position
    i, shift = 0, np.int64(low)
    while i + TILE <= len(item):
        best, length, tried = np.int64(-1), 0, 0
        position = heads[_slot(item, i, bits)]
        while position >= 0 and tried < _MOST_TRIED:
            same = _same(item[i:], text[position:high])
            # Of several, the one that shifts least against the tile before.
            is_nearer = same == length and abs(position - i - shift) < abs(best - i - shift)
            if same >= TILE and (same > length or is_nearer):
                best, length = position, same
            position = links[position - low]
            tried += 1
        if length:
            shift = best - i
            shifts[i : i + length] = shift
            lengths[i : i + length] = length
        i += max(1, length)


@kernel
def _same(one: Tokens, other: Tokens) -> int:
    """Return the length of the common prefix of two texts, in tokens."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same


@kernel
def _fill_gaps(item: Tokens, text: Tokens, shifts: ShiftArray) -> None:
    """Find the tokens between the tiles one by one, along the tile on either side."""
    start = 0
    while start < len(item):
        if shifts[start] != _ABSENT:
            start += 1
            continue
        end = start
        while end < len(item) and shifts[end] == _ABSENT:
            end += 1
        before = shifts[start - 1] if start > 0 else _ABSENT
        after = shifts[end] if end < len(item) else _ABSENT
        for t in range(start, end):
            shifts[t] = _shift_of(item, text, t, before, after)
        start = end


@kernel
def _shift_of(item: Tokens, text: Tokens, t: int, before: np.int64, after: np.int64) -> np.int64:
    for reach in range(_REACH + 1 if _ABSENT in (before, after) else 1):
        for sign in (-1, 1):
            for shift in (before, after):
                position = t + shift + sign * reach
                if shift != _ABSENT and 0 <= position < len(text) and text[position] == item[t]:
                    return position - t
    return _ABSENT


@kernel
def _measured(part: ItemPart, shifts: ShiftArray, lengths: Lengths) -> Alignment:
    weights = part.weights
    asking = 0
    total, there, count, run, gap = 0, 0, 0, 0, 0
    longest_run, longest_gap, first, last = 0, 0, -1, -1
    # Where nothing longer is there, short tiles say where the item is.
    least = min(SEED, lengths.max()) if len(lengths) else 0
    for t in range(len(shifts)):
        total += weights[t]
        if shifts[t] == _ABSENT:
            gap, run = gap + 1, 0
        else:
            run = run + 1 if t and shifts[t - 1] == shifts[t] else 1
            gap = 0
            there += weights[t]
            count += 1
            asking += part.asks[t]
            if lengths[t] >= least:
                position = t + shifts[t]
                first = position if first < 0 else min(first, position)
                last = max(last, position + 1)
        longest_run, longest_gap = max(longest_run, run), max(longest_gap, gap)
    has_end = count > 0 and (shifts[-1] != _ABSENT or (len(shifts) > 1 and shifts[-2] != _ABSENT))
    if count == 0:
        return _NOTHING
    asks = part.asks.sum()
    return Alignment(
        there / total,
        count / len(shifts),
        longest_run,
        longest_gap,
        has_end,
        asking / asks if asks else -1.0,
        first,
        last,
    )

"""How much of a text repeats: n-grams of 2 to 13 characters, exactly, in one sweep.

An n-gram occurs again only where both (n-1)-grams inside it occur again. So each length looks at
the positions that the length before left, a third of them or fewer in ordinary text, and a table
of n-grams needs no hash of n characters: two numbers name it exactly, those of its two
(n-1)-grams.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.model.signal_columns import STRETCH
from jobs.corpus.text.kernels import kernel

Numbers = npt.NDArray[np.int32]
Positions = npt.NDArray[np.uint32]

LONGEST = 13
TOTAL, REPEATED, TOP, COVERED = range(4)
FIGURES = 4

_POINT, _PLACE, _ONE = np.uint64(21), np.uint64(16), np.uint64(1)
_PLACE_MASK = np.uint64(0xFFFF)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Sweep(NamedTuple):
    """What one sweep works in, for stretches of up to `STRETCH` characters.

    Attributes:
        ids: The number of the n-gram at each position, which is where it occurs first; before
            the first length, the code points.
        counts: How often the n-gram that occurs first at a position occurs.
        alive: The positions of n-grams that may occur more than once, ascending.
        slots: The hash table. An entry holds the two numbers that name an n-gram, of 21 bits
            each (the width of a code point), and where it occurs first.
    """

    ids: Positions
    counts: Positions
    alive: Positions
    slots: npt.NDArray[np.uint64]


def sweep() -> Sweep:
    """A sweep to be used again and again: 1.8 MB."""
    ids, counts, alive = (np.empty(STRETCH, np.uint32) for _ in range(3))
    return Sweep(ids, counts, alive, np.empty(2 * STRETCH, np.uint64))


@kernel
def count_ngrams(work: Sweep, size: int, figures: npt.NDArray[np.float64]) -> None:
    """Add to `figures[n]` what the n-grams of `work.ids[:size]` are.

    TOTAL n-grams; REPEATED, those that occurred before; TOP, how often the most frequent occurs,
    if more than once; COVERED, characters inside n-grams that occurred before, each once.
    """
    candidates = max(0, size - 1)
    for i in range(candidates):
        work.alive[i] = i
    for n in range(2, LONGEST + 1):
        figures[n, TOTAL] += max(0, size - n + 1)
        repeated, top = _number(work, candidates)
        figures[n, REPEATED] += repeated
        figures[n, TOP] += top if top > 1 else 0
        candidates, covered = _survive(work, candidates, n)
        figures[n, COVERED] += covered


@kernel
def _number(work: Sweep, candidates: int) -> tuple[int, np.int64]:
    """Number the n-grams at the alive positions; how many are repeats, and the highest count.

    What an ordinary text makes unpredictable (is this n-gram new?) is computed, not branched on:
    that is twice as fast.
    """
    bits = 1
    while (1 << bits) < 2 * candidates:
        bits += 1
    shift, last = np.uint64(64 - bits), np.uint64((1 << bits) - 1)
    work.slots[: 1 << bits] = _EMPTY
    new, top = 0, np.uint32(0)
    for k in range(candidates):
        i = np.uint64(work.alive[k])
        word = (np.uint64(work.ids[i]) << _POINT) | np.uint64(work.ids[i + _ONE])
        slot = (word * _SPREAD) >> shift
        entry = work.slots[slot]
        while (entry != _EMPTY) & (entry >> _PLACE != word):
            slot = (slot + _ONE) & last
            entry = work.slots[slot]
        is_new = entry == _EMPTY
        new += is_new
        entry = (word << _PLACE) | i if is_new else entry
        work.slots[slot] = entry
        first = entry & _PLACE_MASK
        work.counts[i] = 0
        count = np.uint32(work.counts[first] + np.uint32(1))
        work.counts[first] = count
        top = max(top, count)
        work.ids[i] = first
    return candidates - new, np.int64(top)


@kernel
def _survive(work: Sweep, candidates: int, n: int) -> tuple[int, np.int64]:
    """Keep alive where this n-gram and the next repeat; how many, and what repeats cover."""
    kept, covered, reach, before = 0, np.int64(0), np.int64(0), np.int64(-2)
    for k in range(candidates):
        i = np.int64(work.alive[k])
        is_repeat = np.int64(work.ids[np.uint64(i)]) != i
        occurs_again = is_repeat | (work.counts[np.uint64(i)] > 1)
        work.alive[kept] = i - 1
        kept += occurs_again & (before == i - 1)
        before = i if occurs_again else before
        covered += is_repeat * (i + n - max(reach, i))
        reach = i + n if is_repeat else reach
    return kept, covered


@kernel
def count_repeats(
    hashes: npt.NDArray[np.uint64], sizes: Numbers, size: int, slots: Numbers
) -> tuple[int, int]:
    """How many of `hashes[:size]` occurred before, and the sum of their `sizes`."""
    bits = 1
    while (1 << bits) < 2 * size:
        bits += 1
    shift, last = np.uint64(64 - bits), (1 << bits) - 1
    slots[: 1 << bits] = -1
    repeated = chars = 0
    for i in range(size):
        slot = np.int64((hashes[i] * _SPREAD) >> shift)
        while slots[slot] >= 0 and hashes[slots[slot]] != hashes[i]:
            slot = (slot + 1) & last
        if slots[slot] < 0:
            slots[slot] = i
        else:
            repeated += 1
            chars += sizes[i]
    return repeated, chars

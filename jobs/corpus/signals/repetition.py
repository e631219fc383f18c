"""Repetition: exact counts of n-grams of 2 to 13 characters in one pass per length.

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

Int32s = npt.NDArray[np.int32]
Positions = npt.NDArray[np.uint32]

LONGEST = 13
TOTAL, REPEATED, TOP, COVERED = range(4)
COUNTERS = 4

_POINT, _POSITION, _ONE = np.uint64(21), np.uint64(16), np.uint64(1)
_POSITION_MASK = np.uint64(0xFFFF)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class NgramBuffers(NamedTuple):
    """Work space for stretches of up to `STRETCH` characters.

    Attributes:
        ids: The number of the n-gram at each position, which is where it occurs first; before
            the first length, the code points.
        counts: How often the n-gram that occurs first at a position occurs.
        candidates_at: The positions of n-grams that may occur more than once, ascending.
        slots: The hash table. An entry holds the two numbers that name an n-gram, of 21 bits
            each (the width of a code point), and where it occurs first.
    """

    ids: Positions
    counts: Positions
    candidates_at: Positions
    slots: npt.NDArray[np.uint64]


def ngram_buffers() -> NgramBuffers:
    """Return work space to be reused: 1.8 MB."""
    ids, counts, candidates_at = (np.empty(STRETCH, np.uint32) for _ in range(3))
    return NgramBuffers(ids, counts, candidates_at, np.empty(2 * STRETCH, np.uint64))


@kernel
def count_ngrams(work: NgramBuffers, size: int, counts: npt.NDArray[np.float64]) -> None:
    """Count the n-grams of a text.

    Args:
        work: `work.ids[:size]` are the code points; the rest is work space.
        size: how many code points.
        counts: float64 (LONGEST + 1, COUNTERS), added to.

    Columns: TOTAL n-grams; REPEATED, those that occurred before; TOP, how often the most frequent
    occurs, if more than once; COVERED, characters inside n-grams that occurred before, each once.
    """
    candidates = max(0, size - 1)
    for i in range(candidates):
        work.candidates_at[i] = i
    for n in range(2, LONGEST + 1):
        counts[n, TOTAL] += max(0, size - n + 1)
        repeated, top = _number(work, candidates)
        counts[n, REPEATED] += repeated
        counts[n, TOP] += top if top > 1 else 0
        candidates, covered = _survive(work, candidates, n)
        counts[n, COVERED] += covered


@kernel
def _number(work: NgramBuffers, candidates: int) -> tuple[int, np.int64]:
    """Number the n-grams at the candidates; return how many are repeats, and the highest count.

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
        i = np.uint64(work.candidates_at[k])
        key = (np.uint64(work.ids[i]) << _POINT) | np.uint64(work.ids[i + _ONE])
        slot = (key * _SPREAD) >> shift
        entry = work.slots[slot]
        while (entry != _EMPTY) & (entry >> _POSITION != key):
            slot = (slot + _ONE) & last
            entry = work.slots[slot]
        is_new = entry == _EMPTY
        new += is_new
        entry = (key << _POSITION) | i if is_new else entry
        work.slots[slot] = entry
        first = entry & _POSITION_MASK
        work.counts[i] = 0
        count = np.uint32(work.counts[first] + np.uint32(1))
        work.counts[first] = count
        top = max(top, count)
        work.ids[i] = first
    return candidates - new, np.int64(top)


@kernel
def _survive(work: NgramBuffers, candidates: int, n: int) -> tuple[int, np.int64]:
    """Keep positions where this n-gram and the next repeat; return how many, and the cover."""
    kept, covered, reach, before = 0, np.int64(0), np.int64(0), np.int64(-2)
    for k in range(candidates):
        i = np.int64(work.candidates_at[k])
        is_repeat = np.int64(work.ids[np.uint64(i)]) != i
        occurs_again = is_repeat | (work.counts[np.uint64(i)] > 1)
        work.candidates_at[kept] = i - 1
        kept += occurs_again & (before == i - 1)
        before = i if occurs_again else before
        covered += is_repeat * (i + n - max(reach, i))
        reach = i + n if is_repeat else reach
    return kept, covered


@kernel
def count_repeats(
    hashes: npt.NDArray[np.uint64], sizes: Int32s, size: int, slots: Int32s
) -> tuple[int, int]:
    """Return how many hashes occurred before, and the sum of their sizes.

    Args:
        hashes: `hashes[:size]` are looked at.
        sizes: of what each hash stands for.
        size: how many hashes.
        slots: work space.
    """
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

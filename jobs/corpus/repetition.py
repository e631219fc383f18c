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

from jobs.corpus.native import kernel
from jobs.corpus.signal_columns import STRETCH

Numbers = npt.NDArray[np.int32]

LONGEST = 13
TOTAL, REPEATED, TOP, COVERED = range(4)
FIGURES = 4

_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Sweep(NamedTuple):
    """What one sweep works in, for stretches of up to `STRETCH` characters.

    Attributes:
        ids: The number of the n-gram at each position, which is where it occurs first; before
            the first length, the code points.
        words: The two numbers that name the n-gram at each position.
        counts: How often the n-gram that occurs first at a position occurs.
        alive: The positions of n-grams that occur more than once, ascending.
        slots: The hash table: first positions, or -1.
    """

    ids: Numbers
    words: npt.NDArray[np.uint64]
    counts: Numbers
    alive: Numbers
    slots: Numbers


def sweep() -> Sweep:
    """A sweep to be used again and again: 1.6 MB, to fit beside the core."""
    ids, counts, alive = (np.empty(STRETCH, np.int32) for _ in range(3))
    slots = np.empty(2 * STRETCH, np.int32)
    return Sweep(ids, np.empty(STRETCH, np.uint64), counts, alive, slots)


@kernel
def count_ngrams(work: Sweep, size: int, figures: npt.NDArray[np.float64]) -> None:
    """Add to `figures[n]` what the n-grams of `work.ids[:size]` are.

    TOTAL n-grams; REPEATED, those that occurred before; TOP, how often the most frequent occurs,
    if more than once; COVERED, characters inside n-grams that occurred before, each once.
    """
    for i in range(size):
        work.alive[i] = i
    alive = size
    for n in range(2, LONGEST + 1):
        figures[n, TOTAL] += max(0, size - n + 1)
        candidates, repeated, top = _number(work, alive)
        figures[n, REPEATED] += repeated
        figures[n, TOP] += top if top > 1 else 0
        alive, covered = _survive(work, candidates, n)
        figures[n, COVERED] += covered


@kernel
def _number(work: Sweep, alive: int) -> tuple[int, int, int]:
    """Number the n-grams whose both ends are alive; their positions replace the alive ones."""
    bits = 1
    while (1 << bits) < 2 * alive:
        bits += 1
    shift, last = np.uint64(64 - bits), (1 << bits) - 1
    work.slots[: 1 << bits] = -1
    candidates = repeated = top = 0
    for k in range(alive - 1):
        i = work.alive[k]
        if work.alive[k + 1] != i + 1:
            continue
        word = (np.uint64(work.ids[i]) << np.uint64(32)) | np.uint64(work.ids[i + 1])
        slot = np.int64((word * _SPREAD) >> shift)
        while work.slots[slot] >= 0 and work.words[work.slots[slot]] != word:
            slot = (slot + 1) & last
        first = work.slots[slot]
        if first < 0:
            work.slots[slot] = first = i
            work.words[i] = word
            work.counts[i] = 0
        else:
            repeated += 1
        work.counts[first] += 1
        top = max(top, work.counts[first])
        work.ids[i] = first
        work.alive[candidates] = i
        candidates += 1
    return candidates, repeated, top


@kernel
def _survive(work: Sweep, candidates: int, n: int) -> tuple[int, int]:
    """Keep alive what occurs more than once; how many, and the characters repeats cover."""
    alive = covered = reach = 0
    for k in range(candidates):
        i = work.alive[k]
        first = work.ids[i]
        if work.counts[first] > 1:
            work.alive[alive] = i
            alive += 1
            if first != i:
                covered += i + n - max(reach, i)
                reach = i + n
    return alive, covered


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

"""Posting lists: for every bucket of two or more documents, space for its kept documents.

The list of a bucket of n documents has n + 2 slots: how many documents are kept, n, and then the
ranks of the kept ones, ascending. A document that is alone in a bucket has no list there and is not
looked up; most are. Lists are made one band at a time: the low bits of a key above the document's
number are sorted, and buckets are the runs of equal bits. Two keys may agree in those bits (45 for
500,000 documents); that makes a list longer and drops no document, because signatures are compared.

Memory: 4 bytes per document and band for the starts and at most 8 for the lists (a bucket of two
has four slots), twice while they are joined.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.banding import BandKeys
from jobs.corpus.text.kernels import kernel

Slots = npt.NDArray[np.int32]
DocumentFlags = npt.NDArray[np.bool_]


class PostingLists(NamedTuple):
    """Kept documents by bucket.

    Attributes:
        starts: Shape (documents, bands + 1): where the list of the document's bucket starts in
            `slots`, -1 where it is alone.
        slots: All lists, in which no document is kept yet.
        is_large: Shape (documents,): whether it is in a large bucket.
    """

    starts: npt.NDArray[np.int32]
    slots: Slots
    is_large: DocumentFlags


class _Allotment(NamedTuple):
    """Where one band's lists are recorded; a bucket of more than `large` documents is large."""

    starts: npt.NDArray[np.int32]
    is_large: DocumentFlags
    large: int


def posting_lists(keys: BandKeys, first_band: npt.NDArray[np.int64], *, large: int) -> PostingLists:
    """Return empty lists for all buckets of two documents or more.

    Args:
        keys: shape (n, bands + 1), as `band_keys` makes them; at most 60 million documents of 17.
        first_band: shape (n,): the document has no key in the bands before it.
        large: a bucket of more documents is large.
    """
    count, columns = keys.shape
    starts = np.full((count, columns), -1, np.int32)
    bits = np.uint64(max(count - 1, 1).bit_length())
    packed, is_large = np.empty(count, np.uint64), np.zeros(count, np.bool_)
    lists: list[Slots] = []
    begin = 0
    for band in range(columns):
        some = packed[: _pack(keys, first_band, band, bits, packed)]
        some.sort()
        lists.append(_allot(some, bits, begin, _Allotment(starts[:, band], is_large, large)))
        begin += len(lists[-1])
    return PostingLists(starts, np.concatenate(lists), is_large)


@kernel
def _pack(
    keys: BandKeys,
    first_band: npt.NDArray[np.int64],
    band: int,
    bits: np.uint64,
    packed: npt.NDArray[np.uint64],
) -> int:
    count = 0
    for doc in range(len(keys)):
        if band >= first_band[doc]:
            packed[count] = (keys[doc, band] << bits) | np.uint64(doc)
            count += 1
    return count


@kernel
def _allot(packed: npt.NDArray[np.uint64], bits: np.uint64, begin: int, to: _Allotment) -> Slots:
    """Return lists for all runs of two or more, the first of which starts at `begin`."""
    mask = (np.uint64(1) << bits) - np.uint64(1)
    slots = np.zeros(2 * len(packed), np.int32)  # enough where all runs are pairs
    used = 0
    start = 0
    for stop in range(1, len(packed) + 1):
        if stop < len(packed) and (packed[stop] ^ packed[start]) >> bits == 0:
            continue
        if stop - start > 1:
            for row in range(start, stop):
                to.starts[packed[row] & mask] = begin + used
                if stop - start > to.large:
                    to.is_large[packed[row] & mask] = True
            slots[used + 1] = stop - start
            used += stop - start + 2
        start = stop
    return slots[:used].copy()

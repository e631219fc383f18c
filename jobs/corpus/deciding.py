"""The loop of `survivors`, as kernels: who replaces whom, documents coming in rank order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.banding import BandKeys
from jobs.corpus.native import kernel
from jobs.corpus.shingles import jaccard
from jobs.corpus.signatures import Signatures
from jobs.corpus.text_buffers import Offsets
from jobs.corpus.utf8 import Bytes

Hashes = npt.NDArray[np.uint64]  # shape (documents, 2)
Ordinals = npt.NDArray[np.int64]

Sketches = tuple[Signatures, Hashes, Bytes, Offsets]
"""Signatures, ids, and the canonical texts (none, unless similarity is to be exact)."""

How = tuple[int, float, int]
"""Rows of a band, threshold, and the length of a shingle: 0 to compare signatures only."""

_SAME_ID = -1.0
_NO_MATCH = -2.0


@kernel
def decide(
    sketches: Sketches, keys: BandKeys, first_way: Ordinals, how: How
) -> tuple[Ordinals, npt.NDArray[np.float64]]:
    """Two arrays of shape (n,): who replaces each document (-1: nobody), and how similar it is.

    A way is a place where documents meet: one per band, and the last for equal ids, where the
    similarity is -1. Kept documents sit in a hash table of buckets, one node per document and way.
    A bucket is a chain in rank order, so a search stops at its first match and at the best rank
    found on another way.

    Memory: 34 bytes per document and way, beside the arguments.
    """
    count, ways = keys.shape
    slots = 1
    while slots < 2 * count * ways:
        slots *= 2
    first = np.full(slots, -1, np.int64)
    last = np.full(slots, -1, np.int64)
    follower = np.full(count * ways, -1, np.int64)
    compared_by = np.full(count, -1, np.int64)  # no pair is compared once per shared band
    keeper = np.full(count, -1, np.int64)
    similarity = np.full(count, _NO_MATCH, np.float64)
    for doc in range(count):
        best = count
        for way in range(first_way[doc], ways):
            node = first[keys[doc, way] & np.uint64(slots - 1)]
            while node >= 0 and node // ways < best:
                other = node // ways
                if node % ways == way:
                    found = _match(sketches, (doc, other), (way, ways), compared_by, how)
                    if found != _NO_MATCH:
                        best = other
                        keeper[doc] = other
                        similarity[doc] = found
                node = follower[node]
        if best == count:
            _insert(doc, keys, first_way[doc], first, last, follower)
    return keeper, similarity


@kernel
def _match(
    sketches: Sketches,
    pair: tuple[int, int],
    place: tuple[int, int],
    compared_by: Ordinals,
    how: How,
) -> float:
    """The similarity of a pair that matches here, -1 if only their ids do, -2 if nothing does."""
    signatures, ids, data, offsets = sketches
    doc, other = pair
    way, ways = place
    rows, threshold, shingle_chars = how
    if way == ways - 1:
        is_same = ids[doc, 0] == ids[other, 0] and ids[doc, 1] == ids[other, 1]
        return _SAME_ID if is_same else _NO_MATCH
    if compared_by[other] == doc:
        return _NO_MATCH
    for word in range(way * rows, (way + 1) * rows):
        if signatures[doc, word] != signatures[other, word]:
            return _NO_MATCH
    compared_by[other] = doc
    if shingle_chars > 0:
        found = jaccard(data, offsets, doc, other, shingle_chars)
    else:
        words = 0
        for word in range(signatures.shape[1]):
            words += signatures[doc, word] == signatures[other, word]
        found = words / signatures.shape[1]
    return found if found >= threshold else _NO_MATCH


@kernel
def _insert(
    doc: int,
    keys: BandKeys,
    first_way: int,
    first: Ordinals,
    last: Ordinals,
    follower: Ordinals,
) -> None:
    ways = keys.shape[1]
    for way in range(first_way, ways):
        slot = keys[doc, way] & np.uint64(len(first) - 1)
        node = doc * ways + way
        if first[slot] < 0:
            first[slot] = node
        else:
            follower[last[slot]] = node
        last[slot] = node

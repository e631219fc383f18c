"""Hot buckets: many kept documents that share a band and little else, searched without a walk.

Boilerplate that fills a band puts a million documents into one bucket, and a walk along it costs
their product. But whoever reaches the threshold differs in at most `num_perm - least` words. Cut
the words outside the band into more pieces than that, and at least one whole piece must agree (the
pigeonhole principle). So a hot bucket has an index from piece to documents: only who shares a piece
is compared, nobody who matches is missed, and the decisions stay what the walk would have made.
Exact similarities are bounded by prefixes of shingle sets instead of pieces (`shingles`).

The index is a hash table with open addressing: a slot per token, a chain of documents per slot, in
the order in which they were added, which is rank. It doubles when it is half full.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.native import kernel, mix

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
Index = tuple[Keys, Numbers, Numbers, Numbers, Numbers, Numbers]
"""Keys of slots; first and last node of slots; documents and followers of nodes; how many nodes."""


def piece_words(num_perm: int, rows: int, threshold: float) -> int:
    """Words of a piece: as many as leave one piece more than there may be differing words.

    A band covers at most `rows / words + 2` pieces. 0 if no piece is short enough.
    """
    least = next(n for n in range(num_perm + 1) if n / num_perm >= threshold)
    for words in range(num_perm, 0, -1):
        outside = num_perm // words - (rows // words + 2)
        if outside > num_perm - least:
            return words
    return 0


@kernel
def empty_index(slots: int) -> Index:
    """An index with room for `slots` / 2 nodes; `slots` must be a power of two."""
    return (
        np.zeros(slots, np.uint64),
        np.full(slots, -1, np.int32),
        np.full(slots, -1, np.int32),
        np.zeros(slots // 2, np.int32),
        np.full(slots // 2, -1, np.int32),
        np.zeros(1, np.int32),
    )


@kernel
def piece_key(
    signature: npt.NDArray[np.uint32], piece: int, words: int, bucket: np.uint64
) -> np.uint64:
    """What a document shares with those of its bucket who agree in a piece."""
    key = mix(bucket + np.uint64(piece))
    for word in range(piece * words, (piece + 1) * words):
        key = mix(key ^ np.uint64(signature[word]))
    return key


@kernel
def overlaps(piece: int, words: int, way: int, rows: int) -> bool:
    """Whether a piece lies partly inside the band."""
    return piece * words < (way + 1) * rows and (piece + 1) * words > way * rows


@kernel
def slot_of(index: Index, key: np.uint64) -> np.uint64:
    """The slot that holds the key, or the free one where it would go."""
    keys, first = index[0], index[1]
    mask = np.uint64(len(keys) - 1)
    slot = key & mask
    while first[slot] >= 0 and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def added(index: Index, key: np.uint64, doc: int) -> Index:
    """The index with one more node; a new one if the old was full."""
    if index[5][0] == len(index[3]):
        index = _doubled(index)
    keys, first, last, documents, follower, count = index
    node = count[0]
    documents[node] = doc
    slot = slot_of(index, key)
    if first[slot] < 0:
        keys[slot] = key
        first[slot] = node
    else:
        follower[last[slot]] = node
    last[slot] = node
    count[0] += 1
    return index


@kernel
def _doubled(index: Index) -> Index:
    keys, first, last, documents, follower, count = index
    larger = empty_index(2 * len(keys))
    for slot in range(len(keys)):
        if first[slot] >= 0:
            place = slot_of(larger, keys[slot])
            larger[0][place] = keys[slot]
            larger[1][place] = first[slot]
            larger[2][place] = last[slot]
    larger[3][: count[0]] = documents[: count[0]]
    larger[4][: count[0]] = follower[: count[0]]
    larger[5][0] = count[0]
    return larger

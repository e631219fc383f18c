"""Hot buckets: many kept documents that share a band and little else, searched without a walk.

Boilerplate that fills a band puts a million documents into one bucket, and a walk along it costs
their product. But whoever reaches the threshold differs in at most `num_perm - least` words. Cut
the words outside the band into more pieces than that, and at least one whole piece must agree (the
pigeonhole principle). So a hot bucket has an index from piece to documents: only who shares a piece
is compared, nobody who matches is missed, and the decisions stay what the walk would have made.
Exact similarities are bounded by prefixes of shingle sets instead of pieces (`shingles`).

Pieces are counted when the first bucket gets hot. What occurs once is nobody's, and of the others
the most frequent can be spared: who shares two hot buckets shares pieces in the other's band, too.
Counters are two bytes, four per piece (at most 64 MiB of them); two pieces may have one counter,
which costs a look-up.

The index is a hash table with open addressing: a slot per token, a chain of documents per slot, in
the order in which they were added, which is rank. It doubles when it is half full.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel, mix

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
Counters = npt.NDArray[np.uint16]
Index = tuple[Keys, Numbers, Numbers, Numbers, Numbers, Numbers, Counters]
"""Keys of slots; first and last node of slots; documents and followers of nodes; how many nodes;
and how often each piece occurs (empty: not counted yet)."""

_MOST_COUNTERS = 1 << 25
_MOST_COUNTED = 65535


def most_differing(num_perm: int, threshold: float) -> int:
    """In how many words the signatures of a match may differ."""
    return num_perm - next(n for n in range(num_perm + 1) if n / num_perm >= threshold)


def piece_words(num_perm: int, rows: int, threshold: float) -> int:
    """Words of a piece: as many as leave one piece more than there may be differing words.

    A band covers at most `rows / words + 2` pieces. 0 if no piece is short enough.
    """
    differing = most_differing(num_perm, threshold)
    for words in range(num_perm, 0, -1):
        outside = num_perm // words - (rows // words + 2)
        if outside > differing:
            return words
    return 0


@kernel
def empty_index(slots: int, counters: Counters) -> Index:
    """An index with room for `slots` / 2 nodes; `slots` must be a power of two."""
    return (
        np.zeros(slots, np.uint64),
        np.full(slots, -1, np.int32),
        np.full(slots, -1, np.int32),
        np.zeros(slots // 2, np.int32),
        np.full(slots // 2, -1, np.int32),
        np.zeros(1, np.int32),
        counters,
    )


@kernel
def piece_keys(
    signature: npt.NDArray[np.uint32], words: int, way: int, rows: int, bucket: np.uint64
) -> Keys:
    """What a document shares with those of its bucket who agree in a piece outside the band."""
    keys = np.empty(len(signature) // words, np.uint64)
    count = 0
    for piece in range(len(keys)):
        if not overlaps(piece, words, way, rows):
            key = mix(bucket + np.uint64(piece))
            for word in range(piece * words, (piece + 1) * words):
                key = mix(key ^ np.uint64(signature[word]))
            keys[count] = key
            count += 1
    return keys[:count]


@kernel
def no_counters(pieces: int) -> Counters:
    """Counters for so many pieces, all 0."""
    size = 1
    while size < min(4 * pieces, _MOST_COUNTERS):
        size *= 2
    return np.zeros(size, np.uint16)


@kernel
def tally(counters: Counters, keys: Keys) -> None:
    """Count one occurrence of each piece."""
    for key in keys:
        counter = key & np.uint64(len(counters) - 1)
        counters[counter] += counters[counter] < _MOST_COUNTED


@kernel
def prefix_pieces(keys: Keys, counters: Counters, differing: int) -> Keys:
    """Those of a document's pieces that are looked up; moved to the front.

    Pieces that occur once are nobody's. Of n pieces at most `differing` are not those of a match,
    so both have n - differing in common. Sorted in one order, the first of these has all others
    behind it in either document: without the last n - differing - 1 they still share that one
    (prefix filtering, Chaudhuri et al. 2006). The order is by frequency, so what goes is what a
    second hot bucket makes common.
    """
    found = 0
    for key in keys:
        keys[found] = key
        found += counters[key & np.uint64(len(counters) - 1)] > 1
    for _ in range(min(len(keys) - differing - 1, found)):
        last = 0
        for number in range(1, found):
            if _is_behind(keys[number], keys[last], counters):
                last = number
        found -= 1
        keys[last] = keys[found]
    return keys[:found]


@kernel
def _is_behind(one: np.uint64, other: np.uint64, counters: Counters) -> bool:
    """Whether a piece occurs more often than another; of two as frequent, one is, for everybody."""
    mask = np.uint64(len(counters) - 1)
    count, its = counters[one & mask], counters[other & mask]
    return bool(count > its or (count == its and one > other))


@kernel
def overlaps(piece: int, words: int, way: int, rows: int) -> bool:
    """Whether a piece lies partly inside the band."""
    return piece * words < (way + 1) * rows and (piece + 1) * words > way * rows


@kernel
def slot_of(keys: Keys, first: Numbers, key: np.uint64) -> np.uint64:
    """The slot that holds the key, or the free one where it would go."""
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
    keys, first, last, documents, follower, held, _ = index
    node = held[0]
    documents[node] = doc
    slot = slot_of(keys, first, key)
    if first[slot] < 0:
        keys[slot] = key
        first[slot] = node
    else:
        follower[last[slot]] = node
    last[slot] = node
    held[0] += 1
    return index


@kernel
def _doubled(index: Index) -> Index:
    keys, first, last, documents, follower, held, counters = index
    larger = empty_index(2 * len(keys), counters)
    for slot in range(len(keys)):
        if first[slot] >= 0:
            place = slot_of(larger[0], larger[1], keys[slot])
            larger[0][place] = keys[slot]
            larger[1][place] = first[slot]
            larger[2][place] = last[slot]
    larger[3][: held[0]] = documents[: held[0]]
    larger[4][: held[0]] = follower[: held[0]]
    larger[5][0] = held[0]
    return larger

"""Hot buckets: many kept documents that share a band and little else, searched by an index.

Boilerplate that fills a band puts a million documents into one bucket, and walking its posting list
for each of them costs their product. But a document that reaches the threshold differs in at most
`num_perm - least` MinHash values. Divide the values outside the band into more segments than that,
and at least one whole segment must agree (the pigeonhole principle). So a hot bucket has an index
from segments to documents: only documents that share a segment are compared, no match is missed,
and the decisions are those of the walk. Exact similarities use prefixes of shingle sets in place of
segments (`shingles`). Both are called tokens here.

Segments are counted when the first bucket gets hot. A segment that occurs once cannot match another
document and is skipped; of the others the most frequent can be spared, because documents that share
two hot buckets share segments in the other's band too. Counters are two bytes, four per segment (at
most 64 MiB of them); two segments may have one counter, which costs a look-up.

The index is a hash table with open addressing: a slot per token, a chain of documents per slot, in
the order in which they were added, which is rank. It doubles when it is half full.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.text.kernels import kernel, mix

Tokens = npt.NDArray[np.uint64]
Nodes = npt.NDArray[np.int32]
Counters = npt.NDArray[np.uint16]


class TokenIndex(NamedTuple):
    """Kept documents by token.

    Attributes:
        tokens: The token of each slot.
        first: The first node of each slot, -1 where it is free.
        last: The last node of each slot.
        ranks: The rank of each node's document.
        follower: The next node of the same slot, -1 after the last one.
        size: Shape (1,): how many nodes there are.
        counters: How often each segment occurs; empty while not counted.
    """

    tokens: Tokens
    first: Nodes
    last: Nodes
    ranks: Nodes
    follower: Nodes
    size: Nodes
    counters: Counters


_MOST_COUNTERS = 1 << 25
_MOST_COUNTED = 65535


def most_differing(num_perm: int, threshold: float) -> int:
    """Return in how many MinHash values the signatures of a match may differ."""
    return num_perm - next(n for n in range(num_perm + 1) if n / num_perm >= threshold)


def segment_length(num_perm: int, rows: int, threshold: float) -> int:
    """Return the MinHash values of a segment; 0 if no segment is short enough.

    As many as leave one segment more outside the band than there may be differing values. A band
    covers at most `rows / length + 2` segments.

    Args:
        num_perm: values of a signature.
        rows: values of a band.
        threshold: similarity of a match.
    """
    differing = most_differing(num_perm, threshold)
    for length in range(num_perm, 0, -1):
        outside = num_perm // length - (rows // length + 2)
        if outside > differing:
            return length
    return 0


@kernel
def empty_index(slots: int, counters: Counters) -> TokenIndex:
    """Return an index with room for `slots` / 2 nodes; `slots` must be a power of two."""
    return TokenIndex(
        np.zeros(slots, np.uint64),
        np.full(slots, -1, np.int32),
        np.full(slots, -1, np.int32),
        np.zeros(slots // 2, np.int32),
        np.full(slots // 2, -1, np.int32),
        np.zeros(1, np.int32),
        counters,
    )


@kernel
def segment_tokens(
    signature: npt.NDArray[np.uint32], length: int, band: int, rows: int, bucket: np.uint64
) -> Tokens:
    """Return a token for each segment of a signature that lies outside a band.

    Args:
        signature: shape (num_perm,).
        length: values of a segment.
        band: index of the band of the hot bucket.
        rows: values of a band.
        bucket: a number of the bucket, so that tokens of two buckets differ.
    """
    tokens = np.empty(len(signature) // length, np.uint64)
    count = 0
    for segment in range(len(tokens)):
        if not overlaps(segment, length, band, rows):
            token = mix(bucket + np.uint64(segment))
            for value in range(segment * length, (segment + 1) * length):
                token = mix(token ^ np.uint64(signature[value]))
            tokens[count] = token
            count += 1
    return tokens[:count]


@kernel
def empty_counters(segments: int) -> Counters:
    """Return counters for so many segments, all 0."""
    size = 1
    while size < min(4 * segments, _MOST_COUNTERS):
        size *= 2
    return np.zeros(size, np.uint16)


@kernel
def tally(counters: Counters, tokens: Tokens) -> None:
    """Count one occurrence of each segment."""
    for token in tokens:
        counter = token & np.uint64(len(counters) - 1)
        counters[counter] += counters[counter] < _MOST_COUNTED


@kernel
def prefix_segments(tokens: Tokens, counters: Counters, differing: int) -> Tokens:
    """Return the segments of a document that are looked up; they are moved to the front.

    A segment that occurs once cannot match and is skipped. Of n segments at most `differing` differ
    in a match, so both documents have n - differing in common. Sorted in one order, the first of
    these has all others behind it in either document: without the last n - differing - 1 segments
    they still share that one (prefix filtering, Chaudhuri et al. 2006). The order is by frequency,
    so the segments left out are those that a second hot bucket makes common.

    Args:
        tokens: of the document; reordered here.
        counters: how often segments occur.
        differing: how many segments of a match may differ.
    """
    found = 0
    for token in tokens:
        tokens[found] = token
        found += counters[token & np.uint64(len(counters) - 1)] > 1
    for _ in range(min(len(tokens) - differing - 1, found)):
        last = 0
        for number in range(1, found):
            if _is_behind(tokens[number], tokens[last], counters):
                last = number
        found -= 1
        tokens[last] = tokens[found]
    return tokens[:found]


@kernel
def _is_behind(one: np.uint64, other: np.uint64, counters: Counters) -> bool:
    """Whether a segment is more frequent than another; ties are ordered by token."""
    mask = np.uint64(len(counters) - 1)
    count, other_count = counters[one & mask], counters[other & mask]
    return bool(count > other_count or (count == other_count and one > other))


@kernel
def overlaps(segment: int, length: int, band: int, rows: int) -> bool:
    """Whether a segment lies partly inside the band.

    Args:
        segment: index of the segment.
        length: values of a segment.
        band: index of the band.
        rows: values of a band.
    """
    return segment * length < (band + 1) * rows and (segment + 1) * length > band * rows


@kernel
def slot_of(tokens: Tokens, first: Nodes, token: np.uint64) -> np.uint64:
    """Return the slot that holds the token, or the free one where it would go.

    Args:
        tokens: of all slots, as in `TokenIndex`.
        first: of all slots, as in `TokenIndex`.
        token: to be found.
    """
    mask = np.uint64(len(tokens) - 1)
    slot = token & mask
    while first[slot] >= 0 and tokens[slot] != token:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def added(index: TokenIndex, token: np.uint64, rank: int) -> TokenIndex:
    """Return the index with one more node; a new index if the old one was full.

    Args:
        index: changed in place if it has room.
        token: of the document.
        rank: of the document.
    """
    if index.size[0] == len(index.ranks):
        index = _doubled(index)
    tokens, first, last = index.tokens, index.first, index.last
    node = index.size[0]
    index.ranks[node] = rank
    slot = slot_of(tokens, first, token)
    if first[slot] < 0:
        tokens[slot] = token
        first[slot] = node
    else:
        index.follower[last[slot]] = node
    last[slot] = node
    index.size[0] += 1
    return index


@kernel
def _doubled(index: TokenIndex) -> TokenIndex:
    larger = empty_index(2 * len(index.tokens), index.counters)
    size = index.size[0]
    for slot in range(len(index.tokens)):
        if index.first[slot] >= 0:
            at = slot_of(larger.tokens, larger.first, index.tokens[slot])
            larger.tokens[at] = index.tokens[slot]
            larger.first[at] = index.first[slot]
            larger.last[at] = index.last[slot]
    larger.ranks[:size] = index.ranks[:size]
    larger.follower[:size] = index.follower[:size]
    larger.size[0] = size
    return larger

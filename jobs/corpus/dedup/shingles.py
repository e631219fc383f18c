"""Shingle sets and their Jaccard similarity, exactly: what signatures estimate.

Two bounds keep texts from being compared for nothing, and neither changes an answer:

- Sizes and what is left: of sets of sizes a and b that share s, the similarity is
  s / (a + b - s), which grows with s. So a comparison ends as soon as the shingles not yet seen
  cannot lift s far enough; for two texts of different sizes that may be before it begins.
- Prefixes (Bayardo, Ma and Srikant 2007; PPJoin: Xiao et al. 2008): whoever reaches threshold t
  with a set of size a shares at least t a of it. Order the shingles of all texts in one way, rarest
  first: then the smallest shared one is among the first a - ceil(t a) + 1 of either set.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Shingles = npt.NDArray[np.uint64]
Points = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]

Texts = tuple[Bytes, Offsets, Numbers, Shingles, Numbers, Numbers, Bytes]
"""Texts, and what is remembered: bytes and offsets; how many distinct shingles each has (-1:
not known yet); the shingles of one of them, and with whom each was last found shared; whose these
are, how many, and whether shingles were counted; and about how often each occurs, up to 255."""

_BELOW = -2.0
_MOST_COUNTERS = 1 << 28


def texts_of(canonical: pa.Array) -> Texts:
    """Texts of which nothing is remembered yet.

    Memory: the texts, up to two thirds of a byte per byte of them, and 16 bytes per byte of the
    longest (5 per character are touched where it is Han).
    """
    data, offsets, _ = text_buffers(canonical)
    longest = int(np.diff(offsets).max(initial=0))
    counters = 1
    while counters < min(int(offsets[-1] - offsets[0]) // 3, _MOST_COUNTERS):
        counters *= 2
    return (
        data,
        offsets,
        np.full(len(offsets) - 1, -1, np.int64),
        np.empty(longest, np.uint64),
        np.zeros(longest, np.int64),
        np.array([-1, 0, 0]),
        np.zeros(counters, np.uint8),
    )


@kernel
def similarity_from(texts: Texts, k: int, one: int, other: int, threshold: float) -> float:
    """The Jaccard similarity of two texts' sets of `k` characters; -2 if below the threshold.

    A text shorter than `k` is one shingle; none may be empty. Two shingles that differ have one
    hash with probability 2**-64. Fastest where `one` is the same in successive calls.
    """
    data, offsets, sizes, own, shared_with, _, _ = texts
    count = _remember(texts, k, one)
    if sizes[other] < 0:
        sizes[other] = len(shingle_set(data, offsets[other], offsets[other + 1], k))
    size = sizes[other]
    if _reached(min(count, size), count, size) < threshold:
        return _BELOW
    points = _decoded(data, offsets[other], offsets[other + 1])
    width = min(k, len(points))
    left = len(points) - width + 1
    shared = 0
    for s in range(left):
        if s % 16 == 0:
            most = min(shared + left - s, count, size)
            if _reached(most, count, size) < threshold:
                return _BELOW
        hashed = _shingle_hash(points, s, width)
        place = np.searchsorted(own[:count], hashed)
        if place < count and own[place] == hashed and shared_with[place] != other + 1:
            shared_with[place] = other + 1
            shared += 1
    found = _reached(shared, count, size)
    return found if found >= threshold else _BELOW


@kernel
def prefix_tokens(texts: Texts, k: int, doc: int, threshold: float) -> Shingles:
    """What a text shares with whoever reaches the threshold: at least one of these words.

    A word is a shingle's count above 56 bits of its hash, so their order is rarest first. What
    occurs only once in all texts is left out: nobody shares it.
    """
    counted, rarity = texts[5], texts[6]
    if counted[2] == 0:
        _count_all(texts, k)
        counted[2] = 1
    count = _remember(texts, k, doc)
    words = np.empty(count, np.uint64)
    for s in range(count):
        often = rarity[texts[3][s] & np.uint64(len(rarity) - 1)]
        words[s] = (np.uint64(often) << np.uint64(56)) | (texts[3][s] >> np.uint64(8))
    words.sort()
    least = int(threshold * count)
    while least > 0 and (least - 1) / count >= threshold:
        least -= 1
    while least / count < threshold:
        least += 1
    prefix = words[: count - least + 1]
    return prefix[np.searchsorted(prefix, np.uint64(2) << np.uint64(56)) :]


@kernel
def shingle_set(data: Bytes, start: np.int64, end: np.int64, k: int) -> Shingles:
    """Shape (distinct,), uint64, ascending: the runs of `k` characters of a text, each hashed."""
    points = _decoded(data, start, end)
    if len(points) == 0:
        return np.empty(0, np.uint64)
    width = min(k, len(points))
    hashes = np.empty(len(points) - width + 1, np.uint64)
    for s in range(len(hashes)):
        hashes[s] = _shingle_hash(points, s, width)
    hashes.sort()
    kept = 1
    for s in range(1, len(hashes)):
        if hashes[s] != hashes[s - 1]:
            hashes[kept] = hashes[s]
            kept += 1
    return hashes[:kept]


@kernel
def _reached(shared: int, one: int, other: int) -> float:
    return shared / (one + other - shared)


@kernel
def _decoded(data: Bytes, start: np.int64, end: np.int64) -> Points:
    points = np.empty(end - start, np.uint32)
    count = 0
    i = np.uint64(start)
    while i < np.uint64(end):
        point, i = decode_point(data, i)
        points[count] = point
        count += 1
    return points[:count]


@kernel
def _shingle_hash(points: Points, start: int, width: int) -> np.uint64:
    hashed = np.uint64(width)
    for w in range(start, start + width):
        hashed = mix(hashed ^ np.uint64(points[w]))
    return hashed


@kernel
def _remember(texts: Texts, k: int, doc: int) -> int:
    """Make a text the one whose shingles are held; how many it has."""
    data, offsets, sizes, own, shared_with, held, _ = texts
    if held[0] != doc:
        found = shingle_set(data, offsets[doc], offsets[doc + 1], k)
        own[: len(found)] = found
        shared_with[: len(found)] = 0
        sizes[doc] = len(found)
        held[0] = doc
        held[1] = len(found)
    return held[1]


@kernel
def _count_all(texts: Texts, k: int) -> None:
    data, offsets, rarity = texts[0], texts[1], texts[6]
    for doc in range(len(offsets) - 1):
        points = _decoded(data, offsets[doc], offsets[doc + 1])
        width = min(k, len(points))
        for s in range(len(points) - width + 1 if width > 0 else 0):
            counter = _shingle_hash(points, s, width) & np.uint64(len(rarity) - 1)
            if rarity[counter] < 255:
                rarity[counter] += 1

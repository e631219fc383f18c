"""Shingle sets and their exact Jaccard similarity, which signatures estimate.

Two bounds avoid useless comparisons, and neither changes a result:

- Sizes and rest: of sets of sizes a and b that share s, the similarity is
  s / (a + b - s), which grows with s. So a comparison ends as soon as the shingles not yet seen
  cannot lift s far enough; for two texts of different sizes that may be before it begins.
- Prefixes (Bayardo, Ma and Srikant 2007; PPJoin: Xiao et al. 2008): a text that reaches threshold t
  with a set of size a shares at least t a of it. Order the shingles of all texts alike, rarest
  first: then the smallest shared one is among the first a - ceil(t a) + 1 of either set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.text.kernels import kernel, mix
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Shingles = npt.NDArray[np.uint64]
CodePoints = npt.NDArray[np.uint32]


class Texts(NamedTuple):
    """Texts, and what has been computed of them.

    Attributes:
        data: UTF-8 bytes of all texts.
        offsets: Shape (n + 1,): where each text starts and ends in `data`.
        sizes: Shape (n,): how many distinct shingles each text has; -1 while not computed.
        shingles: The shingles of one text, the held one, ascending.
        shared_with: For each held shingle, 1 + the text with which it was last found shared.
        state: Shape (3,), at _HELD, _COUNT and _IS_COUNTED: the held text (-1: none), how many
            shingles it has, and 1 once `rarity` is filled.
        rarity: About how often each shingle occurs in all texts, up to 255, by its hash.
    """

    data: Bytes
    offsets: Offsets
    sizes: npt.NDArray[np.int64]
    shingles: Shingles
    shared_with: npt.NDArray[np.int64]
    state: npt.NDArray[np.int64]
    rarity: Bytes


_HELD, _COUNT, _IS_COUNTED = 0, 1, 2
_BELOW = -2.0
_MOST_COUNTERS = 1 << 28


def texts_of(canonical: pa.Array) -> Texts:
    """Return texts of which nothing has been computed yet.

    Memory: the texts, up to two thirds of a byte per byte of them, and 16 bytes per byte of the
    longest (5 per character are touched where it is Han).
    """
    data, offsets, _ = text_buffers(canonical)
    longest = int(np.diff(offsets).max(initial=0))
    counters = 1
    while counters < min(int(offsets[-1] - offsets[0]) // 3, _MOST_COUNTERS):
        counters *= 2
    return Texts(
        data,
        offsets,
        sizes=np.full(len(offsets) - 1, -1, np.int64),
        shingles=np.empty(longest, np.uint64),
        shared_with=np.zeros(longest, np.int64),
        state=np.array([-1, 0, 0]),
        rarity=np.zeros(counters, np.uint8),
    )


@kernel
def similarity_from(texts: Texts, k: int, one: int, other: int, threshold: float) -> float:
    """Return the Jaccard similarity of two texts' shingle sets; -2 if below the threshold.

    A text shorter than `k` is one shingle; none may be empty. Two shingles that differ have one
    hash with probability 2**-64. Fastest where `one` is the same in successive calls.

    Args:
        texts: all texts.
        k: characters of a shingle.
        one: number of a text.
        other: number of the other text.
        threshold: below which the similarity need not be known.
    """
    data, offsets, sizes = texts.data, texts.offsets, texts.sizes
    own, shared_with = texts.shingles, texts.shared_with
    count = _hold(texts, k, one)
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
        at = np.searchsorted(own[:count], hashed)
        if at < count and own[at] == hashed and shared_with[at] != other + 1:
            shared_with[at] = other + 1
            shared += 1
    found = _reached(shared, count, size)
    return found if found >= threshold else _BELOW


@kernel
def prefix_tokens(texts: Texts, k: int, doc: int, threshold: float) -> Shingles:
    """Return the tokens of a text: one that reaches the threshold has at least one of them too.

    A token is a shingle's count above 56 bits of its hash, so they sort by rarity, rarest first. A
    shingle that occurs once in all texts cannot be shared and is left out.

    Args:
        texts: all texts.
        k: characters of a shingle.
        doc: number of the text.
        threshold: similarity of a match.
    """
    shingles, rarity = texts.shingles, texts.rarity
    if texts.state[_IS_COUNTED] == 0:
        _count_all(texts, k)
        texts.state[_IS_COUNTED] = 1
    count = _hold(texts, k, doc)
    tokens = np.empty(count, np.uint64)
    for s in range(count):
        frequency = rarity[shingles[s] & np.uint64(len(rarity) - 1)]
        tokens[s] = (np.uint64(frequency) << np.uint64(56)) | (shingles[s] >> np.uint64(8))
    tokens.sort()
    least = int(threshold * count)
    while least > 0 and (least - 1) / count >= threshold:
        least -= 1
    while least / count < threshold:
        least += 1
    prefix = tokens[: count - least + 1]
    return prefix[np.searchsorted(prefix, np.uint64(2) << np.uint64(56)) :]


@kernel
def shingle_set(data: Bytes, start: np.int64, end: np.int64, k: int) -> Shingles:
    """Return the hashed runs of `k` characters of a text; shape (distinct,), uint64, ascending.

    Args:
        data: UTF-8 bytes of all texts.
        start: first byte of the text.
        end: byte after its last one.
        k: characters of a shingle.
    """
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
def _decoded(data: Bytes, start: np.int64, end: np.int64) -> CodePoints:
    points = np.empty(end - start, np.uint32)
    count = 0
    i = np.uint64(start)
    while i < np.uint64(end):
        point, i = decode_point(data, i)
        points[count] = point
        count += 1
    return points[:count]


@kernel
def _shingle_hash(points: CodePoints, start: int, width: int) -> np.uint64:
    hashed = np.uint64(width)
    for w in range(start, start + width):
        hashed = mix(hashed ^ np.uint64(points[w]))
    return hashed


@kernel
def _hold(texts: Texts, k: int, doc: int) -> int:
    """Make a text the held one; return how many shingles it has."""
    state = texts.state
    if state[_HELD] != doc:
        found = shingle_set(texts.data, texts.offsets[doc], texts.offsets[doc + 1], k)
        texts.shingles[: len(found)] = found
        texts.shared_with[: len(found)] = 0
        texts.sizes[doc] = len(found)
        state[_HELD] = doc
        state[_COUNT] = len(found)
    return state[_COUNT]


@kernel
def _count_all(texts: Texts, k: int) -> None:
    data, offsets, rarity = texts.data, texts.offsets, texts.rarity
    for doc in range(len(offsets) - 1):
        points = _decoded(data, offsets[doc], offsets[doc + 1])
        width = min(k, len(points))
        for s in range(len(points) - width + 1 if width > 0 else 0):
            counter = _shingle_hash(points, s, width) & np.uint64(len(rarity) - 1)
            if rarity[counter] < 255:
                rarity[counter] += 1

"""Shingle sets and their Jaccard similarity, exactly: what signatures estimate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.native import kernel, mix
from jobs.corpus.text_buffers import Offsets
from jobs.corpus.utf8 import Bytes, decode_point

Shingles = npt.NDArray[np.uint64]


@kernel
def shingle_set(data: Bytes, start: np.int64, end: np.int64, k: int) -> Shingles:
    """Shape (distinct,), uint64, ascending: the runs of `k` characters of a text, each hashed.

    A text shorter than `k` is one shingle, an empty one has none. Two shingles that differ have one
    hash with probability 2**-64.
    """
    points = np.empty(end - start, np.uint32)
    count = 0
    i = np.uint64(start)
    while i < np.uint64(end):
        point, i = decode_point(data, i)
        points[count] = point
        count += 1
    if count == 0:
        return np.empty(0, np.uint64)
    width = min(k, count)
    hashes = np.empty(count - width + 1, np.uint64)
    for s in range(len(hashes)):
        hashed = np.uint64(width)
        for w in range(s, s + width):
            hashed = mix(hashed ^ np.uint64(points[w]))
        hashes[s] = hashed
    hashes.sort()
    kept = 1
    for s in range(1, len(hashes)):
        if hashes[s] != hashes[s - 1]:
            hashes[kept] = hashes[s]
            kept += 1
    return hashes[:kept]


@kernel
def jaccard(data: Bytes, offsets: Offsets, one: int, other: int, k: int) -> float:
    """The Jaccard similarity of the shingle sets of two texts, in [0, 1]; 0 for two empty ones."""
    a = shingle_set(data, offsets[one], offsets[one + 1], k)
    b = shingle_set(data, offsets[other], offsets[other + 1], k)
    i = 0
    j = 0
    shared = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            shared += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    union = len(a) + len(b) - shared
    return shared / union if union > 0 else 0.0

"""Signatures: shingles of canonical texts, hashed and reduced to one minimum per permutation.

Bit for bit what `datasketch.MinHash(num_perm, seed, hashfunc=xxh32, scheme="affine32")` holds
after `update_batch` of a text's shingles, each shingle being the UTF-32-LE bytes of
`shingle_chars` successive characters (Broder 1997; datasketch 2.0). A text shorter than a shingle
is one shingle; an empty text has none.

The arithmetic, all modulo 2**32: a shingle of k characters is k words w; h = xxh32(w, seed 0);
h = fmix32(h), the finalizer of MurmurHash3; permutation p maps h to a_p * h + b_p with a_p odd, a
bijection; the signature holds the minimum over all shingles for each p.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Uint32s = npt.NDArray[np.uint32]
Signatures = npt.NDArray[np.uint32]  # shape (documents, num_perm)

_P1, _P2, _P3 = np.uint32(2654435761), np.uint32(2246822519), np.uint32(3266489917)
_P4, _P5 = np.uint32(668265263), np.uint32(374761393)
_LANE_STARTS = tuple(
    np.uint32(start % 2**32) for start in (int(_P1) + int(_P2), int(_P2), 0, -int(_P1))
)
_LANE_TURNS = (1, 7, 12, 18)
_BLOCK = 2048  # shingles hashed before the permutations run over them: 8 KiB, well inside L1


def permutations(params: SignatureParams) -> tuple[Uint32s, Uint32s]:
    """Return datasketch's multipliers a (odd) and addends b; shapes (num_perm,), uint32.

    They are drawn from the Mersenne Twister behind `RandomState`, whose stream NumPy keeps frozen.
    """
    random = np.random.RandomState(params.seed)  # the generator of datasketch
    halves = random.randint(0, 1 << 31, params.num_perm, dtype=np.uint32)
    addends = random.randint(0, 1 << 32, params.num_perm, dtype=np.uint32)
    return halves * np.uint32(2) + np.uint32(1), addends


def signatures(canonical: pa.Array, *, params: SignatureParams) -> Signatures:
    """Return the signature of each text; shape (n, num_perm), uint32.

    Rows of empty and null texts hold 2**32 - 1 everywhere, as an empty `datasketch.MinHash` does;
    they must not be compared (`canonical_hash` is null there).

    Law: row-wise. Memory: the result and a constant, whatever the length of a text.
    """
    data, offsets, _ = text_buffers(canonical)
    a, b = permutations(params)
    out = np.full((len(offsets) - 1, params.num_perm), np.uint32(0xFFFFFFFF), dtype=np.uint32)
    _sign(data, offsets, a, b, params.shingle_chars, out)
    return out


@kernel
def _sign(data: Bytes, offsets: Offsets, a: Uint32s, b: Uint32s, k: int, out: Signatures) -> None:
    points = np.empty(_BLOCK + k - 1, dtype=np.uint32)  # k - 1 characters carried over
    hashes = np.empty(_BLOCK, dtype=np.uint32)
    lane = np.empty(_BLOCK, dtype=np.uint32)
    for row in range(len(offsets) - 1):
        i = np.uint64(offsets[row])
        end = np.uint64(offsets[row + 1])
        filled = 0
        signed = False
        while i < end:
            i, filled = _decode(data, i, end, points, filled)
            if filled >= k:
                count = filled - k + 1
                _hash_shingles(points, count, k, lane, hashes)
                _take_minima(hashes, count, a, b, out[row])
                points[: k - 1] = points[count:filled].copy()
                filled = k - 1
                signed = True
        if filled > 0 and not signed:
            _hash_shingles(points, 1, filled, lane, hashes)
            _take_minima(hashes, 1, a, b, out[row])


@kernel
def _decode(
    data: Bytes, i: np.uint64, end: np.uint64, points: Uint32s, filled: int
) -> tuple[np.uint64, int]:
    """Decode UTF-8 from byte `i` until `points` is full or the text ends."""
    size = len(points)
    while i < end and filled < size:
        point, i = decode_point(data, i)
        points[filled] = point
        filled += 1
    return i, filled


@kernel
def _rotl(x: np.uint32, r: int) -> np.uint32:
    return np.uint32((x << np.uint32(r)) | (x >> np.uint32(32 - r)))


@kernel
def _hash_shingles(points: Uint32s, count: int, k: int, lane: Uint32s, hashes: Uint32s) -> None:
    """hashes[s] = fmix32(xxh32(points[s : s + k])).

    xxh32 takes four words at a time into four lanes, then the words that are left. Each step runs
    over all shingles before the next one: such loops vectorise, three times faster than hashing
    shingle by shingle. `lane` is a buffer for one lane of all shingles.
    """
    _fill(hashes, count, np.uint32(4 * k) if k >= 4 else _P5 + np.uint32(4 * k))
    for number in range(4 if k >= 4 else 0):
        _fill(lane, count, _LANE_STARTS[number])
        for offset in range(number, k - k % 4, 4):
            for s in range(count):
                lane[s] = _rotl(np.uint32(lane[s] + points[s + offset] * _P2), 13) * _P1
        for s in range(count):
            hashes[s] += _rotl(lane[s], _LANE_TURNS[number])
    for offset in range(k - k % 4, k):
        for s in range(count):
            hashes[s] = _rotl(np.uint32(hashes[s] + points[s + offset] * _P3), 17) * _P4
    for s in range(count):
        # numba widens products of 32-bit words to 64 bits; each step narrows them back
        h = hashes[s]
        h = np.uint32((h ^ (h >> np.uint32(15))) * _P2)
        h = np.uint32((h ^ (h >> np.uint32(13))) * _P3)
        h = np.uint32(h ^ (h >> np.uint32(16)))
        h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        hashes[s] = h ^ (h >> np.uint32(16))


@kernel
def _fill(values: Uint32s, count: int, value: np.uint32) -> None:
    for s in range(count):
        values[s] = value


@kernel
def _take_minima(hashes: Uint32s, count: int, a: Uint32s, b: Uint32s, row: Uint32s) -> None:
    """row[p] = the least of row[p] and a[p] * h + b[p] over all hashes h."""
    whole = len(a) - len(a) % 4
    for p in range(0, whole, 4):  # four at a time, so that every hash is loaded once for four
        least0, least1, least2, least3 = row[p], row[p + 1], row[p + 2], row[p + 3]
        for s in range(count):
            h = hashes[s]
            least0 = min(least0, np.uint32(a[p] * h + b[p]))
            least1 = min(least1, np.uint32(a[p + 1] * h + b[p + 1]))
            least2 = min(least2, np.uint32(a[p + 2] * h + b[p + 2]))
            least3 = min(least3, np.uint32(a[p + 3] * h + b[p + 3]))
        row[p], row[p + 1], row[p + 2], row[p + 3] = least0, least1, least2, least3
    for p in range(whole, len(a)):
        least = row[p]
        for s in range(count):
            least = min(least, np.uint32(a[p] * hashes[s] + b[p]))
        row[p] = least

"""Refining: a band that boilerplate fills says little, so who shares it must share more to meet.

Whoever reaches the threshold on signatures agrees in at least one whole piece outside the shared
band (`hot_buckets`). So the key of a hot bucket may be replaced by one key per piece, for all of
its documents: nobody who matches is parted, and strangers are no longer joined. That costs 8 bytes
for each piece of a document in a hot bucket, about 30 times what a band costs, so only buckets are
refined that gain by it: those most of whose documents do not resemble each other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.banding import BandKeys
from jobs.corpus.dedup.hot_buckets import piece_keys, piece_words
from jobs.corpus.dedup.params import BandParams
from jobs.corpus.dedup.signatures import Signatures
from jobs.corpus.text.kernels import kernel

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

HOT_BUCKET = 64  # documents of one table; fewer cost less than the pieces would
_COMPARED = 32  # of them, to see whether they resemble each other


def hot_keys(
    signatures: Signatures, has_text: npt.NDArray[np.bool_], keys: BandKeys, *, params: BandParams
) -> tuple[Keys, int]:
    """The keys of buckets worth refining, ascending, and how many documents they hold in all.

    Args:
        signatures: shape (n, num_perm).
        has_text: shape (n,); who has none is in no bucket.
        keys: shape (n, bands + 1), as `meeting_keys` makes them.
        params: geometry and threshold.

    Law: whole. What it chooses affects who is decided together, never what is decided.
    """
    texts = np.flatnonzero(has_text)
    found, members = [np.empty(0, np.uint64)], 0
    for band in range(params.bands):
        rows = texts[np.argsort(keys[texts, band])]
        hot = np.zeros(len(rows), np.bool_)
        members += _mark_hot(keys[rows, band], rows, signatures, params.threshold, hot)
        found.append(keys[rows[hot], band])
    return np.unique(np.concatenate(found)), members


def refined_keys(
    signatures: Signatures,
    has_text: npt.NDArray[np.bool_],
    keys: BandKeys,
    hot: Keys,
    *,
    params: BandParams,
) -> tuple[Keys, Rows]:
    """Two arrays of one shape: what documents must share to be decided together, and whose it is.

    Law: row-wise, for any `hot` (ascending). A table of the same `hot` may be cut anywhere.
    """
    places = np.minimum(np.searchsorted(hot, keys), max(len(hot) - 1, 0))
    is_hot = hot[places] == keys if len(hot) > 0 else np.zeros(keys.shape, np.bool_)
    is_hot[:, -1] = False
    words = piece_words(params.num_perm, params.rows, params.threshold)
    geometry = (params.rows, words)
    sized = np.empty(0, np.uint64), np.empty(0, np.int64)
    count = _refine(signatures, has_text, keys, is_hot, geometry, sized)
    refined = np.empty(count, np.uint64), np.empty(count, np.int64)
    _refine(signatures, has_text, keys, is_hot, geometry, refined)
    return refined


@kernel
def _mark_hot(
    keys: Keys,
    rows: Rows,
    signatures: Signatures,
    threshold: float,
    hot: npt.NDArray[np.bool_],
) -> int:
    """Mark the first document of every bucket worth refining; `keys` ascending. How many it has."""
    members = 0
    start = 0
    for stop in range(1, len(keys) + 1):
        if stop < len(keys) and keys[stop] == keys[start]:
            continue
        if stop - start > HOT_BUCKET:
            alike = 0
            for number in range(_COMPARED):
                one = rows[start + number]
                other = rows[start + _COMPARED + number * (stop - start - _COMPARED) // _COMPARED]
                agree = 0
                for word in range(signatures.shape[1]):
                    agree += signatures[one, word] == signatures[other, word]
                alike += agree >= threshold * signatures.shape[1]
            if 2 * alike < _COMPARED:
                hot[start] = True
                members += stop - start
        start = stop
    return members


@kernel
def _refine(
    signatures: Signatures,
    has_text: npt.NDArray[np.bool_],
    keys: BandKeys,
    is_hot: npt.NDArray[np.bool_],
    geometry: tuple[int, int],
    refined: tuple[Keys, Rows],
) -> int:
    """Fill `refined`, unless it is empty; how many there are."""
    count = 0
    rows, words = geometry
    ways = keys.shape[1]
    fills = len(refined[0]) > 0
    single = np.empty(1, np.uint64)
    for doc in range(len(keys)):
        for way in range(0 if has_text[doc] else ways - 1, ways):
            key = keys[doc, way]
            found = single
            found[0] = key
            if is_hot[doc, way]:
                found = piece_keys(signatures[doc], words, way, rows, key)
            if fills:
                refined[0][count : count + len(found)] = found
                refined[1][count : count + len(found)] = doc
            count += len(found)
    return count

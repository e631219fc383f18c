"""Refining: documents in an over-full bucket become candidates only if they share a segment too.

A document that reaches the threshold on signatures agrees in at least one whole segment outside the
shared band (`hot_buckets`). So the key of a hot bucket may be replaced by one key per segment, for
all of its documents: no two that match are separated, and unrelated ones are no longer joined. That
costs 8 bytes for each segment of a document in a hot bucket, about 30 times what a band costs, so
a bucket is refined only if most of its documents do not resemble each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.banding import BandKeys
from jobs.corpus.dedup.hot_buckets import segment_length, segment_tokens
from jobs.corpus.dedup.params import BandParams
from jobs.corpus.dedup.signatures import Signatures
from jobs.corpus.text.kernels import kernel

HotKeys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

HOT_BUCKET = 64  # documents of one table; fewer cost less than the segments would
_COMPARED = 32  # of them, to see whether they resemble each other


class RefinedKeys(NamedTuple):
    """Keys that documents must share to be decided together, and the row of each key."""

    keys: npt.NDArray[np.uint64]
    rows: Rows


class _Segmented(NamedTuple):
    """Which keys are replaced by segments; MinHash values of a band and of a segment."""

    is_hot: npt.NDArray[np.bool_]
    rows: int
    length: int


def hot_keys(
    signatures: Signatures, has_text: npt.NDArray[np.bool_], keys: BandKeys, *, params: BandParams
) -> tuple[HotKeys, int]:
    """Return the keys of buckets worth refining, ascending, and how many documents they hold.

    Args:
        signatures: shape (n, num_perm).
        has_text: shape (n,); a document without text is in no bucket.
        keys: shape (n, bands + 1), as `band_keys` makes them.
        params: geometry and threshold.

    Law: whole. The choice affects which documents are decided together, never a decision.
    """
    texts = np.flatnonzero(has_text)
    found, members = [np.empty(0, np.uint64)], 0
    for band in range(params.bands):
        rows = texts[np.argsort(keys[texts, band])]
        hot = np.zeros(len(rows), np.bool_)
        members += _mark_hot(keys[rows, band], rows, signatures, params.lowest_threshold, hot)
        found.append(keys[rows[hot], band])
    return np.unique(np.concatenate(found)), members


def refined_keys(
    signatures: Signatures,
    has_text: npt.NDArray[np.bool_],
    keys: BandKeys,
    hot: HotKeys,
    *,
    params: BandParams,
) -> RefinedKeys:
    """Return the keys of all documents, those of hot buckets replaced by one key per segment.

    Args:
        signatures: shape (n, num_perm).
        has_text: shape (n,).
        keys: shape (n, bands + 1), as `band_keys` makes them.
        hot: keys to replace, ascending; any will do.
        params: geometry and threshold.

    Law: row-wise. A table of the same `hot` may be split anywhere.
    """
    at = np.minimum(np.searchsorted(hot, keys), max(len(hot) - 1, 0))
    is_hot = hot[at] == keys if len(hot) > 0 else np.zeros(keys.shape, np.bool_)
    is_hot[:, -1] = False
    length = segment_length(params.num_perm, params.rows, params.lowest_threshold)
    segmented = _Segmented(is_hot, params.rows, length)
    sized = RefinedKeys(np.empty(0, np.uint64), np.empty(0, np.int64))
    count = _refine(signatures, has_text, keys, segmented, sized)
    refined = RefinedKeys(np.empty(count, np.uint64), np.empty(count, np.int64))
    _refine(signatures, has_text, keys, segmented, refined)
    return refined


@kernel
def _mark_hot(
    keys: HotKeys,
    rows: Rows,
    signatures: Signatures,
    threshold: float,
    hot: npt.NDArray[np.bool_],
) -> int:
    """Mark the first document of every bucket worth refining; return how many they hold.

    `keys` are ascending.
    """
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
                for value in range(signatures.shape[1]):
                    agree += signatures[one, value] == signatures[other, value]
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
    segmented: _Segmented,
    refined: RefinedKeys,
) -> int:
    """Fill `refined`, unless it is empty; return how many keys there are."""
    count = 0
    columns = keys.shape[1]
    fills = len(refined.keys) > 0
    single = np.empty(1, np.uint64)
    for doc in range(len(keys)):
        for band in range(0 if has_text[doc] else columns - 1, columns):
            key = keys[doc, band]
            found = single
            found[0] = key
            if segmented.is_hot[doc, band]:
                found = segment_tokens(signatures[doc], segmented.length, band, segmented.rows, key)
            if fills:
                refined.keys[count : count + len(found)] = found
                refined.rows[count : count + len(found)] = doc
            count += len(found)
    return count

"""Survivors: who stays and who is dropped, as a plain loop over ranked documents would decide.

Documents come in rank order. A document is dropped when a document kept before it has the same
`doc_id`, or shares a band (a run of `rows` equal signature words at the same place) and has an
estimated similarity of at least the threshold; among several such, the one of best rank is named.
Otherwise it is kept. With distinct ids that is what `datasketch.MinHashLSH.query`,
`MinHash.jaccard` and `insert` give in a loop (MinHash: Broder 1997; banding: Indyk and Motwani
1998, as told in Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3).

Nothing drifts along chains: a document is only ever dropped for one that is in the release.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.banding import BandKeys, BandParams, meeting_keys, signature_matrix
from jobs.corpus.native import kernel
from jobs.corpus.ranking import RankParams, hash_halves, rank_order
from jobs.corpus.signatures import Signatures
from jobs.corpus.tables import DROPS

Hashes = npt.NDArray[np.uint64]  # shape (documents, 2)
_NO_MATCH = -2


class DropReason(StrEnum):
    """Why a later stage removed a document; append-only."""

    EXACT_DUPLICATE = "exact_duplicate"  # the same canonical text
    NEAR_DUPLICATE = "near_duplicate"  # similarity at or above the threshold
    SAME_ID = "same_id"  # the partner gave one id to two different texts


def survivors(ranked: pa.Table, *, bands: BandParams, rank: RankParams) -> pa.Table:
    """The documents that do not survive, each with the one that replaces it.

    Args:
        ranked: rows of `ranked_schema`; any union of whole components, in any order.
        bands: geometry and threshold.
        rank: which copy is preferred.

    Returns:
        DROPS, sorted by partner and doc_id (then ordinal).

    Law: key-wise(component).
    """
    ranked = ranked.take(pa.array(rank_order(ranked, params=rank)))
    signatures, has_text = signature_matrix(ranked["signature"])
    ids = np.stack(hash_halves(ranked["doc_id"]), axis=1)
    keys = meeting_keys(signatures, ids, params=bands)
    first_way = np.where(has_text, 0, bands.bands)  # without text there is only the id to share
    keeper, agreeing = _decide(signatures, ids, keys, first_way, (bands.rows, bands.least_equal))
    return _drops(ranked, keeper, agreeing, bands.num_perm)


def _drops(
    ranked: pa.Table,
    keeper: npt.NDArray[np.int64],
    agreeing: npt.NDArray[np.int64],
    num_perm: int,
) -> pa.Table:
    texts = np.stack(hash_halves(ranked["canonical_hash"]), axis=1)
    dropped = np.flatnonzero(keeper >= 0)
    kept, words = keeper[dropped], agreeing[dropped]
    is_exact = (texts[dropped] == texts[kept]).all(axis=1) & (words >= 0)
    loser, winner = ranked.take(pa.array(dropped)), ranked.take(pa.array(kept))
    accounts = [_account(*row, num_perm) for row in zip(is_exact, words, strict=True)]
    drops = pa.table(
        {
            "partner": loser["partner"],
            "doc_id": loser["doc_id"],
            "ordinal": loser["ordinal"],
            "reason": pa.array([reason for reason, _ in accounts], pa.string()),
            "kept_doc_id": winner["doc_id"],
            "kept_partner": winner["partner"],
            "similarity": pa.array(words / num_perm, pa.float64(), mask=words < 0),
            "evidence": pa.array([evidence for _, evidence in accounts], pa.string()),
        },
        schema=DROPS,
    )
    return drops.sort_by([(name, "ascending") for name in ("partner", "doc_id", "ordinal")])


def _account(is_exact: bool, words: int, num_perm: int) -> tuple[str, str]:  # noqa: FBT001
    if is_exact:
        return DropReason.EXACT_DUPLICATE, "the canonical texts are equal"
    if words >= 0:
        return DropReason.NEAR_DUPLICATE, f"{words} of {num_perm} signature words agree"
    return DropReason.SAME_ID, "the partner gave both the same id"


@kernel
def _decide(
    signatures: Signatures,
    ids: Hashes,
    keys: BandKeys,
    first_way: npt.NDArray[np.int64],
    geometry: tuple[int, int],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each document in rank order: who replaces it (-1: nobody), and how many words agree.

    A way is a place where documents meet: one per band, and the last for equal ids. Kept documents
    sit in a hash table of buckets, one node per document and way. A bucket is a chain in rank
    order, so a search stops at its first match and at the best rank found on another way.
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
    agreeing = np.full(count, -1, np.int64)
    for doc in range(count):
        best = count
        for way in range(first_way[doc], ways):
            node = first[keys[doc, way] & np.uint64(slots - 1)]
            while node >= 0 and node // ways < best:
                other = node // ways
                if node % ways == way:
                    words = _words_agreeing(
                        signatures, ids, (doc, other), (way, ways), compared_by, geometry
                    )
                    if words != _NO_MATCH:
                        best = other
                        keeper[doc] = other
                        agreeing[doc] = words
                node = follower[node]
        if best == count:
            _insert(doc, keys, first_way[doc], first, last, follower)
    return keeper, agreeing


@kernel
def _words_agreeing(
    signatures: Signatures,
    ids: Hashes,
    pair: tuple[int, int],
    place: tuple[int, int],
    compared_by: npt.NDArray[np.int64],
    geometry: tuple[int, int],
) -> int:
    """How many words of a matching pair agree, -1 if only the ids match, -2 if nothing does."""
    doc, other = pair
    way, ways = place
    rows, least_equal = geometry
    if way == ways - 1:
        return -1 if ids[doc, 0] == ids[other, 0] and ids[doc, 1] == ids[other, 1] else _NO_MATCH
    if compared_by[other] == doc:
        return _NO_MATCH
    for word in range(way * rows, (way + 1) * rows):
        if signatures[doc, word] != signatures[other, word]:
            return _NO_MATCH
    compared_by[other] = doc
    words = 0
    for word in range(signatures.shape[1]):
        words += signatures[doc, word] == signatures[other, word]
    return words if words >= least_equal else _NO_MATCH


@kernel
def _insert(
    doc: int,
    keys: BandKeys,
    first_way: int,
    first: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
    follower: npt.NDArray[np.int64],
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

"""Duplicates: which documents are dropped for which kept one, by a loop in rank order.

A document is dropped when a document kept before it has the same `doc_id`, or shares a band (`rows`
successive MinHash values, at the same place) and has a similarity of at least the threshold; among
several such, the one of best rank is named. Otherwise it is kept. The similarity is the share of
equal MinHash values, or with `verify=exact` the Jaccard similarity of the shingle sets. With
distinct ids that is the result of `datasketch.MinHashLSH.query`, `MinHash.jaccard` and `insert` in
a loop (MinHash: Broder 1997; banding: Indyk and Motwani 1998, after Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, chapter 3).

Frozen documents were kept before, in a parent release or an earlier round: they rank first, are
never dropped and never compared with each other. Those that were taken down drop every document
that matches them, and are not named.

Nothing drifts along chains: a document is only ever dropped for one that is in the release.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.banding import band_keys, signature_matrix
from jobs.corpus.dedup.bucket_members import posting_lists
from jobs.corpus.dedup.decision_inputs import Comparison, HotBuckets, Ranks, Sketches
from jobs.corpus.dedup.decision_kernels import decide
from jobs.corpus.dedup.hot_buckets import most_differing, segment_length
from jobs.corpus.dedup.params import BandParams
from jobs.corpus.dedup.ranking import RankParams, hash_halves, rank_order
from jobs.corpus.dedup.shingles import texts_of
from jobs.corpus.model.reasons import DropReason
from jobs.corpus.model.tables import DROPS

HOT_DOCUMENTS = 64
"""A bucket of more kept documents is searched by segments: 28 look-ups cost as much as 30 steps."""

_NAMED = ["partner", "doc_id", "ordinal", "canonical_hash", "is_taken_down"]


_REASONS = [
    DropReason.NEAR_DUPLICATE,
    DropReason.EXACT_DUPLICATE,
    DropReason.SAME_ID,
    DropReason.TAKEN_DOWN,
]


def find_duplicates(
    ranked: pa.Table,
    *,
    bands: BandParams,
    rank: RankParams,
    frozen_only: bool = False,
    hot_documents: int = HOT_DOCUMENTS,
) -> pa.Table:
    """Return the documents that are dropped, each with the kept one that replaces it.

    Args:
        ranked: rows of `ranked_schema`; any union of whole components, in any order. To verify
            exactly, with a column `canonical` of canonical texts.
        bands: geometry, threshold and how to verify.
        rank: which copy is preferred.
        frozen_only: compare with frozen documents only; the others stay undecided.
        hot_documents: how many kept documents make a bucket hot; changes no decision.

    Returns:
        DROPS, sorted by partner and doc_id (then ordinal).

    Law: key-wise(component).
    """
    order = rank_order(ranked, params=rank)
    signatures, has_text = signature_matrix(ranked["signature"])
    ids = np.stack(hash_halves(ranked["doc_id"]), axis=1)
    first_band = np.where(has_text, 0, bands.bands)  # without text there is only the id to share
    hot = _hot(ranked, bands, hot_documents)
    keys = band_keys(signatures, ids, params=bands)
    lists = posting_lists(keys, first_band, large=hot.documents)
    texts = ranked["canonical"].combine_chunks() if bands.is_exact else pa.array([], pa.string())
    frozen = pc.sum(ranked["is_frozen"]).as_py() or 0
    kept, similarity = decide(
        Sketches(signatures, ids, texts_of(texts)),
        lists,
        order,
        Ranks(first_new=frozen, end_kept=frozen if frozen_only else len(ranked)),
        Comparison(bands.rows, bands.threshold, bands.shingle_chars if bands.is_exact else 0),
        hot,
    )
    return _drops(ranked, kept, similarity, bands)


def _hot(ranked: pa.Table, bands: BandParams, hot_documents: int) -> HotBuckets:
    """Return when buckets are hot, and their segments; never, where no segment is short enough.

    Prefixes of shingle sets exist for any threshold: there only documents without text need
    segments.
    """
    if bands.is_exact and not pc.any(ranked["is_taken_down"]).as_py():
        return HotBuckets(hot_documents, segment_length=0, differing=0)
    length = segment_length(bands.num_perm, bands.rows, bands.threshold)
    differing = most_differing(bands.num_perm, bands.threshold)
    return HotBuckets(hot_documents if length > 0 else len(ranked), length, differing)


def _drops(
    ranked: pa.Table,
    kept: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
    bands: BandParams,
) -> pa.Table:
    dropped = np.flatnonzero(kept >= 0)
    duplicate = ranked.select(_NAMED).take(pa.array(dropped))
    replacing = ranked.select(_NAMED).take(pa.array(kept[dropped]))
    similarity = similarity[dropped]
    is_taken_down = replacing["is_taken_down"]
    reason, evidence = _reasons(duplicate, replacing, similarity, bands)
    drops = pa.table(
        {
            "partner": duplicate["partner"],
            "doc_id": duplicate["doc_id"],
            "ordinal": duplicate["ordinal"],
            "reason": reason,
            "kept_doc_id": _unless(is_taken_down, replacing["doc_id"]),
            "kept_partner": _unless(is_taken_down, replacing["partner"]),
            "similarity": pa.array(similarity, pa.float64(), mask=similarity < 0),
            "evidence": evidence,
        },
        schema=DROPS,
    )
    return drops.sort_by([(name, "ascending") for name in ("partner", "doc_id", "ordinal")])


def _reasons(
    duplicate: pa.Table, replacing: pa.Table, similarity: npt.NDArray[np.float64], bands: BandParams
) -> tuple[pa.Array, pa.Array]:
    """Return reasons and evidence, each taken from a few sentences, one for every agreement."""
    texts = [np.stack(hash_halves(rows["canonical_hash"])) for rows in (duplicate, replacing)]
    is_equal = (texts[0] == texts[1]).all(axis=0)
    is_same_id, is_taken_down = similarity < 0, replacing["is_taken_down"].to_numpy()
    reason = np.select([is_taken_down, is_same_id, is_equal], [3, 2, 1], 0)
    agreeing = np.rint(similarity * bands.num_perm).astype(np.int64)
    by_similarity = np.where(bands.is_exact & ~is_taken_down, 2, 3 + agreeing)
    evidence = np.select([is_same_id, is_equal], [0, 1], by_similarity)
    sentences = [
        "the partner gave both the same id",
        "the canonical texts are equal",
        f"Jaccard of {bands.shingle_chars}-character shingle sets",
        *(
            f"{values} of {bands.num_perm} MinHash values agree"
            for values in range(bands.num_perm + 1)
        ),
    ]
    return pa.array(_REASONS).take(pa.array(reason)), pa.array(sentences).take(pa.array(evidence))


def _unless(is_taken_down: pa.ChunkedArray, named: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(is_taken_down, pa.scalar(None, named.type), named)

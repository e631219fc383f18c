"""Survivors: who stays and who is dropped, as a plain loop over ranked documents would decide.

Documents come in rank order. A document is dropped when a document kept before it has the same
`doc_id`, or shares a band (a run of `rows` equal signature words at the same place) and has a
similarity of at least the threshold; among several such, the one of best rank is named. Otherwise
it is kept. The similarity is the share of equal signature words, or with `verify=exact` the Jaccard
similarity of the shingle sets themselves. With distinct ids that is what
`datasketch.MinHashLSH.query`, `MinHash.jaccard` and `insert` give in a loop (MinHash: Broder 1997;
banding: Indyk and Motwani 1998, as told in Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, chapter 3).

Frozen documents were kept before, in a parent release or an earlier round: they rank first, are
never dropped and never compared with each other. Those that were taken down drop whoever matches
them, and are not named.

Nothing drifts along chains: a document is only ever dropped for one that is in the release.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.banding import meeting_keys, signature_matrix
from jobs.corpus.dedup.bucket_members import rooms
from jobs.corpus.dedup.decision_kernels import Hot, decide
from jobs.corpus.dedup.hot_buckets import most_differing, piece_words
from jobs.corpus.dedup.params import BandParams
from jobs.corpus.dedup.ranking import RankParams, hash_halves, rank_order
from jobs.corpus.dedup.shingles import texts_of
from jobs.corpus.model.reasons import DropReason
from jobs.corpus.model.tables import DROPS

HOT_DOCUMENTS = 64
"""A bucket of more kept documents is searched by pieces: 28 look-ups cost as much as 30 steps."""

_NAMED = ["partner", "doc_id", "ordinal", "canonical_hash", "is_taken_down"]


_REASONS = [
    DropReason.NEAR_DUPLICATE,
    DropReason.EXACT_DUPLICATE,
    DropReason.SAME_ID,
    DropReason.TAKEN_DOWN,
]


def survivors(
    ranked: pa.Table,
    *,
    bands: BandParams,
    rank: RankParams,
    frozen_only: bool = False,
    hot_documents: int = HOT_DOCUMENTS,
) -> pa.Table:
    """The documents that do not survive, each with the one that replaces it.

    Args:
        ranked: rows of `ranked_schema`; any union of whole components, in any order. To verify
            exactly, with a column `canonical` of canonical texts.
        bands: geometry, threshold and how to verify.
        rank: which copy is preferred.
        frozen_only: compare with frozen documents only: who is not dropped is still undecided.
        hot_documents: how many kept documents make a bucket hot; changes no decision.

    Returns:
        DROPS, sorted by partner and doc_id (then ordinal).

    Law: key-wise(component).
    """
    order = rank_order(ranked, params=rank)
    signatures, has_text = signature_matrix(ranked["signature"])
    ids = np.stack(hash_halves(ranked["doc_id"]), axis=1)
    first_way = np.where(has_text, 0, bands.bands)  # without text there is only the id to share
    hot = _hot(ranked, bands, hot_documents)
    met = rooms(meeting_keys(signatures, ids, params=bands), first_way, large=hot[0])
    texts = ranked["canonical"].combine_chunks() if bands.is_exact else pa.array([], pa.string())
    frozen = pc.sum(ranked["is_frozen"]).as_py() or 0
    keeper, similarity = decide(
        (signatures, ids, texts_of(texts)),
        met,
        order,
        (frozen, frozen if frozen_only else len(ranked)),
        (bands.rows, bands.threshold, bands.shingle_chars if bands.is_exact else 0),
        hot,
    )
    return _drops(ranked, keeper, similarity, bands)


def _hot(ranked: pa.Table, bands: BandParams, hot_documents: int) -> Hot:
    """How many documents make a bucket hot, and which pieces it takes; never, where none is short.

    Prefixes of shingle sets exist for any threshold: there only the textless need pieces.
    """
    if bands.is_exact and not pc.any(ranked["is_taken_down"]).as_py():
        return hot_documents, 0, 0
    words = piece_words(bands.num_perm, bands.rows, bands.threshold)
    differing = most_differing(bands.num_perm, bands.threshold)
    return (hot_documents if words > 0 else len(ranked)), words, differing


def _drops(
    ranked: pa.Table,
    keeper: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
    bands: BandParams,
) -> pa.Table:
    dropped = np.flatnonzero(keeper >= 0)
    loser = ranked.select(_NAMED).take(pa.array(dropped))
    winner = ranked.select(_NAMED).take(pa.array(keeper[dropped]))
    similarity = similarity[dropped]
    is_gone = winner["is_taken_down"]
    reason, evidence = _accounts(loser, winner, similarity, bands)
    drops = pa.table(
        {
            "partner": loser["partner"],
            "doc_id": loser["doc_id"],
            "ordinal": loser["ordinal"],
            "reason": reason,
            "kept_doc_id": _unless(is_gone, winner["doc_id"]),
            "kept_partner": _unless(is_gone, winner["partner"]),
            "similarity": pa.array(similarity, pa.float64(), mask=similarity < 0),
            "evidence": evidence,
        },
        schema=DROPS,
    )
    return drops.sort_by([(name, "ascending") for name in ("partner", "doc_id", "ordinal")])


def _accounts(
    loser: pa.Table, winner: pa.Table, similarity: npt.NDArray[np.float64], bands: BandParams
) -> tuple[pa.Array, pa.Array]:
    """Reasons and evidence: a choice of few sentences each, one of them for every agreement."""
    texts = [np.stack(hash_halves(rows["canonical_hash"])) for rows in (loser, winner)]
    is_equal = (texts[0] == texts[1]).all(axis=0)
    is_same_id, is_gone = similarity < 0, winner["is_taken_down"].to_numpy()
    reason = np.select([is_gone, is_same_id, is_equal], [3, 2, 1], 0)
    agreeing = np.rint(similarity * bands.num_perm).astype(np.int64)
    by_words = np.where(bands.is_exact & ~is_gone, 2, 3 + agreeing)
    evidence = np.select([is_same_id, is_equal], [0, 1], by_words)
    sentences = [
        "the partner gave both the same id",
        "the canonical texts are equal",
        f"Jaccard of {bands.shingle_chars}-character shingle sets",
        *(
            f"{words} of {bands.num_perm} signature words agree"
            for words in range(bands.num_perm + 1)
        ),
    ]
    return pa.array(_REASONS).take(pa.array(reason)), pa.array(sentences).take(pa.array(evidence))


def _unless(is_gone: pa.ChunkedArray, named: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(is_gone, pa.scalar(None, named.type), named)

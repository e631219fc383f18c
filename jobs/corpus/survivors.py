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

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.banding import BandParams, meeting_keys, signature_matrix
from jobs.corpus.deciding import decide
from jobs.corpus.hot_buckets import piece_words
from jobs.corpus.ranking import RankParams, hash_halves, rank_order
from jobs.corpus.shingles import texts_of
from jobs.corpus.tables import DROPS

HOT_DOCUMENTS = 256
"""A bucket of more kept documents is searched by pieces: 28 look-ups cost about that many steps."""

_NAMED = ["partner", "doc_id", "ordinal", "canonical_hash", "is_taken_down"]


class DropReason(StrEnum):
    """Why a later stage removed a document; append-only."""

    EXACT_DUPLICATE = "exact_duplicate"  # the same canonical text
    NEAR_DUPLICATE = "near_duplicate"  # similarity at or above the threshold
    SAME_ID = "same_id"  # the partner gave one id to two different texts
    TAKEN_DOWN = "taken_down"  # matches a document that was taken down and is in no release


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
    ranked = ranked.take(pa.array(rank_order(ranked, params=rank)))
    signatures, has_text = signature_matrix(ranked["signature"])
    ids = np.stack(hash_halves(ranked["doc_id"]), axis=1)
    keys = meeting_keys(signatures, ids, params=bands)
    first_way = np.where(has_text, 0, bands.bands)  # without text there is only the id to share
    texts = ranked["canonical"].combine_chunks() if bands.is_exact else pa.array([], pa.string())
    how = (bands.rows, bands.threshold, bands.shingle_chars if bands.is_exact else 0)
    words = piece_words(bands.num_perm, bands.rows, bands.threshold)
    if bands.is_exact and not pc.any(ranked["is_taken_down"]).as_py():
        # Prefixes of shingle sets exist for any threshold; only the textless need pieces.
        words = max(words, 1)
    sketches = (signatures, ids, texts_of(texts))
    frozen = pc.sum(ranked["is_frozen"]).as_py() or 0
    searching = (frozen, frozen if frozen_only else len(ranked))
    keeper, similarity = decide(sketches, keys, first_way, searching, how, (hot_documents, words))
    return _drops(ranked.select(_NAMED), keeper, similarity, bands)


def _drops(
    ranked: pa.Table,
    keeper: npt.NDArray[np.int64],
    similarity: npt.NDArray[np.float64],
    bands: BandParams,
) -> pa.Table:
    texts = np.stack(hash_halves(ranked["canonical_hash"]), axis=1)
    dropped = np.flatnonzero(keeper >= 0)
    kept, similarity = keeper[dropped], similarity[dropped]
    is_equal = (texts[dropped] == texts[kept]).all(axis=1)
    loser, winner = ranked.take(pa.array(dropped)), ranked.take(pa.array(kept))
    is_gone = winner["is_taken_down"]
    rows = zip(is_equal.tolist(), similarity.tolist(), is_gone.to_pylist(), strict=True)
    accounts = [_account(equal, share, gone, bands) for equal, share, gone in rows]
    drops = pa.table(
        {
            "partner": loser["partner"],
            "doc_id": loser["doc_id"],
            "ordinal": loser["ordinal"],
            "reason": pa.array([reason for reason, _ in accounts], pa.string()),
            "kept_doc_id": _unless(is_gone, winner["doc_id"]),
            "kept_partner": _unless(is_gone, winner["partner"]),
            "similarity": pa.array(similarity, pa.float64(), mask=similarity < 0),
            "evidence": pa.array([evidence for _, evidence in accounts], pa.string()),
        },
        schema=DROPS,
    )
    return drops.sort_by([(name, "ascending") for name in ("partner", "doc_id", "ordinal")])


def _unless(is_gone: pa.ChunkedArray, named: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(is_gone, pa.scalar(None, named.type), named)


def _account(
    is_equal: bool,  # noqa: FBT001
    similarity: float,
    is_gone: bool,  # noqa: FBT001
    bands: BandParams,
) -> tuple[str, str]:
    if similarity < 0:
        found = DropReason.SAME_ID, "the partner gave both the same id"
    elif is_equal:
        found = DropReason.EXACT_DUPLICATE, "the canonical texts are equal"
    elif bands.is_exact and not is_gone:
        evidence = f"Jaccard of {bands.shingle_chars}-character shingle sets"
        found = DropReason.NEAR_DUPLICATE, evidence
    else:
        words = round(similarity * bands.num_perm)
        evidence = f"{words} of {bands.num_perm} signature words agree"
        found = DropReason.NEAR_DUPLICATE, evidence
    return (DropReason.TAKEN_DOWN, found[1]) if is_gone else found

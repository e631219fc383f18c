"""Duplicates: which documents are dropped for which kept one, by a loop in rank order.

A document is dropped when a document kept before it has the same `doc_id`, or shares a band (`rows`
successive MinHash values, at the same place) and has a similarity of at least the threshold; among
several such, the one of best rank is named. Otherwise it is kept. The similarity is the share of
equal MinHash values, or with `verify=exact` the Jaccard similarity of the shingle sets. With
distinct ids that is the result of `datasketch.MinHashLSH.query`, `MinHash.jaccard` and `insert` in
a loop (MinHash: Broder 1997; banding: Indyk and Motwani 1998, after Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, chapter 3).

Copies of a template stay. Two documents that match, are not equal and differ in title or numbers
alone are *siblings* (`siblings`): neither is dropped for the other. A document that matches nothing
but siblings is kept and reported, with the one of best rank; it replaces equal texts, and nothing
else is compared with it, so that a bucket of a thousand bulletins costs what one of them does. A
document of an exempt partner is a sibling of whatever it resembles and does not equal.

A partner may have a threshold of its own: its documents are dropped from that similarity on, for
kept ones of any partner; those of others that are dropped for them have the thresholds of their own
partners. So each pair has one threshold, that of the document of worse rank, and the loop stays as
it is. For a document that was taken down the lower one of it and the general threshold is taken.

Frozen documents were kept before, in a parent release or an earlier round: they rank first, are
never dropped and never compared with each other. Those that were taken down drop every document
that matches them, and are not named.

Nothing drifts along chains: a document is only ever dropped for one that is in the release.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.banding import band_keys, signature_matrix
from jobs.corpus.dedup.bucket_members import posting_lists
from jobs.corpus.dedup.decision_inputs import Comparison, HotBuckets, Ranks, Sketches, Templates
from jobs.corpus.dedup.decision_kernels import decide
from jobs.corpus.dedup.drop_evidence import drops_of
from jobs.corpus.dedup.hot_buckets import most_differing, segment_length
from jobs.corpus.dedup.params import BandParams, RankParams
from jobs.corpus.dedup.ranking import rank_order
from jobs.corpus.dedup.shingles import texts_of
from jobs.corpus.dedup.siblings import Keys
from jobs.corpus.model.identity import hash_halves
from jobs.corpus.text.text_buffers import text_buffers

HOT_DOCUMENTS = 64
"""A bucket of more kept documents is searched by segments: 28 look-ups cost as much as 30 steps."""


def find_duplicates(
    ranked: pa.Table,
    *,
    bands: BandParams,
    rank: RankParams,
    frozen_only: bool = False,
    hot_documents: int = HOT_DOCUMENTS,
) -> pa.Table:
    """Return the documents that resemble a kept one: dropped for it, or kept as its sibling.

    Args:
        ranked: rows of `ranked_schema`; any union of whole components, in any order. To verify
            exactly, with a column `canonical` of canonical texts.
        bands: geometry, threshold and how to verify.
        rank: which copy is preferred.
        frozen_only: compare with frozen documents only; the others stay undecided.
        hot_documents: how many kept documents make a bucket hot; changes no decision.

    Returns:
        DROPS, sorted by partner and doc_id (then ordinal); siblings have the reason `template`.

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
    outcome = decide(
        Sketches(signatures, ids, texts_of(texts), _templates(ranked, bands)),
        lists,
        order,
        Ranks(first_new=frozen, end_kept=frozen if frozen_only else len(ranked)),
        _comparison(ranked, bands),
        hot,
    )
    return drops_of(ranked, outcome, bands)


def _comparison(ranked: pa.Table, bands: BandParams) -> Comparison:
    own = bands.own_thresholds
    at = pc.index_in(ranked["partner"], value_set=pa.array(list(own), pa.string()))
    choices = np.array([*own.values(), bands.threshold])
    thresholds = choices[pc.fill_null(at, len(own)).to_numpy()]
    shingle_chars = bands.shingle_chars if bands.is_exact else 0
    return Comparison(
        bands.rows, bands.lowest_threshold, bands.threshold, thresholds, shingle_chars
    )


def _templates(ranked: pa.Table, bands: BandParams) -> Templates:
    high, low = hash_halves(ranked["canonical_hash"])
    letters, numbers = (pc.fill_null(ranked[name], 0).to_numpy() for name in ("letters", "numbers"))
    exempt = pa.array(bands.exempt, pa.string())
    titles = pc.fill_null(ranked["title_key"], "").combine_chunks()
    if bands.templates == "drop":
        numbers, titles = np.zeros_like(numbers), pa.array([""] * len(ranked))
    return Templates(
        Keys(*map(np.array, text_buffers(titles)[:2])),  # one type, whatever Arrow's buffers are
        letters,
        np.array(numbers),
        high ^ low,
        pc.is_in(ranked["partner"], value_set=exempt).to_numpy(),
        ranked["is_taken_down"].to_numpy(),
        ranked["is_template"].to_numpy(),
    )


def _hot(ranked: pa.Table, bands: BandParams, hot_documents: int) -> HotBuckets:
    """Return when buckets are hot, and their segments; never, where no segment is short enough.

    Prefixes of shingle sets exist for any threshold: there only documents without text need
    segments.
    """
    if bands.is_exact and not pc.any(ranked["is_taken_down"]).as_py():
        return HotBuckets(hot_documents, segment_length=0, differing=0)
    length = segment_length(bands.num_perm, bands.rows, bands.lowest_threshold)
    differing = most_differing(bands.num_perm, bands.lowest_threshold)
    return HotBuckets(hot_documents if length > 0 else len(ranked), length, differing)

"""Evidence: the outcome of the decision loop as rows of DROPS, with reasons and measures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.decision_kernels import Outcome
from jobs.corpus.dedup.params import BandParams
from jobs.corpus.model.identity import hash_halves
from jobs.corpus.model.reasons import COPIES, TEMPLATE, DropReason
from jobs.corpus.model.tables import DROPS
from jobs.corpus.text.page_furniture import SetAside

Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_COMPARED = ["canonical_hash", "whole_hash", "set_aside", "compared_chars", "whole_chars"]
_NAMED = ["partner", "doc_id", "ordinal", "is_taken_down", *_COMPARED]
_REASONS = [
    DropReason.NEAR_DUPLICATE,
    DropReason.SAME_CONTENT,
    DropReason.EXACT_DUPLICATE,
    DropReason.SAME_ID,
    DropReason.TAKEN_DOWN,
    TEMPLATE,
]
_NEAR, _CONTENT, _EXACT, _ID, _TAKEN_DOWN, _TEMPLATE = range(len(_REASONS))
_ORDER = [
    (name, "ascending") for name in ("partner", "doc_id", "ordinal", "reason", "kept_partner")
]
_ASIDE_NAMES = {
    SetAside.FRONT_MATTER: "front matter",
    SetAside.LINES: "page furniture",
    SetAside.ADDRESSES: "addresses",
}


class _Pairs(NamedTuple):
    """Documents and the kept ones they resemble: rows with `_NAMED`; shapes (pairs,).

    Attributes:
        rows: The documents.
        kept: The kept ones.
        similarity: How similar they are; -1 where only their ids are equal.
        is_template: Whether the document stays.
    """

    rows: pa.Table
    kept: pa.Table
    similarity: Shares
    is_template: Flags


def drops_of(ranked: pa.Table, outcome: Outcome, bands: BandParams) -> pa.Table:
    """Return DROPS of documents that are dropped, and of new siblings that stay.

    Args:
        ranked: rows of `ranked_schema`.
        outcome: what was decided of each.
        bands: how they were compared.
    """
    is_known = ranked["is_template"].to_numpy()
    is_sibling = (outcome.kept < 0) & (outcome.sibling >= 0) & ~is_known
    found = np.flatnonzero((outcome.kept >= 0) | is_sibling)
    kept = np.where(is_sibling, outcome.sibling, outcome.kept)[found]
    similarity = np.where(is_sibling, outcome.likeness, outcome.similarity)[found]
    named = ranked.select(_NAMED)
    rows, other = named.take(pa.array(found)), named.take(pa.array(kept))
    pairs = _Pairs(rows, other, similarity, is_sibling[found])
    reasons = _reasons(pairs)
    similarity = np.where(reasons == _EXACT, 1.0, similarity)
    containment, novel = _lacking(pairs)
    is_compared = (similarity >= 0) & (reasons != _TAKEN_DOWN)
    is_taken_down = other["is_taken_down"]
    drops = pa.table(
        {
            "partner": rows["partner"],
            "doc_id": rows["doc_id"],
            "ordinal": rows["ordinal"],
            "reason": pa.array(_REASONS).take(pa.array(reasons)),
            "kept_doc_id": _unless(is_taken_down, other["doc_id"]),
            "kept_partner": _unless(is_taken_down, other["partner"]),
            "kept_ordinal": _unless(is_taken_down, other["ordinal"]),
            "similarity": pa.array(similarity, pa.float64(), mask=similarity < 0),
            "containment": pa.array(containment, pa.float64(), mask=~is_compared),
            "novel_chars": pa.array(novel, pa.int64(), mask=~is_compared),
            "copies": pa.nulls(len(rows), pa.int64()),
            "evidence": _evidence(pairs, reasons, bands),
        },
        schema=DROPS,
    )
    return drops.sort_by(_ORDER)


def is_drop(drops: pa.Table) -> pa.ChunkedArray:
    """Whether each row of DROPS is about a document that goes."""
    others = pa.array([TEMPLATE, COPIES], pa.string())
    return pc.invert(pc.is_in(drops["reason"], value_set=others))


def with_copies(drops: pa.Table) -> pa.Table:
    """Return DROPS with a row for each kept document and partner: how many of its documents go."""
    dropped = drops.filter(pc.and_(is_drop(drops), pc.is_valid(drops["kept_doc_id"])))
    keys = ["kept_partner", "kept_doc_id", "kept_ordinal", "partner"]
    counted = dropped.group_by(keys).aggregate([([], "count_all")])
    kept = {"partner": keys[0], "doc_id": keys[1], "ordinal": keys[2], "kept_partner": keys[3]}
    known = {name: counted[of] for name, of in kept.items()} | {"copies": counted["count_all"]}
    known["reason"] = pa.repeat(pa.scalar(COPIES), len(counted))
    none = {f.name: pa.nulls(len(counted), f.type) for f in DROPS if f.name not in known}
    copies = pa.table({**known, **none}, schema=DROPS)
    return pa.concat_tables([drops, copies]).sort_by(_ORDER)


def _reasons(pairs: _Pairs) -> npt.NDArray[np.int64]:
    is_absolute = pairs.kept["is_taken_down"].to_numpy()
    is_whole = _is_equal(pairs, "whole_hash")
    is_content = _is_equal(pairs, "canonical_hash")
    conditions = [is_absolute, pairs.similarity < 0, pairs.is_template, is_whole, is_content]
    return np.select(conditions, [_TAKEN_DOWN, _ID, _TEMPLATE, _EXACT, _CONTENT], _NEAR)


def _is_equal(pairs: _Pairs, name: str) -> Flags:
    one, other = (np.stack(hash_halves(rows[name])) for rows in (pairs.rows, pairs.kept))
    is_equal: Flags = (one == other).all(axis=0) & one.any(axis=0)
    return is_equal


def _lacking(pairs: _Pairs) -> tuple[Shares, npt.NDArray[np.int64]]:
    """Return the share of each document's text that the kept one has, and the characters it lacks.

    Of a Jaccard similarity s, texts of a and b characters share s (a + b) / (1 + s).
    """
    own, other = (_numbers(rows, "compared_chars") for rows in (pairs.rows, pairs.kept))
    is_equal = _is_equal(pairs, "canonical_hash")
    likeness = np.where(is_equal, 1.0, np.maximum(pairs.similarity, 0))
    shared = np.minimum(likeness * (own + other) / (1 + likeness), np.minimum(own, other))
    containment = np.divide(shared, own, out=np.ones_like(shared), where=own > 0)
    return containment, np.rint(own - shared).astype(np.int64)


def _numbers(rows: pa.Table, name: str) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = pc.fill_null(rows[name], 0).to_numpy().astype(np.int64)
    return numbers


def _evidence(pairs: _Pairs, reasons: npt.NDArray[np.int64], bands: BandParams) -> pa.Array:
    """Return the evidence, taken from a few sentences, one for every agreement.

    Of texts that are equal but for what is set aside, each has a sentence of its own.
    """
    is_absolute = pairs.kept["is_taken_down"].to_numpy()
    agreeing = np.rint(pairs.similarity * bands.num_perm).astype(np.int64)
    by_similarity = np.where(bands.is_exact & ~is_absolute, 2, 3 + agreeing)
    is_equal = _is_equal(pairs, "canonical_hash") & (is_absolute | (reasons == _EXACT))
    is_equal |= reasons == _EXACT
    sentence = np.select([pairs.similarity < 0, is_equal], [0, 1], by_similarity)
    values = bands.num_perm
    sentences = [
        "the partner gave both the same id",
        "the canonical texts are equal",
        f"Jaccard of {bands.shingle_chars}-character shingle sets",
        *(f"{number} of {values} MinHash values agree" for number in range(values + 1)),
    ]
    evidence = pa.array(sentences).take(pa.array(sentence))
    evidence = _with_prefix(
        evidence, reasons == _TEMPLATE, "a sibling, which differs in title or numbers"
    )
    is_content = reasons == _CONTENT
    if not is_content.any():
        return evidence
    some = pa.array(_contents(pairs, np.flatnonzero(is_content)), pa.string())
    return pc.replace_with_mask(evidence, pa.array(is_content), some)


def _with_prefix(evidence: pa.Array, is_so: Flags, prefix: str) -> pa.Array:
    longer = pc.binary_join_element_wise(prefix, evidence, ": ")
    return pc.if_else(pa.array(is_so), longer, evidence)


def _contents(pairs: _Pairs, at: npt.NDArray[np.int64]) -> list[str]:
    """Say what was set aside, and how similar the texts are with it: at least, by characters."""
    rows, kept = pairs.rows.take(pa.array(at)), pairs.kept.take(pa.array(at))
    compared = _numbers(rows, "compared_chars")
    aside = [_numbers(some, "whole_chars") - compared for some in (rows, kept)]
    kinds = _numbers(rows, "set_aside") | _numbers(kept, "set_aside")
    whole = compared / np.maximum(compared + aside[0] + aside[1], 1)
    columns = (kinds, aside[0], aside[1], whole)
    return [
        f"the canonical texts are equal without {_named(kind)} of {own} and {other} characters; "
        f"with them the similarity is at least {share:.2f}"
        for kind, own, other, share in zip(*(one.tolist() for one in columns), strict=True)
    ]


def _named(kinds: int) -> str:
    return ", ".join(name for kind, name in _ASIDE_NAMES.items() if kinds & kind)


def _unless(is_taken_down: pa.ChunkedArray, named: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(is_taken_down, pa.scalar(None, named.type), named)

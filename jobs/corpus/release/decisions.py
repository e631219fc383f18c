"""Decisions: one per delivered row, and the documents and facts that a release holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.identity import hex_hashes
from jobs.corpus.model.reasons import (
    COPIES,
    DROPPING_STAGES,
    TEMPLATE,
    DropReason,
    Stage,
    Verdict,
)
from jobs.corpus.model.tables import DECISIONS, HASH, RELEASED, WITH_META, released_facts_schema
from jobs.errors import ConservationError


def decisions(documents: pa.Table, drops: pa.Table, *, partner: str) -> pa.Table:
    """Return DECISIONS, a row per row of `documents`, in the same order.

    Args:
        documents: DOCUMENTS of one partner, with an `ordinal` column.
        drops: the DROPS of these documents, in any order.
        partner: the name of the partner that delivered the documents.

    Raises:
        ConservationError: a drop belongs to no document given, or to a rejected one.

    Law: row-wise, given the drops of the rows.
    """
    is_copies = pc.equal(drops["reason"], COPIES)
    drop_of = _aligned(documents, drops.filter(pc.invert(is_copies)))
    is_rejected = pc.is_valid(documents["reason"]).combine_chunks()
    is_template = pc.fill_null(pc.equal(drop_of["reason"], TEMPLATE), fill_value=False)
    drop_of, template_of = _without(drop_of, is_template), _kept_of(drop_of, is_template)
    is_dropped = pc.is_valid(drop_of["reason"]).combine_chunks()
    if pc.any(pc.and_(is_rejected, is_dropped)).as_py():
        raise ConservationError(f"partner {partner}: a rejected row was also dropped")
    verdict = _first(is_rejected, Verdict.REJECTED, is_dropped, Verdict.DROPPED, Verdict.KEPT)
    dropping = pa.array(map(str, DROPPING_STAGES), pa.string())
    verdict = pc.if_else(pc.is_in(documents["stage"], dropping), str(Verdict.DROPPED), verdict)
    stage = _first(is_rejected, documents["stage"], is_dropped, Stage.DEDUP, Stage.MERGE)
    columns = {
        "doc_id": pa.array(hex_hashes(documents["doc_id"]), pa.string()),
        "partner": pa.repeat(partner, len(documents)),
        "verdict": verdict,
        "stage": stage,
        "reason": pc.coalesce(documents["reason"], drop_of["reason"]),
        "evidence": pc.coalesce(drop_of["evidence"], documents["evidence"]),
        "kept_doc_id": pa.array(hex_hashes(drop_of["kept_doc_id"]), pa.string()),
        "kept_partner": drop_of["kept_partner"],
        **{name: drop_of[name] for name in ("similarity", "containment", "novel_chars")},
        "template_of": template_of,
        **_copies(documents, drops.filter(is_copies), verdict, partner),
        **{name: documents[name] for name in ("source_id", "source_file", "source_row", "url")},
    }
    # A release must not help to find what was taken down from it.
    is_down = pc.equal(columns["reason"], str(DropReason.TAKEN_DOWN))
    is_down = pc.fill_null(is_down, pa.scalar(value=False))
    for name in ("source_id", "url"):
        columns[name] = pc.if_else(is_down, pa.scalar(None, pa.string()), columns[name])
    return pa.table([columns[name] for name in DECISIONS.names], schema=DECISIONS)


def _without(drop_of: pa.Table, is_template: pa.ChunkedArray) -> pa.Table:
    """Return rows of DROPS, null where the document stays as a sibling."""
    columns = [
        pc.if_else(is_template, pa.scalar(None, column.type), column) for column in drop_of.columns
    ]
    return pa.table(columns, names=drop_of.column_names)


def _kept_of(drop_of: pa.Table, is_template: pa.ChunkedArray) -> pa.Array:
    named = pc.if_else(is_template, drop_of["kept_doc_id"], pa.scalar(None, HASH))
    return pa.array(hex_hashes(named), pa.string())


def _copies(
    documents: pa.Table, copies: pa.Table, verdict: pa.Array, partner: str
) -> dict[str, pa.Array]:
    """Return how many documents each kept one stands for, and of how many partners."""
    is_own = pc.cast(pc.equal(copies["kept_partner"], partner), pa.int64())
    rows = copies.select(["ordinal", "copies"]).append_column("is_own", is_own)
    sums = [("copies", "sum"), ("is_own", "max")]
    partners = copies.select(["ordinal", "kept_partner"]).group_by("ordinal")
    counted = rows.group_by("ordinal").aggregate(sums)
    distinct = partners.aggregate([("kept_partner", "count_distinct")])
    is_kept = pc.equal(verdict, str(Verdict.KEPT))

    def aligned(table: pa.Table, name: str) -> Any:
        return pc.fill_null(table[name].take(_rows_of(documents["ordinal"], table)), 0)

    others = pc.subtract(
        aligned(distinct, "kept_partner_count_distinct"), aligned(counted, "is_own_max")
    )
    numbers = {"copies": aligned(counted, "copies_sum"), "copy_partners": others}
    none = pa.scalar(None, pa.int64())
    return {name: pc.if_else(is_kept, pc.add(n, 1), none) for name, n in numbers.items()}


def released(
    documents: pa.Table, verdicts: pa.Table, *, licence: str, has_meta: bool = False
) -> pa.Table:
    """Return RELEASED, or WITH_META: the kept documents, in the same order.

    Args:
        documents: as for `decisions`.
        verdicts: their DECISIONS.
        licence: the partner's, of documents whose source has none of its own.
        has_meta: whether the release has columns of partners' own.
    """
    is_kept = pc.equal(verdicts["verdict"], str(Verdict.KEPT))
    kept = documents.filter(is_kept)
    columns = {name: kept[name] for name in kept.column_names}
    columns["id"] = verdicts["doc_id"].filter(is_kept)
    columns["partner"] = verdicts["partner"].filter(is_kept)
    columns["licence"] = pc.fill_null(kept["licence"], licence)
    columns |= {name: verdicts[name].filter(is_kept) for name in ("copies", "copy_partners")}
    schema = WITH_META if has_meta else RELEASED
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def released_facts(facts: pa.Table, documents: pa.Table, verdicts: pa.Table) -> pa.Table:
    """Return the facts of the kept documents, in the order of `released`.

    Args:
        facts: rows of `facts_schema` with an `ordinal` column, of these documents, in any order.
        documents: as for `decisions`.
        verdicts: their DECISIONS.

    Raises:
        ConservationError: a kept document has no facts.
    """
    is_kept = pc.equal(verdicts["verdict"], str(Verdict.KEPT))
    rows = _rows_of(documents["ordinal"].filter(is_kept), facts)
    if rows.null_count:
        raise ConservationError(f"{rows.null_count} of {len(rows)} kept documents have no facts")
    facts = facts.take(rows)
    columns = {name: facts[name] for name in facts.column_names}
    columns["id"] = verdicts["doc_id"].filter(is_kept)
    columns["partner"] = verdicts["partner"].filter(is_kept)
    columns["is_template"] = pc.is_valid(verdicts["template_of"]).filter(is_kept)
    schema = released_facts_schema(facts.schema.field("signature").type.byte_width // 4)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def verdict_counts(verdicts: pa.Table) -> Counter[tuple[str, str, str]]:
    """Count rows per (verdict, stage, reason); the reason of a kept row is empty."""
    names = ["verdict", "stage", "reason"]
    rows = verdicts.group_by(names).aggregate([([], "count_all")]).to_pylist()
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        counts[row["verdict"], row["stage"], row["reason"] or ""] += row["count_all"]
    return counts


def slices_by_bytes(content: pa.ChunkedArray, limit_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield row ranges of at most `limit_bytes` of text; a longer text is alone in its range."""
    sizes = pc.binary_length(content).to_numpy()
    start = size = 0
    for row, row_bytes in enumerate(sizes):
        if row > start and size + row_bytes > limit_bytes:
            yield start, row
            start, size = row, 0
        size += int(row_bytes)
    if len(sizes) > start:
        yield start, len(sizes)


def _aligned(documents: pa.Table, drops: pa.Table) -> pa.Table:
    """Return for each document the drop that names it, or nulls."""
    rows = _rows_of(documents["ordinal"], drops)
    found = len(rows) - rows.null_count
    if found != len(drops):
        raise ConservationError(f"{len(drops)} drops name {found} of {len(documents)} documents")
    return drops.take(rows)


def _rows_of(ordinals: pa.ChunkedArray, table: pa.Table) -> pa.Int64Array:
    """Return for each ordinal the row of the table that has it, or null."""
    wanted, known = ordinals.to_numpy(), table["ordinal"].to_numpy()
    order = np.argsort(known)
    slots = np.searchsorted(known[order], wanted)
    is_found = np.append(known[order], -1)[slots] == wanted
    return pa.array(np.append(order, 0)[slots], mask=~is_found)


def _first(
    is_one: pa.Array, one: pa.ChunkedArray | str, is_two: pa.Array, two: str, other: str
) -> pa.Array:
    return pc.if_else(is_one, one, pc.if_else(is_two, str(two), str(other)))

"""Withdrawal: which documents a takedown means, and what tables are once they are gone.

What is left behind of a document is its tombstone: its id and, unless its text may stay with
others, hashes and signature by which copies of it are known. No text, title or address.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.banding import BandParams
from jobs.corpus.dedup.ranking import RankParams
from jobs.corpus.dedup.survivors import survivors
from jobs.corpus.model.identity import hash_column
from jobs.corpus.model.reasons import DropReason, Stage, Verdict
from jobs.corpus.model.sites import is_below, named_site, sites
from jobs.corpus.model.tables import DECISIONS, ranked_schema
from jobs.errors import ConfigError

_ID = ("id", "partner")
MATCHING_FACTS = (*_ID, "text_hash", "canonical_hash", "signature")
"""The facts by which a document and its copies are known again."""

CLEARED_COLUMNS = ("evidence", "kept_doc_id", "kept_partner", "similarity", "url", "source_id")
"""The columns of DECISIONS that say nothing any more once a row is taken down."""


class Policy(StrEnum):
    """What becomes of other copies of a text that is taken down."""

    REMOVE = "remove"  # they go too, and none comes back
    RESTORE = "restore"  # the ids go; a later build may keep a copy of somebody else


@dataclass(frozen=True)
class Selection:
    """Which documents; several criteria mean those that meet all of them.

    Attributes:
        ids: Theirs, 32 hexadecimal digits each.
        urls: Whole addresses, as released.
        url_prefix: What their addresses begin with.
        domain: A host, in any spelling; those below it belong to it.
        partner: Whose.
        licence: As released.
        contains: Characters that the text or title has, as they are.
    """

    ids: tuple[str, ...]
    urls: tuple[str, ...]
    url_prefix: str | None
    domain: str | None
    partner: str | None
    licence: str | None
    contains: str | None

    def __post_init__(self) -> None:
        """Refuse to select everything."""
        if not self.columns:
            raise ConfigError(
                "nothing says which documents: give ids=[…], urls=[…], url_prefix=…, domain=…, "
                "partner=…, licence=… or contains=…; of several, documents must meet all"
            )
        if self.domain and named_site(self.domain) is None:
            raise ConfigError("domain: this is no host; give one, as domain=private.example")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a release that decide, each once."""
        asked = {
            "id": self.ids,
            "url": self.urls or self.url_prefix or self.domain,
            "partner": self.partner,
            "licence": self.licence,
            "content": self.contains,
            "title": self.contains,
        }
        return tuple(name for name, value in asked.items() if value)

    @property
    def words(self) -> str:
        """What `contains` looks for, as released texts spell it."""
        return unicodedata.normalize("NFC", self.contains or "")


def selected(documents: pa.Table, selection: Selection) -> pa.ChunkedArray:
    """Whether each document is matched.

    Args:
        documents: at least `selection.columns` of RELEASED.
        selection: the criteria.

    Law: row-wise.
    """
    meets = pa.chunked_array([pa.repeat(pa.scalar(value=True), len(documents))])
    for criterion, _ in criteria_masks(documents, selection):
        meets = pc.and_(meets, null_as_false(criterion))
    if selection.contains:
        for_words = partial(pc.match_substring, pattern=selection.words)
        has = any_of([null_as_false(for_words(documents[name])) for name in ("content", "title")])
        meets = pc.and_(meets, has)
    return meets


def null_as_false(criterion: Any) -> Any:
    """What a null leaves open is not so."""
    return pc.fill_null(criterion, pa.scalar(value=False))


def criteria_masks(
    documents: pa.Table, selection: Selection
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Whether each document meets a criterion beside `contains`, and the words that tell of it."""
    if selection.ids:
        yield pc.is_in(documents["id"], value_set=pa.array(selection.ids, pa.string())), ()
    if selection.urls:
        is_one = pc.is_in(documents["url"], value_set=pa.array(selection.urls, pa.string()))
        yield is_one, selection.urls
    if prefix := selection.url_prefix:
        yield pc.starts_with(documents["url"], pattern=prefix), (prefix,)
    if domain := selection.domain:
        yield is_below(sites(documents["url"]), domain), (named_site(domain) or domain,)
    for name in ("partner", "licence"):
        if wanted := getattr(selection, name):
            yield pc.equal(documents[name], wanted), ()


def matched(decisions: pa.Table, selection: Selection, *, licence: str) -> pa.ChunkedArray:
    """Whether each row of DECISIONS is matched, released or not; what is no longer told means none.

    Of rows that are in no release there is no text: `contains` excludes none of them.

    Args:
        decisions: columns `doc_id`, `partner` and `url`.
        selection: the criteria, others than `contains` among them.
        licence: of the partner, when the rows were delivered.

    Law: row-wise.
    """
    rows = decisions.select(["doc_id", "partner", "url"]).rename_columns(["id", "partner", "url"])
    rows = rows.append_column("licence", pa.repeat(licence, len(rows)))
    return selected(rows, replace(selection, contains=None))


def is_restorable(
    decisions: pa.Table, gone: pa.Array, selection: Selection, *, licence: str
) -> pa.ChunkedArray:
    """Whether each row of DECISIONS was dropped for a document that goes, and is not matched.

    Args:
        decisions: columns `doc_id`, `partner`, `url` and `kept_doc_id`.
        gone: ids of the documents that go.
        selection: what matched them.
        licence: as for `matched`.

    Law: row-wise.
    """
    goes = pc.or_(
        pc.is_in(decisions["doc_id"], value_set=gone),
        matched(decisions, selection, licence=licence),
    )
    return pc.and_(pc.is_in(decisions["kept_doc_id"], value_set=gone), pc.invert(goes))


def tombstones(facts: pa.Table, *, policy: Policy, barred: pa.Table) -> pa.Table:
    """What is left of documents: a row each, by id; with `restore`, without anything of the text.

    Args:
        facts: theirs, columns `MATCHING_FACTS`.
        policy: whether copies of the text are to be known.
        barred: `id` and `partner` of others that are known by nothing else, with `restore`.
    """
    if policy == Policy.RESTORE:
        ids = pa.concat_tables([facts.select(list(_ID)), barred])
        return ids.group_by(list(_ID)).aggregate([]).sort_by([("id", "ascending")])
    return facts.select(list(MATCHING_FACTS)).sort_by(
        [("id", "ascending"), ("text_hash", "ascending")]
    )


def is_copy(facts: pa.Table, gone: pa.Table, *, bands: BandParams) -> pa.ChunkedArray:
    """Whether each document is one of those that are gone, or a copy of one.

    A copy has the same text or canonical text, or is as similar as the threshold.

    Args:
        facts: columns `MATCHING_FACTS`.
        gone: likewise, signed in the same way.
        bands: what makes a copy; similarities are estimated, whatever it says of verifying.

    Law: row-wise in `facts`.
    """
    num_perm = bands.num_perm
    here = _ranked(facts, num_perm, first=len(gone), is_gone=False)
    ranked = pa.concat_tables([_ranked(gone, num_perm, first=0, is_gone=True), here])
    drops = survivors(ranked, bands=bands, rank=RankParams(()), frozen_only=True)
    ordinals = pa.array(range(len(gone), len(ranked)), pa.int64())
    found = pc.is_in(ordinals, value_set=drops["ordinal"].combine_chunks())
    return pc.or_(pa.chunked_array([found]), has_same_text(facts, gone))


def has_same_text(facts: pa.Table, gone: pa.Table) -> pa.ChunkedArray:
    """Whether each document has an id or a text, to the letter, of those that are gone."""
    known = [
        pc.is_in(facts[name], value_set=gone[name].combine_chunks()) for name in ("id", "text_hash")
    ]
    return pc.or_(*known)


def _ranked(facts: pa.Table, num_perm: int, *, first: int, is_gone: bool) -> pa.Table:
    schema = ranked_schema(num_perm)
    told = facts.append_column("doc_id", hash_column(facts["id"]))
    ordinals = pa.array(range(first, first + len(facts)), pa.int64())
    told = told.append_column("ordinal", ordinals)
    for name in ("is_frozen", "is_taken_down"):
        told = told.append_column(name, pa.array([is_gone] * len(facts), pa.bool_()))
    return with_columns(told, schema).select(schema.names).cast(schema)


def with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with every column of a schema: what it lacks is null, or zero where null cannot be.

    For tombstones, which tell less than facts do: what they lack only ranks documents.
    """
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, _unknown(field, len(table)))
    return table


def _unknown(field: pa.Field, rows: int) -> pa.Array:
    if field.nullable:
        return pa.nulls(rows, field.type)
    value = bytes(field.type.byte_width) if pa.types.is_fixed_size_binary(field.type) else 0
    return pa.repeat(pa.scalar(value, field.type), rows)


def refers_to(table: pa.Table, gone: pa.Array) -> pa.ChunkedArray:
    """Whether each row of a released table is about documents that are gone, or names one.

    Args:
        table: the columns `id`, `doc_id` and `kept_doc_id` of it, as far as it has them.
        gone: their ids.
    """
    return any_of([pc.is_in(column, value_set=gone) for column in table.columns])


def any_of(masks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Whether any of some masks holds, row by row."""
    found = masks[0]
    for mask in masks[1:]:
        found = pc.or_(found, mask)
    return found


def decisions_without(
    decisions: pa.Table, gone: pa.Array, struck: pa.ChunkedArray | None = None
) -> pa.Table:
    """DECISIONS as they are once documents are gone: the same rows in the same order.

    Rows of what is gone, of what was dropped in its favour, and others that are struck, become
    `dropped`, stage `takedown`, reason `taken_down`; they name nobody and lose addresses and
    evidence. Rows that were rejected stay so and lose as much.

    Law: row-wise.
    """
    is_gone = pc.is_in(decisions["doc_id"], value_set=gone)
    touched = pc.or_(is_gone, pc.is_in(decisions["kept_doc_id"], value_set=gone))
    if struck is not None:
        touched = pc.or_(touched, struck)
    is_down = pc.and_(touched, pc.not_equal(decisions["verdict"], str(Verdict.REJECTED)))
    columns = {name: decisions[name] for name in decisions.column_names}
    told = {"verdict": Verdict.DROPPED, "stage": Stage.TAKEDOWN, "reason": DropReason.TAKEN_DOWN}
    for name, value in told.items():
        columns[name] = pc.if_else(is_down, str(value), columns[name])
    for name in CLEARED_COLUMNS:
        none = pa.scalar(None, DECISIONS.field(name).type)
        columns[name] = pc.if_else(touched, none, columns[name])
    return pa.table([columns[name] for name in DECISIONS.names], schema=DECISIONS)

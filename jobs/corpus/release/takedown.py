"""Takedown: which rows a selection matches, and released tables without them.

A tombstone stays of each document: its id and, unless copies of its text may stay, hashes and
signature by which copies are recognized. It has no text, title or address.
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

from jobs.config_errors import KeyMissing
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.params import BandParams, RankParams
from jobs.corpus.model.identity import hash_column
from jobs.corpus.model.reasons import DropReason, Stage, Verdict
from jobs.corpus.model.sites import is_below, named_site, sites
from jobs.corpus.model.tables import DECISIONS, ranked_schema, with_columns
from jobs.errors import ConfigError

_ID = ("id", "partner")
MATCHING_FACTS = (*_ID, "text_hash", "canonical_hash", "signature")
"""The facts by which a document and its copies are recognized."""

IDENTIFYING_COLUMNS = ("evidence", "kept_doc_id", "kept_partner", "similarity", "url", "source_id")
CLEARED_COLUMNS = (
    *IDENTIFYING_COLUMNS,
    *("containment", "novel_chars", "template_of", "copies", "copy_partners"),
)
"""The columns of DECISIONS that are null once a row is taken down; older releases lack some."""


class Policy(StrEnum):
    """What happens to other copies of a text that is taken down."""

    REMOVE = "remove"  # they are taken down too, now and in later builds
    RESTORE = "restore"  # ids are taken down; a copy of another partner may be kept


@dataclass(frozen=True)
class Selection:
    """Criteria of a takedown; a document must meet all that are given.

    Attributes:
        ids: Of documents, 32 hexadecimal digits each.
        urls: Whole addresses, as released.
        url_prefix: The beginning of addresses.
        domain: A host, in any spelling; its subdomains belong to it.
        partner: The partner's name.
        licence: As released.
        contains: Characters of the text or title, exactly.
    """

    ids: tuple[str, ...]
    urls: tuple[str, ...]
    url_prefix: str | None
    domain: str | None
    partner: str | None
    licence: str | None
    contains: str | None

    def __post_init__(self) -> None:
        """Refuse a selection without criteria."""
        if not self.columns:
            raise KeyMissing(
                "no criterion selects documents: give ids=[…], urls=[…], url_prefix=…, domain=…, "
                "partner=…, licence=… or contains=…; of several, documents must meet all"
            )
        if self.domain and named_site(self.domain) is None:
            raise ConfigError("domain: this is no host; give one, as domain=private.example")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of RELEASED that the criteria need, each once."""
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
    def wanted_text(self) -> str:
        """The characters of `contains` in NFC, as in released texts."""
        return unicodedata.normalize("NFC", self.contains or "")


def selected(documents: pa.Table, selection: Selection) -> pa.ChunkedArray:
    """Whether each document is selected.

    Args:
        documents: at least `selection.columns` of RELEASED.
        selection: the criteria.

    Law: row-wise.
    """
    is_match = pa.chunked_array([pa.repeat(pa.scalar(value=True), len(documents))])
    for criterion, _ in criteria_masks(documents, selection):
        is_match = pc.and_(is_match, null_as_false(criterion))
    if selection.contains:
        contains = partial(pc.match_substring, pattern=selection.wanted_text)
        has = any_of([null_as_false(contains(documents[name])) for name in ("content", "title")])
        is_match = pc.and_(is_match, has)
    return is_match


def null_as_false(criterion: Any) -> Any:
    """Replace null in a mask with false."""
    return pc.fill_null(criterion, pa.scalar(value=False))


def criteria_masks(
    documents: pa.Table, selection: Selection
) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield for each criterion but `contains` a mask of documents, and texts that evidence quotes.

    Args:
        documents: the columns that the criteria need.
        selection: the criteria.
    """
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
    """Whether each row of DECISIONS matches, released or not; cleared columns match nothing.

    Rows in no release have no text, so `contains` is not applied.

    Args:
        decisions: columns `doc_id`, `partner` and `url`.
        selection: the criteria; at least one other than `contains`.
        licence: the partner's, when the rows were delivered.

    Law: row-wise.
    """
    rows = decisions.select(["doc_id", "partner", "url"]).rename_columns(["id", "partner", "url"])
    rows = rows.append_column("licence", pa.repeat(licence, len(rows)))
    return selected(rows, replace(selection, contains=None))


def is_restorable(
    decisions: pa.Table, taken_down: pa.Array, selection: Selection, *, licence: str
) -> pa.ChunkedArray:
    """Whether each row of DECISIONS is a duplicate of a taken down document, but not matched.

    Args:
        decisions: columns `doc_id`, `partner`, `url` and `kept_doc_id`.
        taken_down: ids of documents.
        selection: the criteria that matched them.
        licence: as for `matched`.

    Law: row-wise.
    """
    is_taken_down = pc.or_(
        pc.is_in(decisions["doc_id"], value_set=taken_down),
        matched(decisions, selection, licence=licence),
    )
    return pc.and_(
        pc.is_in(decisions["kept_doc_id"], value_set=taken_down), pc.invert(is_taken_down)
    )


def tombstones(facts: pa.Table, *, policy: Policy, blocked: pa.Table) -> pa.Table:
    """Return the tombstones of documents, by id; with `restore`, ids and partners alone.

    Args:
        facts: of the documents, columns MATCHING_FACTS.
        policy: whether copies of the text are taken down too.
        blocked: `id` and `partner` of further rows without facts, with `restore`.
    """
    if policy == Policy.RESTORE:
        ids = pa.concat_tables([facts.select(list(_ID)), blocked])
        return ids.group_by(list(_ID)).aggregate([]).sort_by([("id", "ascending")])
    return facts.select(list(MATCHING_FACTS)).sort_by(
        [("id", "ascending"), ("text_hash", "ascending")]
    )


def is_copy(facts: pa.Table, taken_down: pa.Table, *, bands: BandParams) -> pa.ChunkedArray:
    """Whether each document is one of those taken down, or a copy of one.

    A copy has the same text or canonical text, or is as similar as the threshold.

    Args:
        facts: columns MATCHING_FACTS.
        taken_down: likewise, with signatures of the same parameters.
        bands: what makes a copy; similarities are estimated, whatever it says of verifying.

    Law: row-wise in `facts`.
    """
    num_perm = bands.num_perm
    here = _ranked(facts, num_perm, first=len(taken_down), is_taken_down=False)
    ranked = pa.concat_tables([_ranked(taken_down, num_perm, first=0, is_taken_down=True), here])
    drops = find_duplicates(ranked, bands=bands, rank=RankParams(()), frozen_only=True)
    ordinals = pa.array(range(len(taken_down), len(ranked)), pa.int64())
    found = pc.is_in(ordinals, value_set=drops["ordinal"].combine_chunks())
    return pc.or_(pa.chunked_array([found]), has_same_text(facts, taken_down))


def has_same_text(facts: pa.Table, taken_down: pa.Table) -> pa.ChunkedArray:
    """Whether each document has the id or the exact text of one that was taken down."""
    known = [
        pc.is_in(facts[name], value_set=taken_down[name].combine_chunks())
        for name in ("id", "text_hash")
    ]
    return pc.or_(*known)


def _ranked(facts: pa.Table, num_perm: int, *, first: int, is_taken_down: bool) -> pa.Table:
    schema = ranked_schema(num_perm)
    known = facts.append_column("doc_id", hash_column(facts["id"]))
    ordinals = pa.array(range(first, first + len(facts)), pa.int64())
    known = known.append_column("ordinal", ordinals)
    for name in ("is_frozen", "is_taken_down"):
        known = known.append_column(name, pa.array([is_taken_down] * len(facts), pa.bool_()))
    known = known.append_column("is_template", pa.array([False] * len(facts), pa.bool_()))
    return with_columns(known, schema).select(schema.names).cast(schema)


def refers_to(table: pa.Table, taken_down: pa.Array) -> pa.ChunkedArray:
    """Whether each row of a released table refers to a document that was taken down.

    Args:
        table: those of its columns `id`, `doc_id` and `kept_doc_id` that it has.
        taken_down: ids of documents.
    """
    return any_of([pc.is_in(column, value_set=taken_down) for column in table.columns])


def any_of(masks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Combine masks by `or`, row by row."""
    found = masks[0]
    for mask in masks[1:]:
        found = pc.or_(found, mask)
    return found


def decisions_without(
    decisions: pa.Table, taken_down: pa.Array, struck: pa.ChunkedArray | None = None
) -> pa.Table:
    """Return DECISIONS after a takedown: the same rows in the same order.

    Rows of documents taken down, of their duplicates and of `struck` become `dropped`, stage
    `takedown`, reason `taken_down`; CLEARED_COLUMNS become null. Rejected rows stay rejected and
    are cleared too.

    Args:
        decisions: DECISIONS.
        taken_down: ids of documents.
        struck: a mask of further rows.

    Law: row-wise.
    """
    is_selected = pc.is_in(decisions["doc_id"], value_set=taken_down)
    is_cleared = pc.or_(is_selected, pc.is_in(decisions["kept_doc_id"], value_set=taken_down))
    if struck is not None:
        is_cleared = pc.or_(is_cleared, struck)
    is_dropped = pc.and_(is_cleared, pc.not_equal(decisions["verdict"], str(Verdict.REJECTED)))
    columns = {name: decisions[name] for name in decisions.column_names}
    values = {"verdict": Verdict.DROPPED, "stage": Stage.TAKEDOWN, "reason": DropReason.TAKEN_DOWN}
    for name, value in values.items():
        columns[name] = pc.if_else(is_dropped, str(value), columns[name])
    for name in set(CLEARED_COLUMNS) & columns.keys():
        none = pa.scalar(None, DECISIONS.field(name).type)
        columns[name] = pc.if_else(is_cleared, none, columns[name])
    if "template_of" in columns:
        is_named = pc.is_in(columns["template_of"], value_set=taken_down)
        none = pa.scalar(None, pa.string())
        columns["template_of"] = pc.if_else(is_named, none, columns["template_of"])
    schema = pa.schema([field for field in DECISIONS if field.name in columns])
    return pa.table([columns[name] for name in schema.names], schema=schema)

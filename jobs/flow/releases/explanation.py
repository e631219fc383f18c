"""Explanation of one document, from the decisions of a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.identity import document_id
from jobs.errors import ConfigError
from jobs.flow.releases.opened_release import OpenedRelease

_HEX_DIGITS = 32
Row = dict[str, Any]
"""A row of a table of the release, by the names of its columns."""


@dataclass(frozen=True)
class Explanation:
    """Everything that a release has about one id.

    Attributes:
        doc_id: The id to explain.
        decisions: Its delivered rows: several if the partner delivered it several times.
        document: The released row of the id, or of the document that replaces it.
        replaced: Decisions that name this id as their kept document.
        removals: The spans removed from its text.
    """

    doc_id: str
    decisions: list[Row]
    document: Row | None
    replaced: list[Row]
    removals: list[Row]


def explain(release: OpenedRelease, asked: str) -> Explanation | None:
    """Explain a document; None if no delivery of the release has it.

    Args:
        release: where to look.
        asked: 32 hexadecimal digits, or `PARTNER/ID` with the partner's own id.
    """
    doc_id = _resolved(release, asked)
    decisions = rows_with(release, "decisions", "doc_id", doc_id)
    if not decisions:
        return None
    shown = next((row["doc_id"] for row in decisions if row["verdict"] == "kept"), None)
    shown = shown or next((row["kept_doc_id"] for row in decisions if row["kept_doc_id"]), None)
    documents = rows_with(release, "shards", "id", shown) if shown else []
    replaced = _naming(release, doc_id)
    removals = rows_with(release, "removals", "doc_id", doc_id)
    document = documents[0] if documents else None
    return Explanation(doc_id, decisions, document, replaced, removals)


def _resolved(release: OpenedRelease, asked: str) -> str:
    partner, slash, source_id = asked.partition("/")
    if slash and partner in release.manifest["partners"]:
        return document_id(partner, source_id).hex()
    if len(asked) == _HEX_DIGITS and set(asked) <= set("0123456789abcdef"):
        return asked
    partners = ", ".join(release.manifest["partners"])
    raise ConfigError(
        f"id={asked!r} is neither 32 hexadecimal digits nor PARTNER/ID with one of: {partners}"
    )


def rows_with(release: OpenedRelease, kind: str, column: str, doc_id: str) -> list[Row]:
    """Return the rows of an id in the files of a kind; opens files whose range has it alone.

    Args:
        release: where to look.
        kind: of its files.
        column: that holds the id.
        doc_id: 32 hexadecimal digits.
    """
    rows: list[Row] = []
    for file in release.entries(kind):
        if file["first_id"] <= doc_id <= file["last_id"]:
            rows += _read(release, file["key"], column, doc_id).to_pylist()
    return rows


def _naming(release: OpenedRelease, doc_id: str) -> list[Row]:
    rows: list[Row] = []
    for file in release.manifest["decisions"]:
        rows += _read(release, file["key"], "kept_doc_id", doc_id).to_pylist()
    return rows


def _read(release: OpenedRelease, key: str, column: str, value: str) -> pa.Table:
    # A person looks at a few rows of many files, and nothing is made of them: these are not hashed.
    with release.store.open(key) as stream:
        return pq.read_table(stream, filters=pc.field(column) == value)

"""Explanation of one document, from the decisions of a release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config_errors import NothingSelected
from jobs.corpus.model.identity import document_id
from jobs.flow.releases.opened_release import OpenedRelease

_HEX_DIGITS = 32
_MOST_LISTED = 10
_ROW = re.compile(r"(?P<file>.+):(?P<row>\d+)")
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

    @property
    def duplicate(self) -> Row | None:
        """The first delivered row that was dropped for a document that stayed; None without."""
        return next((row for row in self.decisions if row["kept_doc_id"] is not None), None)


def explain(release: OpenedRelease, asked: str) -> Explanation | None:
    """Explain a document; None if no delivery of the release has it.

    Args:
        release: where to look.
        asked: 32 hexadecimal digits, `PARTNER/ID` with the partner's own id, an address,
            `FILE:ROW` of a delivered file, or the title of a kept document.
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
    """Return the id that is meant; read columns of all files where it is no id.

    Raises:
        ConfigError: several documents are meant, or what is asked looks like nothing known.
    """
    if len(asked) == _HEX_DIGITS and set(asked) <= set("0123456789abcdef"):
        return asked
    partner, slash, source_id = asked.partition("/")
    if slash and partner in release.manifest["partners"]:
        doc_id = document_id(partner, source_id).hex()
        if rows_with(release, "decisions", "doc_id", doc_id):
            return doc_id
    if "://" in asked:
        return _only(asked, _matching(release, "decisions", "doc_id", pc.field("url") == asked))
    if row := _ROW.fullmatch(asked):
        is_it = (pc.field("source_file") == row["file"]) & (
            pc.field("source_row") == int(row["row"])
        )
        return _only(asked, _matching(release, "decisions", "doc_id", is_it))
    return _only(asked, _matching(release, "shards", "id", pc.field("title") == asked))


def _only(asked: str, found: set[str]) -> str:
    """Return the one id that was found."""
    if len(found) == 1:
        return found.pop()
    if not found:
        raise NothingSelected(
            f"id={asked!r} is in no delivery: give 32 hexadecimal digits, PARTNER/ID with the "
            "partner's own id, an address, FILE:ROW of a delivered file, or the title of a kept "
            "document; heliu search finds words of a text"
        )
    listed = ", ".join(sorted(found)[:_MOST_LISTED])
    raise NothingSelected(
        f"id={asked!r} is that of {len(found)} documents: give one id of {listed}"
    )


def _matching(release: OpenedRelease, kind: str, column: str, is_it: pc.Expression) -> set[str]:
    """Return the ids of all rows of a kind of file that an expression holds for."""
    found: set[str] = set()
    for file in release.entries(kind):
        with release.store.open(file["key"]) as stream:
            found.update(pq.read_table(stream, columns=[column], filters=is_it)[column].to_pylist())
    return found


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

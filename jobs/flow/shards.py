"""Normalized shards: the tables that normalize writes for an input shard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """The tables that a task wrote for successive rows of an input shard.

    Attributes:
        documents_key: STORED_DOCUMENTS, first those that may lose site boilerplate, by `doc_id`.
        facts_key: Their facts by `doc_id`.
        removals_key: Their REMOVALS by `doc_id`.
        edges_key: The lines at their ends; None if site boilerplate is not removed.
        changes_key: CHANGES: what removing site boilerplate changes in some of these documents;
            None if it changes none.
        first_position: The position of its first row in order of delivery.
        end_position: A position after its last row.
        losing_rows: How many documents may lose site boilerplate.
    """

    documents_key: str
    facts_key: str
    removals_key: str
    edges_key: str | None = None
    changes_key: str | None = None
    first_position: int = 0
    end_position: int = 1 << 62
    losing_rows: int = 0


@dataclass(frozen=True)
class NormalizedShard:
    """The result of normalizing an input shard.

    Attributes:
        partner: That delivered it.
        key: Of the input shard.
        runs: The tables written, in order of delivery.
        delivered: Rows read; positions run from 0 to this.
        rejected: Rows per (stage, reason), sorted.
        content_bytes: UTF-8 bytes of all documents.
        base: The ordinal of position 0 in this build.
        columns: Rows with a value, for each column of DELIVERED but the text.
        empty: Files without a row.
        benchmarks: Documents per (benchmark, outcome): dropped, cut, reported or quoted; sorted.
        items_found: (benchmark, item) of each item found, sorted.
        files: Name and digest of each file that was hashed while it was read.
        boundaries: Rows that a section of a release may begin with: position, bytes of text
            before it, level; ascending.
        private_data: Per (kind, "documents" or "values"), how many; sorted.
        swallowed_lines: Lines inside quotes that look like rows of their own.
    """

    partner: str
    key: str
    runs: tuple[Run, ...]
    delivered: int
    rejected: tuple[tuple[str, str, int], ...]
    content_bytes: int
    base: int
    columns: tuple[tuple[str, int], ...] = ()
    empty: tuple[str, ...] = ()
    benchmarks: tuple[tuple[str, str, int], ...] = ()
    items_found: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    boundaries: tuple[tuple[int, int, int], ...] = ()
    private_data: tuple[tuple[str, str, int], ...] = ()
    swallowed_lines: int = 0

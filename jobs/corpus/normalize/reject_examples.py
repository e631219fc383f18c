"""Rejected rows by reason: how many, in which files, and what shows it of some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.intake.column_names import did_you_mean, spelling
from jobs.corpus.model.reasons import RejectReason

COLUMNS = ["source_file", "source_row", "stage", "reason", "evidence"]
"""Of DOCUMENTS, what is asked of rejected rows."""

EXAMPLES = 3
_FILES = 3
_EVIDENCE_CHARS = 120


@dataclass(frozen=True)
class RejectedIn:
    """Rows of one file that are rejected for one reason; `first` and `last` are their numbers."""

    file: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True)
class RejectedRow:
    """A rejected row and what shows why."""

    file: str
    row: int
    evidence: str


@dataclass(frozen=True)
class Rejects:
    """Rows that are rejected for one reason.

    Attributes:
        stage: That rejects them.
        reason: Why.
        rows: How many.
        files: In how many files.
        worst: The files with most of them.
        examples: The first row of some files, most rows first; further ones of a single file.
    """

    stage: str
    reason: str
    rows: int
    files: int
    worst: tuple[RejectedIn, ...]
    examples: tuple[RejectedRow, ...]


def rejects(rows: pa.Table) -> list[Rejects]:
    """Return the rejected rows of a table by reason, the most frequent first.

    Args:
        rows: `COLUMNS` of DOCUMENTS; those without a reason are passed over.
    """
    rows = rows.select(COLUMNS).filter(pc.is_valid(rows["reason"])).combine_chunks()
    rows = rows.sort_by([("source_file", "ascending"), ("source_row", "ascending")])
    found = rows.group_by(["stage", "reason"]).aggregate([("source_row", "count")])
    kinds = sorted(found.to_pylist(), key=lambda one: (-one["source_row_count"], one["reason"]))
    return [_of_kind(rows, one["stage"], one["reason"]) for one in kinds]


def _of_kind(rows: pa.Table, stage: str, reason: str) -> Rejects:
    own = rows.filter(pc.and_(pc.equal(rows["stage"], stage), pc.equal(rows["reason"], reason)))
    numbers = own.group_by("source_file").aggregate(
        [("source_row", "count"), ("source_row", "min"), ("source_row", "max")]
    )
    files = [
        RejectedIn(
            one["source_file"],
            one["source_row_count"],
            one["source_row_min"],
            one["source_row_max"],
        )
        for one in numbers.to_pylist()
    ]
    files.sort(key=lambda one: (-one.rows, one.file))
    examples = [row for file in files[:EXAMPLES] for row in _rows_of(own, file.file)]
    return Rejects(
        stage,
        reason,
        len(own),
        len(files),
        tuple(files[:_FILES]),
        tuple(_spread(examples, len(files)))[:EXAMPLES],
    )


def _rows_of(own: pa.Table, file: str) -> Iterator[RejectedRow]:
    for row in own.filter(pc.equal(own["source_file"], file)).slice(0, EXAMPLES).to_pylist():
        evidence = " ".join((row["evidence"] or "").split())
        yield RejectedRow(file, row["source_row"], evidence[:_EVIDENCE_CHARS])


def _spread(examples: Sequence[RejectedRow], files: int) -> Iterator[RejectedRow]:
    """Yield the first row of each file, then the others; there are several only of few files."""
    first = {one.file: one for one in reversed(examples)}
    yield from (first[name] for name in dict.fromkeys(one.file for one in examples))
    if files < EXAMPLES:
        yield from (one for one in examples if first[one.file] is not one)


def example_lines(one: Rejects, text_columns: Sequence[str]) -> Iterator[str]:
    """Yield lines for people: the files and rows that are rejected for one reason, and examples.

    Args:
        one: by `rejects`.
        text_columns: what the partner's file calls the text, in each of its groups.
    """
    for file in one.worst:
        span = f"row {file.first:,}" if file.rows == 1 else f"rows {file.first:,} to {file.last:,}"
        yield f"{file.file}: {file.rows:,} {'row' if file.rows == 1 else 'rows'}, {span}"
    if one.files > len(one.worst):
        yield f"and in {one.files - len(one.worst):,} more files"
    for row in one.examples:
        yield f"{row.file} row {row.row:,}" + (f": {row.evidence}" if row.evidence else "")
    yield from _hints(one, text_columns)


def _hints(one: Rejects, text_columns: Sequence[str]) -> Iterator[str]:
    """Yield what rows without the text's column probably have it under."""
    for row in one.examples[:1] if one.reason == RejectReason.MISSING_TEXT else ():
        names = [name.partition(" (")[0] for name in row.evidence.split(", ")]
        for wanted in sorted({*text_columns}):
            if spelling(wanted, names) is None:
                meant = did_you_mean(wanted, names, "text")
                yield f"columns.text is {wanted!r}, which these rows do not have{meant}"

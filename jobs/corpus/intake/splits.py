"""Splits: parts of one large file, each read by a task of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """One part of a file, and what reading it needs to know of the rest of the file.

    Attributes:
        start: The first byte, at the beginning of a row; of a Parquet file the first row group.
        end: The byte or row group after the last.
        rows_before: Rows of the file before this part.
        header: The bytes of the file's header record, for CSV and TSV.
        is_legacy: Whether the file begins in an older encoding.
        legacy: The encoding of lines that are not UTF-8, by evidence from the whole file.
    """

    start: int
    end: int
    rows_before: int
    header: bytes
    is_legacy: bool
    legacy: str | None

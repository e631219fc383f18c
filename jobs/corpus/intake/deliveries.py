"""A partner's file becomes rows of `DELIVERED`: documents to be, and refused rows with reasons.

::

    bytes ─▶ blocks ─▶ lines ─▶ json_lines │ delimited │ text_files ─▶ rows ─▶ pages ─▶ tables
             parquet ─▶ parquet_rows, web archive ─▶ web_archives ──────┘

A bad row costs itself; only a file that cannot be read, or a delivery without text, is an error.
`formats.FORMATS` names the reader of each format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from jobs.corpus.intake.blocks import file_blocks
from jobs.corpus.intake.encoding_evidence import Evidence
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.missing_columns import text_column_missing
from jobs.corpus.intake.open_files import OpenFile
from jobs.corpus.intake.rows import HEAD_ROWS, DeliveryParams, Head, tables
from jobs.corpus.intake.splits import Split
from jobs.corpus.intake.web_pages import page_rows
from jobs.corpus.model.reasons import RejectReason

__all__ = ["DeliveryParams", "RejectReason", "legacy_evidence", "read_rows", "require_text"]


def read_rows(
    stream: BinaryIO | pa.NativeFile,
    *,
    source_file: str,
    params: DeliveryParams,
    split: Split | None = None,
    legacy: Callable[[], str | None] | None = None,
) -> Iterator[pa.Table]:
    """Yield every row of one file, or split of it, in `DELIVERED` tables.

    A table holds about `params.batch_bytes`. Memory is bounded by that and by three times
    `params.max_text_bytes`, whatever the size of the file and of its lines.

    Args:
        stream: the file's bytes, decompressed; seekable for Parquet; of a split its bytes alone.
        source_file: the file's name in the rows and in errors.
        params: the partner's format, encoding and columns.
        split: which part of the file `stream` is; None: all of it.
        legacy: returns what `legacy_evidence` finds in the whole file; called only if a line is
            not UTF-8; None: the file's head decides.

    Returns:
        The rows in the file's order. `source_row` is the line in JSON lines, the record after the
        header in CSV and TSV, the record in Parquet and web archives, the text in text blocks, and
        1 in a text file or page. A refused row has no text, but a reason, evidence and what else
        is known of it. A row without the text's column is refused.

    Raises:
        ConfigError: there is no such format.
        DeliveryUnreadable: the bytes are truncated, corrupt or not of this format.
        TextColumnMissing: the format has no such column.

    Law: the splits of a file give the rows of the file.
    """
    delivered_as = format_named(params.format)
    rows = delivered_as.rows(OpenFile(stream, source_file, params, split, legacy))
    if params.html or delivered_as.is_page:
        rows = page_rows(rows)
    yield from tables(rows, source_file, params.batch_bytes)


def require_text(
    stream: BinaryIO | pa.NativeFile, *, source_file: str, params: DeliveryParams
) -> None:
    """Raise `TextColumnMissing` if the head of a file already shows that its text is not there.

    So a wrong mapping ends a build at its start.

    Args:
        stream: as `read_rows` takes it; it is consumed.
        source_file: the file's name in errors.
        params: the partner's format, encoding and columns.
    """
    file, delivered_as = OpenFile(stream, source_file, params), format_named(params.format)
    if delivered_as.require_text is not None:
        delivered_as.require_text(file)
        return
    head = list(islice(delivered_as.rows(file), HEAD_ROWS))
    reasons = {row.reason for row in head if row.reason != RejectReason.BROKEN_JSON}
    if reasons == {RejectReason.MISSING_TEXT}:
        first = next(row for row in head if row.reason == RejectReason.MISSING_TEXT)
        raise text_column_missing(source_file, params.text_column, [first.evidence or ""])


def heads(
    stream: BinaryIO | pa.NativeFile,
    *,
    source_file: str,
    params: DeliveryParams,
    rows: int = HEAD_ROWS,
) -> list[Head]:
    """Return which of the partner's columns the head of a file has; none if it cannot be read.

    Args:
        stream: as `read_rows` takes it; it is consumed.
        source_file: the file's name in errors.
        params: the partner's format, encoding and columns.
        rows: how many rows are looked at.
    """
    delivered_as = format_named(params.format)
    if delivered_as.heads is not None:
        return list(islice(delivered_as.heads(OpenFile(stream, source_file, params)), rows))
    names = delivered_as.columns
    return [Head({*names} & {*params.source_columns}, list(names))]


def legacy_evidence(stream: BinaryIO, source_file: str) -> str | None:
    """Return the encoding of those lines of a whole file that are not UTF-8; read it to its end."""
    return Evidence().add(file_blocks(stream, source_file)).legacy()

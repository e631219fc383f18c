"""A partner's file becomes rows of `DELIVERED`: documents to be, and refused rows with reasons.

::

    bytes ─▶ blocks ─▶ lines ─▶ json_lines │ delimited │ text_files ─▶ rows ─▶ pages ─▶ tables
             parquet ─▶ parquet_rows, web archive ─▶ web_archives ──────┘

A bad row costs itself; only a file that cannot be read, or a delivery without text, is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import BinaryIO, cast

import pyarrow as pa

from jobs.corpus.intake.blocks import decodable_blocks, file_blocks, lines
from jobs.corpus.intake.delimited import delimited_head, delimited_rows
from jobs.corpus.intake.encoding_evidence import Evidence
from jobs.corpus.intake.encodings import Characters, without_mark
from jobs.corpus.intake.file_kinds import expected_contents
from jobs.corpus.intake.json_lines import json_heads, json_rows
from jobs.corpus.intake.parquet_rows import parquet_head, parquet_rows, require_text_column
from jobs.corpus.intake.rows import (
    PAGE_FORMATS,
    DeliveryParams,
    Head,
    Row,
    tables,
    text_column_missing,
)
from jobs.corpus.intake.splits import Split
from jobs.corpus.intake.text_files import FILE_COLUMNS, block_rows, file_rows
from jobs.corpus.intake.web_archives import ARCHIVE_COLUMNS, archive_rows
from jobs.corpus.intake.web_pages import page_rows
from jobs.corpus.model.reasons import RejectReason

__all__ = ["DeliveryParams", "RejectReason", "legacy_evidence", "read_rows", "require_text"]

RANDOM_ACCESS = ("parquet",)
"""Formats that are read here and there instead of from the beginning."""

_HEAD_LINES = 100
_ARCHIVES = ("warc", "wet")
FIXED_COLUMNS = {
    **dict.fromkeys(("text", "text-blocks", "html"), FILE_COLUMNS),
    **dict.fromkeys(_ARCHIVES, ARCHIVE_COLUMNS),
}
"""What there is to map in formats without names of their own."""


def read_rows(
    stream: BinaryIO | pa.NativeFile,
    *,
    source_file: str,
    params: DeliveryParams,
    split: Split | None = None,
    legacy: Callable[[], str | None] | None = None,
) -> Iterator[pa.Table]:
    """Every row of one file, or split of it, as `DELIVERED` tables of about `params.batch_bytes`.

    Memory is bounded by the batch and by three times `params.max_text_bytes`, whatever the size of
    the file and of its lines.

    Args:
        stream: the file's bytes, decompressed; seekable for Parquet; of a split its bytes alone.
        source_file: the file's name in the rows and in errors.
        params: the partner's format, encoding and columns.
        split: which part of the file `stream` is; None: all of it.
        legacy: what `legacy_evidence` says of the whole file, asked only if a line is not UTF-8;
            None: the file's head must do.

    Returns:
        The rows in the file's order. `source_row` is the line in JSON lines, the record after the
        header in CSV and TSV, the record in Parquet and web archives, the text in text blocks, and
        1 in a text file or page. A refused row has no text, but a reason, evidence and what else
        is known of it. A row without the text's column is refused.

    Raises:
        DeliveryUnreadable: the bytes are truncated, corrupt or not of this format.
        TextColumnMissing: the format has no such column.

    Law: splits of a file give the rows of the file.
    """
    rows = _rows(stream, source_file, params, split, legacy)
    if params.html or params.format in PAGE_FORMATS:
        rows = page_rows(rows)
    yield from tables(rows, source_file, params.batch_bytes)


def require_text(
    stream: BinaryIO | pa.NativeFile, *, source_file: str, params: DeliveryParams
) -> None:
    """Raise `TextColumnMissing` if the head of a file already shows that its text is not there.

    A wrong mapping then ends a build at its start. Takes what `read_rows` takes, and consumes it.
    """
    if params.format == "parquet":
        require_text_column(stream, source_file, params)
        return
    head = list(islice(_rows(stream, source_file, params, None, None), _HEAD_LINES))
    reasons = {row.reason for row in head if row.reason != RejectReason.BROKEN_JSON}
    if reasons == {RejectReason.MISSING_TEXT}:
        first = next(row for row in head if row.reason == RejectReason.MISSING_TEXT)
        raise text_column_missing(source_file, params.text_column, [first.evidence or ""])


def heads(
    stream: BinaryIO | pa.NativeFile, *, source_file: str, params: DeliveryParams
) -> list[Head]:
    """What the head of a file has of the partner's columns; nothing for formats that say no names.

    Takes what `read_rows` takes, and consumes it.
    """
    if params.format == "parquet":
        return [parquet_head(stream, source_file, params)]
    if params.format in FIXED_COLUMNS:
        names = FIXED_COLUMNS[params.format]
        return [Head({*names} & {*params.theirs}, list(names))]
    stored = file_blocks(cast("BinaryIO", stream), source_file)
    stored = expected_contents(stored, source_file, params.format)
    characters, blocks = decodable_blocks(stored, params.encoding, None)
    file_lines = lines(blocks, params.max_line_bytes)
    if params.format == "jsonl":
        return list(json_heads(enumerate(islice(file_lines, _HEAD_LINES)), characters, params))
    return list(delimited_head(file_lines, characters, params))


def legacy_evidence(stream: BinaryIO, source_file: str) -> str | None:
    """The encoding of those lines of a whole file that are not UTF-8; reads it to its end."""
    return Evidence().add(file_blocks(stream, source_file)).legacy()


def _rows(
    stream: BinaryIO | pa.NativeFile,
    source_file: str,
    params: DeliveryParams,
    split: Split | None,
    legacy: Callable[[], str | None] | None,
) -> Iterator[Row]:
    if params.format == "parquet":
        return parquet_rows(stream, source_file, params, split)
    if params.format in _ARCHIVES:
        return archive_rows(cast("BinaryIO", stream), source_file, params)
    if split is None:
        stored = file_blocks(cast("BinaryIO", stream), source_file)
        stored = expected_contents(stored, source_file, params.format)
        characters, blocks = decodable_blocks(stored, params.encoding, legacy)
    else:
        characters, blocks = _split_blocks(cast("BinaryIO", stream), source_file, params, split)
    return _decoded_rows(blocks, characters, source_file, params, split)


def _decoded_rows(
    blocks: Iterator[bytes],
    characters: Characters,
    source_file: str,
    params: DeliveryParams,
    split: Split | None,
) -> Iterator[Row]:
    if params.format in {"text", "html"}:
        return file_rows(blocks, characters, source_file, params)
    file_lines = lines(blocks, params.max_line_bytes)
    rows_before = split.rows_before if split else 0
    if params.format == "jsonl":
        return json_rows(enumerate(file_lines, rows_before + 1), characters, params)
    if params.format == "text-blocks":
        return block_rows(file_lines, characters, source_file, params)
    return delimited_rows(file_lines, characters, source_file, params, rows_before)


def _split_blocks(
    stream: BinaryIO, source_file: str, params: DeliveryParams, split: Split
) -> tuple[Characters, Iterator[bytes]]:
    declared = None if params.encoding == "auto" else params.encoding
    characters = Characters(declared, is_legacy=split.is_legacy, legacy=lambda: split.legacy)
    blocks = file_blocks(stream, source_file)
    if split.header:
        blocks = chain([split.header], blocks)
    begins = split.start == 0 or bool(split.header)
    return characters, without_mark(blocks) if begins else blocks

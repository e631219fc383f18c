"""A partner's file becomes rows of `DELIVERED`: documents to be, and refused rows with reasons.

::

    bytes ─▶ blocks ─▶ lines ─▶ json_lines │ delimited ─▶ rows ─▶ tables
             parquet ────────────────────▶ parquet_rows ─┘

A bad row costs itself; only a file that cannot be read, or has no text at all, is an error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, cast

import pyarrow as pa

from jobs.corpus.blocks import decodable_blocks, lines
from jobs.corpus.delimited import delimited_rows
from jobs.corpus.encodings import decoded
from jobs.corpus.json_lines import json_rows
from jobs.corpus.parquet_rows import parquet_rows, require_text_column
from jobs.corpus.rows import (
    DeliveryParams,
    Refusal,
    RejectReason,
    Row,
    delivered_row,
    tables,
    text_column_missing,
    undecodable,
)

__all__ = ["DeliveryParams", "RejectReason", "read_rows", "require_text"]

_HEAD_LINES = 100
_COMPRESSED = {".gz", ".zst", ".bz2", ".xz"}


def read_rows(
    stream: BinaryIO | pa.NativeFile, *, source_file: str, params: DeliveryParams
) -> Iterator[pa.Table]:
    """Every row of one file as `DELIVERED` tables of about `params.batch_bytes` of text.

    Memory is bounded by the batch and by three times `params.max_text_bytes`, whatever the size of
    the file and of its lines.

    Args:
        stream: the file's bytes, decompressed; seekable for Parquet.
        source_file: the file's name in the rows and in errors.
        params: the partner's format, encoding and columns.

    Returns:
        The rows in the file's order. `source_row` is the line in JSON lines, the record after the
        header in CSV and TSV, the record in Parquet, and 1 in a text file. A refused row has no
        text, but a reason, evidence and what else is known of it.

    Raises:
        DeliveryUnreadable: the bytes are truncated, corrupt or not of this format.
        TextColumnMissing: no row of the file has the text's column.
    """
    yield from tables(_rows(stream, source_file, params), source_file, params.batch_bytes)


def require_text(
    stream: BinaryIO | pa.NativeFile, *, source_file: str, params: DeliveryParams
) -> None:
    """Raise `TextColumnMissing` if the head of a file already shows that its text is not there.

    A wrong mapping then ends a build at its start. Takes what `read_rows` takes, and consumes it.
    """
    if params.format == "parquet":
        require_text_column(stream, source_file, params)
    else:
        head = _rows(cast("BinaryIO", stream), source_file, params, head_lines=_HEAD_LINES)
        deque(head, maxlen=0)


def _rows(
    stream: BinaryIO | pa.NativeFile,
    source_file: str,
    params: DeliveryParams,
    head_lines: int | None = None,
) -> Iterator[Row]:
    if params.format == "parquet":
        return parquet_rows(stream, source_file, params)
    encoding, blocks = decodable_blocks(cast("BinaryIO", stream), source_file, params.encoding)
    if params.format == "text":
        return _text_rows(blocks, encoding, source_file, params)
    file_lines = islice(lines(blocks, params.max_line_bytes), head_lines)
    rows = json_rows if params.format == "jsonl" else delimited_rows
    return rows(file_lines, encoding, source_file, params)


def _text_rows(
    blocks: Iterator[bytes], encoding: str, source_file: str, params: DeliveryParams
) -> Iterator[Row]:
    """The one row of a text file, whose columns are `text` and `name`, the file's own."""
    if params.text_column != "text":
        raise text_column_missing(source_file, params.text_column, ("text", "name"))
    known = [_stem(source_file) if name == "name" else None for name in params.theirs[1:]]
    text = _whole_text(blocks, encoding, params.max_text_bytes)
    yield delivered_row(1, [text, *known], params.max_text_bytes)


def _whole_text(blocks: Iterator[bytes], encoding: str, max_bytes: int) -> str | Refusal:
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) > max_bytes:
            return Refusal(RejectReason.TOO_LARGE, f"file of more than {max_bytes} bytes")
    try:
        return decoded(bytes(held), encoding)
    except UnicodeDecodeError as error:
        return undecodable(error)


def _stem(source_file: str) -> str:
    path = PurePosixPath(source_file)
    return PurePosixPath(path.stem).stem if path.suffix in _COMPRESSED else path.stem

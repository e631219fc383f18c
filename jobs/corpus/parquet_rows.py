"""Rows of a Parquet file, reading only the columns that are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from jobs.corpus.blocks import reading
from jobs.corpus.pieces import Piece
from jobs.corpus.rows import (
    DeliveryParams,
    Head,
    Refusal,
    RejectReason,
    Row,
    delivered_row,
    in_digits,
    text_column_missing,
    text_missing,
    undecodable,
)

# A column is read in requests of this size. Reading ahead instead would hold all of a row group,
# and partners write row groups of a gigabyte.
_BUFFER_BYTES = 1 << 23
_NO_FRACTION = re.compile(r"\.0+(?=$|Z|[+-])")

Column = tuple[tuple[str, ...], pa.DataType]


def parquet_rows(
    stream: pa.NativeFile, source_file: str, params: DeliveryParams, piece: Piece | None
) -> Iterator[Row]:
    """One row per record, numbered from 1; only those of `piece`'s row groups if there is one.

    Raises:
        DeliveryUnreadable: if the bytes are no Parquet or end early.
    """
    file = _opened(stream, source_file)
    wanted = _wanted(file.schema_arrow, params)
    refusal = _refusal(file.schema_arrow, params)
    groups = list(range(piece.start, piece.end) if piece else range(file.metadata.num_row_groups))
    batches = file.iter_batches(
        batch_size=_rows_per_batch(file, params.batch_bytes),
        row_groups=groups,
        columns=list(dict.fromkeys(".".join(column[0]) for column in wanted if column)),
    )
    number = piece.rows_before if piece else 0
    while True:
        with reading(source_file):
            batch = next(batches, None)
        if batch is None:
            return
        cells = (_cells(batch, column) for column in wanted)
        for values in map(_values, zip(range(batch.num_rows), *cells, strict=True)):
            number += 1
            if refusal is not None:
                values[0] = refusal
            yield delivered_row(number, values, params.max_text_bytes)


def require_text_column(stream: pa.NativeFile, source_file: str, params: DeliveryParams) -> None:
    """Look at the file's schema and nothing else.

    Raises:
        DeliveryUnreadable: if the bytes are no Parquet.
        TextColumnMissing: if there is no text column, or it holds no text.
    """
    schema = _opened(stream, source_file).schema_arrow
    if _refusal(schema, params) is not None:
        raise text_column_missing(source_file, params.text_column, _found(schema))


def parquet_head(stream: pa.NativeFile, source_file: str, params: DeliveryParams) -> Head:
    """What the file's schema has."""
    names = list(_columns(_opened(stream, source_file).schema_arrow))
    return Head({*names} & {*params.theirs}, names)


def row_group_pieces(stream: pa.NativeFile, source_file: str, piece_bytes: int) -> list[Piece]:
    """Runs of row groups of about `piece_bytes` of data each, in order."""
    metadata = _opened(stream, source_file).metadata
    pieces: list[Piece] = []
    start = rows = rows_before = size = 0
    for group in range(metadata.num_row_groups):
        size += metadata.row_group(group).total_byte_size
        rows += metadata.row_group(group).num_rows
        if size >= piece_bytes or group == metadata.num_row_groups - 1:
            pieces.append(Piece(start, group + 1, rows_before, b"", is_legacy=False, legacy=None))
            start, rows_before, size = group + 1, rows, 0
    return pieces


def _opened(stream: pa.NativeFile, source_file: str) -> pq.ParquetFile:
    with reading(source_file):
        return pq.ParquetFile(stream, buffer_size=_BUFFER_BYTES, pre_buffer=False)


def _rows_per_batch(file: pq.ParquetFile, batch_bytes: int) -> int:
    metadata = file.metadata
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    return max(1, batch_bytes * metadata.num_rows // max(size, 1))


def _wanted(schema: pa.Schema, params: DeliveryParams) -> list[Column | None]:
    columns = _columns(schema)
    wanted = [columns.get(name) if name else None for name in params.theirs]
    return [None, *wanted[1:]] if _refusal(schema, params) else wanted


def _refusal(schema: pa.Schema, params: DeliveryParams) -> Refusal | None:
    """Why no row of a file of this schema has a text, if that is so."""
    column = _columns(schema).get(params.text_column)
    if column is None:
        return text_missing(_found(schema))
    if _is_text(column[1]) or pt.is_null(column[1]):
        return None
    return Refusal(RejectReason.NOT_TEXT, f"column of {column[1]}")


def _found(schema: pa.Schema) -> list[str]:
    return [f"{name} ({kind})" for name, (_, kind) in _columns(schema).items()]


def _columns(fields: Iterable[pa.Field], path: tuple[str, ...] = ()) -> dict[str, Column]:
    """Every column by its dotted name, an exact name before a nested one."""
    columns: dict[str, Column] = {}
    for field in fields:
        if pt.is_struct(field.type):
            columns |= _columns(field.type, (*path, field.name))
    for field in fields:
        here = (*path, field.name)
        columns[".".join(here)] = (here, field.type)
    return columns


def _is_text(kind: pa.DataType) -> bool:
    if pt.is_dictionary(kind):
        return _is_text(kind.value_type)
    return any(
        is_kind(kind)
        for is_kind in (
            *(pt.is_string, pt.is_large_string, pt.is_string_view),
            *(pt.is_binary, pt.is_large_binary, pt.is_binary_view, pt.is_fixed_size_binary),
        )
    )


def _cells(batch: pa.RecordBatch, column: Column | None) -> list[Any]:
    """A column's values: text as bytes, because no writer had to make sure that it is UTF-8."""
    if column is None:
        return [None] * batch.num_rows
    (name, *nested), kind = column
    array = pc.struct_field(batch.column(name), nested) if nested else batch.column(name)
    if _is_text(kind):
        return array.cast(pa.large_binary()).to_pylist()
    if pt.is_nested(kind):
        return array.to_pylist()
    texts = array.cast(pa.string()).to_pylist()
    if pt.is_timestamp(kind):
        return [text and _NO_FRACTION.sub("", text) for text in texts]
    if pt.is_floating(kind) or pt.is_decimal(kind):
        return [text and in_digits(text) for text in texts]
    return texts


def _values(cells: tuple[Any, ...]) -> list[object]:
    """A row as `delivered_row` takes it, from its number and its cells."""
    values = [_decoded(cell) if isinstance(cell, bytes) else cell for cell in cells[1:]]
    refusal = next((value for value in values if isinstance(value, Refusal)), None)
    if refusal is None:
        return values
    return [refusal, *(None if isinstance(value, Refusal) else value for value in values[1:])]


def _decoded(cell: bytes) -> str | Refusal:
    try:
        return cell.decode()
    except UnicodeDecodeError as error:
        return undecodable(error)

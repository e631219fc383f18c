"""Rows of a Parquet file, reading only the columns that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from jobs.corpus.intake.blocks import reading
from jobs.corpus.intake.column_names import ALTERNATIVE, spelling
from jobs.corpus.intake.decoding import decoding
from jobs.corpus.intake.encodings import escaped
from jobs.corpus.intake.missing_columns import text_column_missing
from jobs.corpus.intake.open_files import OpenFile
from jobs.corpus.intake.parquet_columns import (
    Column,
    cells,
    columns_by_name,
    is_paragraphs,
    is_text,
    text_cells,
)
from jobs.corpus.intake.parquet_footer import Footer, open_parquet, read_footer
from jobs.corpus.intake.rows import (
    COLUMNS,
    ROW_BYTES,
    DeliveryParams,
    Head,
    Refusal,
    Row,
    delivered_row,
    text_missing,
    undecodable,
    with_losses,
)
from jobs.corpus.intake.splits import Split
from jobs.corpus.model.reasons import RejectReason
from jobs.errors import DeliveryUnreadable

_ID = COLUMNS.index("id")
_FRONT_CODED = "DELTA_BYTE_ARRAY"  # each value by what it shares with the one before


class _File(NamedTuple):
    """An open file: its bytes, what errors call it, what it says of itself, and its reader."""

    stream: pa.NativeFile
    name: str
    footer: Footer
    reader: pq.ParquetFile


def parquet_rows(delivered: OpenFile) -> Iterator[Row]:
    """Yield one row for each record, numbered from 1; of a split those of its row groups.

    Raises:
        DeliveryUnreadable: if the bytes are no Parquet or end early, or a wanted column is of a
            type that is not read.
    """
    params, split = delivered.params, delivered.split
    file = _opened(delivered)
    schema = file.reader.schema_arrow
    wanted = _wanted(schema, params)
    refusal = _refusal(schema, params)
    groups = range(split.start, split.end) if split else range(file.reader.num_row_groups)
    is_uuid = [column is not None and column.name in _uuids(file.reader) for column in wanted]
    number = delivered.rows_before
    for batch in _batches(file, groups, wanted, params.batch_bytes):
        with decoding(file.name, params.batch_bytes, batch.nbytes):
            found = [text_cells(batch, wanted[0])] + [
                cells(batch, column, is_id=place == _ID, is_uuid=is_uuid[place])
                for place, column in enumerate(wanted[1:], 1)
            ]
        for row in zip(*found, strict=True):
            values = _values(row, params.lost_share)
            number += 1
            if refusal is not None:
                values[0] = refusal
            yield delivered_row(number, values, params)


def require_text_column(file: OpenFile) -> None:
    """Look for the text's column in the schema of a file.

    Raises:
        DeliveryUnreadable: if the bytes are no Parquet, or a wanted column is of a type that is
            not read.
        TextColumnMissing: if there is no text column, or it holds no text.
    """
    schema = _opened(file).reader.schema_arrow
    refusal = _refusal(schema, file.params)
    # A column that is there twice costs the rows of its file, and no mapping mends it.
    if refusal is not None and refusal.reason != RejectReason.BROKEN_ROW:
        raise text_column_missing(file.name, file.params.text_column, _found(schema))


def parquet_heads(file: OpenFile) -> Iterator[Head]:
    """Yield the columns of the file's schema."""
    names = list(columns_by_name(_opened(file).reader.schema_arrow))
    yield Head({one for one in file.params.source_columns if one and spelling(one, names)}, names)


def row_group_splits(stream: pa.NativeFile, source_file: str, split_bytes: int) -> list[Split]:
    """Split a file into runs of row groups, in order.

    Args:
        stream: its bytes.
        source_file: its name, for errors.
        split_bytes: about how much data each run has.
    """
    footer = read_footer(stream, source_file)
    metadata = open_parquet(stream, source_file, footer.metadata).metadata
    splits: list[Split] = []
    start = rows = rows_before = size = 0
    for group in range(metadata.num_row_groups):
        size += metadata.row_group(group).total_byte_size
        rows += metadata.row_group(group).num_rows
        if size >= split_bytes or group == metadata.num_row_groups - 1:
            splits.append(Split(start, group + 1, rows_before, b"", is_legacy=False, legacy=None))
            start, rows_before, size = group + 1, rows, 0
    return splits


def _opened(file: OpenFile) -> _File:
    stream, source_file = file.stream, file.name
    footer = read_footer(stream, source_file)
    for name in _names(file.params):
        if found := footer.foreign_in(name):
            column, kind = found
            raise DeliveryUnreadable(
                f"{source_file}: column {column!r} is of the type {kind!r}, which only the program"
                " that wrote it can read: ask the partner for text or numbers"
            )
    return _File(stream, source_file, footer, open_parquet(stream, source_file, footer.metadata))


def _batches(
    file: _File, groups: range, wanted: list[Column | None], batch_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The wanted columns, a row group at a time, by as many rows as make about `batch_bytes`."""
    columns = list(dict.fromkeys(column.name for column in wanted if column))
    leaves = _leaves(file.reader, columns)
    by_dictionary = open_parquet(file.stream, file.name, file.reader.metadata, leaves)
    for group in groups:
        with reading(file.name):
            stored_bytes = file.reader.metadata.row_group(group).total_byte_size
        with decoding(file.name, batch_bytes, stored_bytes):
            first = _first_row(by_dictionary, file.reader, group, columns)
            stored = _stored(file, group, leaves)
            rows = _rows_per_batch(stored, first, batch_bytes)
        batches = file.reader.iter_batches(rows, [group], columns, use_threads=False)
        read = 0
        while True:
            with decoding(file.name, batch_bytes, stored_bytes):
                batch = next(batches, None)
            if batch is None:
                break
            read += batch.num_rows
            yield batch
        _require_rows(file, group, read, stored.rows)


def _first_row(
    by_dictionary: pq.ParquetFile, reader: pq.ParquetFile, group: int, columns: list[str]
) -> pa.RecordBatch | None:
    """The first row of a group, in dictionaries where that can be; None if it has none.

    What a footer says of a chunk is looked at after that: where its statistics contradict its type,
    reading raises, but pyarrow's view of them ends the process.
    """
    how = {"batch_size": 1, "row_groups": [group], "columns": columns, "use_threads": False}
    try:
        return next(by_dictionary.iter_batches(**how), None)
    except OSError as error:
        if error.errno is not None:
            raise
        return next(reader.iter_batches(**how), None)  # no dictionaries of front-coded values


def _leaves(reader: pq.ParquetFile, columns: list[str]) -> list[int]:
    """The numbers of the stored columns that the wanted ones are made of."""
    paths = [reader.schema.column(number).path for number in range(reader.metadata.num_columns)]
    return [
        number
        for number, path in enumerate(paths)
        if any(path == column or path.startswith(f"{column}.") for column in columns)
    ]


class _Stored(NamedTuple):
    """A row group's wanted columns, by its footer: rows, bytes, the most of a front-coded value."""

    rows: int
    size: int
    front_coded: int


def _stored(file: _File, group: int, leaves: list[int]) -> _Stored:
    metadata, schema = file.reader.metadata.row_group(group), file.reader.schema
    chunks = [metadata.column(leaf) for leaf in leaves]
    for leaf, chunk in zip(leaves, chunks, strict=True):
        if schema.column(leaf).max_repetition_level == 0:
            _require_rows(file, group, chunk.num_values, metadata.num_rows)
    coded = [one.total_uncompressed_size for one in chunks if _FRONT_CODED in one.encodings]
    size = sum(one.total_uncompressed_size for one in chunks)
    return _Stored(metadata.num_rows, size, max(coded, default=0))


def _require_rows(file: _File, group: int, rows: int, said: int) -> None:
    """Refuse a row group that says it has other rows: readers would leave some of them out.

    The rows of other splits are numbered by what it says, too.
    """
    if rows != said:
        raise DeliveryUnreadable(
            f"{file.name}: row group {group} has {rows} rows, its footer says {said}: ask the"
            " partner for it again"
        )


def _rows_per_batch(stored: _Stored, first: pa.RecordBatch | None, batch_bytes: int) -> int:
    """As many as are taken to be `batch_bytes` in memory.

    A long value may be in each of them, though a few bytes of the file name it again and again: one
    in a dictionary, named by 250 rows, is a few kilobytes.
    """
    longest = max([stored.front_coded, *map(_longest_in, first.columns if first else [])])
    a_row = max(ROW_BYTES, longest, stored.size // max(1, stored.rows))
    return max(1, batch_bytes // a_row)


def _longest_in(array: pa.Array) -> int:
    if pt.is_dictionary(array.type):
        return pc.max(pc.binary_length(array.dictionary)).as_py() or 0
    if pt.is_struct(array.type):
        return max(map(_longest_in, array.flatten()), default=0)
    return _longest_in(array.values) if pt.is_nested(array.type) else 0


def _wanted(schema: pa.Schema, params: DeliveryParams) -> list[Column | None]:
    columns = columns_by_name(schema)
    spelt = (spelling(name, columns) for name in params.source_columns)
    wanted = [None if name is None else columns[name] for name in spelt]
    return [None, *wanted[1:]] if _refusal(schema, params) else wanted


def _refusal(schema: pa.Schema, params: DeliveryParams) -> Refusal | None:
    """Why no row of a file of this schema has a text, if that is so."""
    columns = columns_by_name(schema)
    text = spelling(params.text_column, columns)
    if text is None:
        return text_missing(_found(schema))
    column = columns[text]
    for name in _names(params):
        if schema.names.count(name) > 1:
            return Refusal(RejectReason.BROKEN_ROW, f"several columns are called {name!r}")
    if is_text(column.kind) or is_paragraphs(column.kind) or pt.is_null(column.kind):
        return None
    return Refusal(RejectReason.NOT_TEXT, f"column of {column.kind}")


def _names(params: DeliveryParams) -> Iterator[str]:
    """Yield every name that is mapped or kept, alternatives one by one."""
    for name in filter(None, params.source_columns):
        yield from (name, *name.split(ALTERNATIVE))


def _found(schema: pa.Schema) -> list[str]:
    return [f"{name} ({column.kind})" for name, column in columns_by_name(schema).items()]


def _uuids(reader: pq.ParquetFile) -> set[str]:
    """The stored columns that are UUIDs by Parquet's own word."""
    stored = (reader.schema.column(number) for number in range(reader.metadata.num_columns))
    return {column.path for column in stored if column.logical_type.type == "UUID"}


def _values(found: tuple[Any, ...], lost_share: float) -> list[object]:
    """A row as `delivered_row` takes it, from its cells."""
    try:
        values = [cell.decode() if isinstance(cell, bytes) else cell for cell in found]
    except UnicodeDecodeError as error:
        lenient = [escaped(cell, "utf-8") if isinstance(cell, bytes) else cell for cell in found]
        values = with_losses(lenient, undecodable(error), lost_share)
    if Refusal not in map(type, values):
        return values
    refusal = next(value for value in values if isinstance(value, Refusal))
    return [refusal, *(None if isinstance(value, Refusal) else value for value in values[1:])]

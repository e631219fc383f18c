"""Columns of a Parquet file by their dotted names, and their cells as rows take them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from jobs.corpus.intake.cells import in_digits
from jobs.corpus.intake.rows import Refusal
from jobs.corpus.model.reasons import RejectReason

_NO_FRACTION = re.compile(r"\.0+(?=$|Z|[+-])")
_UUID_BYTES = 16
_BYTES = (pt.is_binary, pt.is_large_binary, pt.is_binary_view, pt.is_fixed_size_binary)
_STRINGS = (pt.is_string, pt.is_large_string, pt.is_string_view)


class Column(NamedTuple):
    """Where a column is, from the outermost to its own name, and what it holds."""

    path: tuple[str, ...]
    kind: pa.DataType

    @property
    def name(self) -> str:
        """As mappings write it."""
        return ".".join(self.path)


def columns_by_name(fields: Iterable[pa.Field], path: tuple[str, ...] = ()) -> dict[str, Column]:
    """Every column by its dotted name, an exact name before a nested one, the first of a name."""
    inner: list[dict[str, Column]] = []
    own: dict[str, Column] = {}
    for field in fields:
        here = (*path, field.name)
        if pt.is_struct(field.type):
            inner.append(columns_by_name(field.type, here))
        own.setdefault(".".join(here), Column(here, field.type))
    columns: dict[str, Column] = {}
    for one in reversed(inner):  # so that the first of a name stays
        columns |= one
    return columns | own


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of this type are characters, or bytes that may be."""
    if pt.is_dictionary(kind):
        return is_text(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return is_text(kind.storage_type) and not _is_uuid(kind)
    return any(is_kind(kind) for is_kind in (*_STRINGS, *_BYTES))


def is_paragraphs(kind: pa.DataType) -> bool:
    """Whether cells of this type are lists of characters, or of bytes that may be."""
    is_list = pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind)
    return is_list and any(is_kind(kind.value_type) for is_kind in (*_STRINGS, *_BYTES))


def text_cells(batch: pa.RecordBatch, column: Column | None) -> list[Any]:
    """The texts of a column, as `cells`; paragraphs of a list are lines, without those of null."""
    if column is None or not is_paragraphs(column.kind):
        return cells(batch, column, is_id=False, is_uuid=False)
    lists = _found(batch, column.path).cast(pa.large_list(pa.large_binary())).to_pylist()
    return [
        None if paragraphs is None else b"\n".join([one for one in paragraphs if one is not None])
        for paragraphs in lists
    ]


def cells(batch: pa.RecordBatch, column: Column | None, *, is_id: bool, is_uuid: bool) -> list[Any]:
    """A column's values: strings as bytes, because no writer had to make sure that they are UTF-8.

    Args:
        batch: its rows.
        column: which one; None for nulls.
        is_id: whether bytes that are no characters become their hex digits.
        is_uuid: whether its bytes are UUIDs, as far as the file says so.
    """
    if column is None:
        return [None] * batch.num_rows
    array = _found(batch, column.path)
    kind = column.kind
    is_uuid = is_uuid or _is_uuid(kind)
    if isinstance(array, pa.ExtensionArray):
        array, kind = array.storage, kind.storage_type
    if is_uuid and array.type == pa.binary(_UUID_BYTES):
        return _each(array, lambda value: str(UUID(bytes=value)))
    if is_text(kind):
        values = array.cast(pa.large_binary())
        is_bytes = is_id and any(is_kind(kind) for is_kind in _BYTES)
        return _each(values, _readable) if is_bytes else values.to_pylist()
    return _nested(array) if pt.is_nested(kind) else _printed(array)


def _is_uuid(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.uuid"


def _found(batch: pa.RecordBatch, path: tuple[str, ...]) -> pa.Array:
    """By place: Arrow does not choose between two of one name."""
    array = batch.column(batch.schema.names.index(path[0]))
    for name in path[1:]:
        array = pc.struct_field(array, [[field.name for field in array.type].index(name)])
    return array


def _each(array: pa.Array, change: Callable[[bytes], str]) -> list[str | None]:
    return [None if value is None else change(value) for value in array.to_pylist()]


def _readable(value: bytes) -> str:
    """The characters of an id that was stored as bytes, else its hex digits."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def _printed(array: pa.Array) -> list[str | None]:
    """Numbers, dates and the like as text; a time in an unknown zone in UTC."""
    is_time = pt.is_timestamp(array.type)
    try:
        values = array.cast(pa.string()).to_pylist()
    except pa.ArrowInvalid:
        if not is_time:
            raise
        values = array.cast(pa.timestamp(array.type.unit, "UTC")).cast(pa.string()).to_pylist()
    if pt.is_floating(array.type) or pt.is_decimal(array.type):
        return [value and in_digits(value) for value in values]
    return [value and _NO_FRACTION.sub("", value) for value in values] if is_time else values


def _nested(array: pa.Array) -> list[Any]:
    """Lists and objects; one that holds what cannot be, as a day of no calendar, is refused."""
    try:
        return array.to_pylist()
    except (ValueError, OverflowError, LookupError, pa.ArrowException):
        return [_one(scalar) for scalar in array]


def _one(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, LookupError, pa.ArrowException) as error:
        return Refusal(RejectReason.BROKEN_ROW, f"{scalar.type}: {error}")

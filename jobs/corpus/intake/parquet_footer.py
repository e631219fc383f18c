"""The footer of a delivered Parquet file: read without running what its writer's types would run.

A file may say that a column is of an *extension type*: a name that some library registered, with
code of its own that runs when the schema is read or a cell is looked at; Ray's unpickles. What a
delivery says is data. So the schema that the writer stored is first read with that name hidden; if
it has any but the few types whose cells are plain bytes or text, the file is opened by its storage
types alone, and a partner that maps such a column is refused with its name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.corpus.intake.blocks import reading

# A column is read in requests of this size. Reading ahead instead would hold all of a row group,
# and partners write row groups of a gigabyte.
_BUFFER_BYTES = 1 << 23
_TAIL_BYTES = 1 << 16
_MAGIC = b"PAR1"
_END_BYTES = 8  # the footer's length and the magic

# Keys of Arrow's schema in a footer and of an extension type in that schema, and a key of the same
# length that no reader looks for.
_SCHEMA, _HIDDEN_SCHEMA = b"ARROW:schema", b"heliu:schema"
_EXTENSION, _HIDDEN_EXTENSION = b"ARROW:extension:name", b"heliu:extension:name"
_PLAIN_EXTENSIONS = ("arrow.json", "arrow.uuid")  # of Arrow itself, in C++


class Footer(NamedTuple):
    """What a Parquet file says of itself.

    Attributes:
        metadata: To open it with, without the writer's schema; None if that may be seen.
        foreign: Columns, and what is inside them, by the path of their names, with the name of
            their extension type; but for the types of `_PLAIN_EXTENSIONS`.
    """

    metadata: pq.FileMetaData | None
    foreign: dict[tuple[str, ...], str]

    def foreign_in(self, name: str) -> tuple[str, str] | None:
        """Return the first foreign column above, at or below a dotted name, and its type's name."""
        for path, kind in self.foreign.items():
            column = ".".join(path)
            if f"{column}.".startswith(f"{name}.") or f"{name}.".startswith(f"{column}."):
                return column, kind
        return None


def read_footer(stream: pa.NativeFile, source_file: str) -> Footer:
    """Read the footer of a file from an untrusted writer.

    Raises:
        DeliveryUnreadable: if the bytes are no Parquet or end early.
    """
    with reading(source_file):
        stored = _stored(stream)
        hidden = _parsed(stored.replace(_SCHEMA, _HIDDEN_SCHEMA))
        schema = (hidden.metadata or {}).get(_HIDDEN_SCHEMA)
        if schema is None or stored.count(_SCHEMA) > 1:
            return Footer(hidden, {})
        try:
            written = base64.b64decode(schema, validate=True)
        except binascii.Error:  # what others make of it is not known
            return Footer(hidden, {})
        if _EXTENSION not in written:
            return Footer(None, {})
        types = written.replace(_EXTENSION, _HIDDEN_EXTENSION)
        extensions = dict(_extensions(pa.ipc.read_schema(pa.py_buffer(types)), ()))
    foreign = {path: name for path, name in extensions.items() if name not in _PLAIN_EXTENSIONS}
    is_plain = written.count(_EXTENSION) == len(extensions) and not foreign
    return Footer(None if is_plain else hidden, foreign)


def open_parquet(
    stream: pa.NativeFile,
    source_file: str,
    metadata: pq.FileMetaData | None,
    dictionaries: Iterable[int] = (),
) -> pq.ParquetFile:
    """Open a file.

    Args:
        stream: its bytes.
        source_file: its name, for errors.
        metadata: see `Footer`.
        dictionaries: numbers of stored columns to be read as dictionaries.
    """
    with reading(source_file):
        return pq.ParquetFile(
            stream,
            metadata=metadata,
            read_dictionary=[*dictionaries],
            buffer_size=_BUFFER_BYTES,
            pre_buffer=False,
            arrow_extensions_enabled=False,
        )


def _stored(stream: pa.NativeFile) -> bytes:
    """Return the bytes of the footer with its length and the magic, as far as they are there."""
    size = stream.size()
    tail = _last(stream, min(size, _TAIL_BYTES))
    length = int.from_bytes(tail[-_END_BYTES : -len(_MAGIC)], "little") + _END_BYTES
    if len(tail) < length <= size:
        tail = _last(stream, length)
    return tail[-length:]


def _last(stream: pa.NativeFile, length: int) -> bytes:
    stream.seek(stream.size() - length)
    return bytes(stream.read(length))


def _parsed(stored: bytes) -> pq.FileMetaData:
    return pq.read_metadata(pa.BufferReader(_MAGIC + stored))


def _extensions(
    fields: Iterable[pa.Field], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    for field in fields:
        here = (*path, field.name)
        name = (field.metadata or {}).get(_HIDDEN_EXTENSION)
        if name is not None:
            yield here, name.decode("utf-8", "backslashreplace")
        inner = field.type
        if pa.types.is_dictionary(inner):
            inner = inner.value_type
        yield from _extensions([inner.field(i) for i in range(inner.num_fields)], here)

"""Delivered files as tables: opened as their format needs, whole or one split of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

import pyarrow as pa

from jobs.corpus.intake.deliveries import legacy_evidence, read_rows
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import DeliveryUnreadable
from jobs.flow.intake.file_contents import Content, contents
from jobs.flow.intake.input_shards import Delivered
from jobs.flow.intake.scans import HELD_BYTES
from jobs.quantities import count
from jobs.storage.hashed_stream import hashed_stream
from jobs.storage.source_bytes import decompressed, open_random, open_range, open_stream
from jobs.storage.source_files import SourceFile

_BUFFER_BYTES = 1 << 20
_FREE_ROWS = 1_000_000  # whatever they are made of

Report = Callable[[Delivered, str], None]
"""Called with a file that was read whole, and the digest of its bytes as delivered."""


def file_tables(
    file: Delivered,
    reading: DeliveryParams,
    *,
    endpoint_url: str | None,
    report: Report = lambda _file, _digest: None,
) -> Iterator[pa.Table]:
    """Return the rows of a delivered file, or of a split of it, in order, as DELIVERED tables.

    Args:
        file: to read, once if it is read whole.
        reading: how.
        endpoint_url: of an S3 server other than AWS.
        report: called when a file that was not hashed before has been read.

    Raises:
        DeliveryChanged: it is not the file that was listed. If it was hashed before, no row of what
            it is now was given; otherwise rows may have been.
        DeliveryUnreadable: it may not be opened, or its bytes are damaged or not of the format;
            rows before that may have been given.
    """
    if file.source.refusal:
        raise DeliveryUnreadable(file.source.refusal)
    is_random = format_named(reading.format).is_random_access
    if file.known is None and not (is_random and file.source.size_bytes > HELD_BYTES):
        yield from _whole_file(file, reading, endpoint_url, report)
        return
    with _opened(file, reading, endpoint_url) as stream:
        yield from _tables(stream, file, reading, endpoint_url)


def _whole_file(
    file: Delivered, reading: DeliveryParams, endpoint_url: str | None, report: Report
) -> Iterator[pa.Table]:
    source = file.source
    with hashed_stream(source.uri, endpoint_url=endpoint_url, listed=source.listed) as stored:
        stream: BinaryIO | pa.NativeFile
        if format_named(reading.format).is_random_access:
            stream = pa.BufferReader(stored.readall())
        else:
            stream = decompressed(io.BufferedReader(stored, _BUFFER_BYTES), source.uri)
        yield from _tables(stream, file, reading, endpoint_url)
    report(file, stored.digest)


def _tables(
    stream: BinaryIO | pa.NativeFile,
    file: Delivered,
    reading: DeliveryParams,
    endpoint_url: str | None,
) -> Iterator[pa.Table]:
    legacy = partial(_legacy, file, endpoint_url)
    if file.split is not None:  # of an archive there are none
        found = iter([Content(file.source.name, stream, legacy)])
    else:
        found = contents(stream, file.source.name, file.source.uri, reading, legacy)
    rows = 0
    for content in found:
        for table in read_rows(
            content.stream,
            source_file=content.name,
            params=reading,
            split=file.split,
            legacy=content.legacy,
        ):
            rows += len(table)
            _require_bytes(file.source, rows)
            yield table


def _require_bytes(source: SourceFile, rows: int) -> None:
    """Refuse a file of more rows than bytes: each row takes time, and a place in the decisions."""
    if rows > max(_FREE_ROWS, source.size_bytes):
        raise DeliveryUnreadable(
            f"{source.uri} has {count(source.size_bytes)} bytes and more than {count(rows - 1)} "
            "rows: nothing can stand in them; ask the partner how it was written"
        )


def _opened(
    file: Delivered, reading: DeliveryParams, endpoint_url: str | None
) -> BinaryIO | pa.NativeFile:
    uri, split, known = file.source.uri, file.split, file.known
    if format_named(reading.format).is_random_access:
        return open_random(uri, endpoint_url=endpoint_url, known=known)
    if split is not None:
        return open_range(uri, split.start, split.end, endpoint_url=endpoint_url, known=known)
    return open_stream(uri, endpoint_url=endpoint_url, known=known)


def _legacy(file: Delivered, endpoint_url: str | None) -> str | None:
    """Return what the whole file shows of lines that are not UTF-8: only such a file is read twice.

    What it shows is of the file that was listed, or reading the rows of it ends with an error.
    """
    uri, known = file.source.uri, file.known
    with open_stream(uri, endpoint_url=endpoint_url, known=known) as stream:
        return legacy_evidence(stream, file.source.name)

"""Delivered files as tables: opened as their format needs, whole or one split of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

import pyarrow as pa

from jobs.corpus.intake.deliveries import legacy_evidence, read_rows
from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.rows import DeliveryParams
from jobs.flow.intake.plan import Delivered, InputShard
from jobs.storage.source_bytes import open_random, open_range, open_stream


def delivered_tables(shard: InputShard, *, endpoint_url: str | None) -> Iterator[pa.Table]:
    """Yield the rows of an input shard, in order, as DELIVERED tables."""
    for file in shard.files:
        yield from file_tables(file, shard.partner.reading, endpoint_url=endpoint_url)


def file_tables(
    file: Delivered, reading: DeliveryParams, *, endpoint_url: str | None
) -> Iterator[pa.Table]:
    """Yield the rows of a delivered file, or of a split of it, in order, as DELIVERED tables.

    Args:
        file: to read.
        reading: how.
        endpoint_url: the S3 server when it is not AWS itself.

    Raises:
        DeliveryChanged: it is not the file that was hashed; none of its rows was yielded.
    """
    with _opened(file, reading, endpoint_url) as stream:
        yield from read_rows(
            stream,
            source_file=file.source.name,
            params=reading,
            split=file.piece,
            legacy=partial(_legacy, file, endpoint_url),
        )


def _opened(
    file: Delivered, reading: DeliveryParams, endpoint_url: str | None
) -> BinaryIO | pa.NativeFile:
    uri, split, known = file.source.uri, file.piece, file.known
    if format_named(reading.format).is_random_access:
        return open_random(uri, endpoint_url=endpoint_url, known=known)
    if split is not None:
        return open_range(uri, split.start, split.end, endpoint_url=endpoint_url, known=known)
    return open_stream(uri, endpoint_url=endpoint_url, known=known)


def _legacy(file: Delivered, endpoint_url: str | None) -> str | None:
    """Return what the whole file shows of lines that are not UTF-8: it is read a second time."""
    uri, known = file.source.uri, file.known
    with open_stream(uri, endpoint_url=endpoint_url, known=known) as stream:
        return legacy_evidence(stream, file.source.name)

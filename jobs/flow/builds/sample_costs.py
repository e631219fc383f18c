"""Costs of samples: a few megabytes of a group, normalized here as a task would, and timed.

Of a file the first bytes are read, as stored and decompressed, and their rows normalized into a
folder that is thrown away. So what a byte of a delivery holds and costs is measured, not assumed.
Where bytes cannot be cut off, rows are read as for a preview (`delivery_samples`).
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO, NamedTuple, cast

import pyarrow as pa

from jobs.corpus.intake.formats import format_named
from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import DeliveryUnreadable
from jobs.flow.builds.normalize_stage import normalize_tables
from jobs.flow.contamination.index_object import store_index
from jobs.flow.intake.delivery_samples import first_rows, spread
from jobs.flow.intake.file_contents import contents
from jobs.flow.intake.input_shards import Delivered, InputShard, input_shard
from jobs.flow.params import BuildParams
from jobs.storage.objects import StorageParams
from jobs.storage.scratch import scratch_folder
from jobs.storage.source_bytes import decompressed, open_random
from jobs.storage.stores import open_store

_ALL_BYTES = 24 << 20  # of text, of all groups together: two or three seconds
_LEAST_BYTES, _MOST_BYTES = 1 << 20, 4 << 20  # of a large file
_LARGE_FILES, _FILES = 2, 64
_BUFFER_BYTES = 1 << 16
_BATCH_BYTES = 1 << 20
_DRAINED = 16  # times as much may be decompressed of what a decoder has taken in
_WARM_ROWS = 20
_LINES = frozenset({"jsonl", "csv", "tsv"})
_WHOLE_FILES = frozenset({"text", "html"})  # a file is a row


class Sample(NamedTuple):
    """What was measured of some files of a group.

    Attributes:
        files: Files that were opened.
        stored_bytes: Bytes of deliveries, as stored, that were read.
        rows: Rows in them.
        text_bytes: UTF-8 bytes of text in these.
        rejected: Rows of them that are rejected when they are normalized.
        written_bytes: Bytes of the tables that normalizing them wrote.
        reading_seconds: CPU seconds of reading and decoding.
        cpu_seconds: CPU seconds of all, reading included.
    """

    files: int = 0
    stored_bytes: float = 0.0
    rows: float = 0.0
    text_bytes: int = 0
    rejected: int = 0
    written_bytes: int = 0
    reading_seconds: float = 0.0
    cpu_seconds: float = 0.0


class _Part(NamedTuple):
    """The beginning of a file: bytes as stored that it is made of, its tables, rows in the file."""

    stored_bytes: float
    tables: Sequence[pa.Table]


def sample(shards: Sequence[InputShard], params: BuildParams, *, groups: int) -> Sample:
    """Read and normalize some of the files of a group.

    Args:
        shards: those of the group that are not normalized yet; one at least.
        params: of the build.
        groups: number of groups that are sampled, which share the time.
    """
    text_bytes = min(_MOST_BYTES, max(_LEAST_BYTES, _ALL_BYTES // (_LARGE_FILES * groups)))
    partner, group = shards[0].partner, shards[0].group
    reading = replace(group.reading, batch_bytes=_BATCH_BYTES)
    files = _chosen(shards, text_bytes)
    began = time.process_time()
    parts = [_part(file, reading, params, text_bytes) for file in files]
    read_seconds = time.process_time() - began
    tables = [table for part in parts for table in part.tables]
    if not sum(map(len, tables)):
        return Sample()
    shard = input_shard(partner, group, files, params)
    with scratch_folder() as folder:
        here = replace(params, storage=StorageParams(str(folder), None, None))
        store = open_store(here.storage)
        store_index(store, here)
        normalize_tables([tables[0][:_WARM_ROWS]], shard, here)  # loads what is compiled
        began = time.process_time()
        made = normalize_tables(tables, replace(shard, key="sample"), here)
        seconds = time.process_time() - began
        below = f"{params.corpus}/work/normalized/sample/"
        written = sum(info.size_bytes for info in store.list(below))
    return Sample(
        files=len(files),
        stored_bytes=sum(part.stored_bytes for part in parts),
        rows=made["delivered"],
        text_bytes=made["content_bytes"],
        rejected=sum(count for _stage, _reason, count in made["rejected"]),
        written_bytes=written,
        reading_seconds=read_seconds,
        cpu_seconds=seconds + read_seconds,
    )


def _chosen(shards: Sequence[InputShard], text_bytes: int) -> list[Delivered]:
    """Return whole files of a group, evenly spaced by name, the first and last among them."""
    found = {file.source.name: file.source for shard in shards for file in shard.files}
    files = [source for source in found.values() if source.size_bytes and not source.refusal]
    mean = sum(source.size_bytes for source in files) / max(1, len(files))
    wanted = min(_FILES, max(_LARGE_FILES, int(_LARGE_FILES * text_bytes / (mean + 1))))
    return [Delivered(source, None, None) for source in spread(files, wanted)]


def _part(file: Delivered, reading: DeliveryParams, params: BuildParams, text_bytes: int) -> _Part:
    """Return the beginning of a file; nothing of one that cannot be read."""
    endpoint_url = params.storage.endpoint_url
    if format_named(reading.format).is_random_access:
        return _few_rows(file, reading, endpoint_url, text_bytes)
    with suppress(DeliveryUnreadable):
        stored, content, is_whole = _beginning(file, endpoint_url, text_bytes)
        if not is_whole and reading.format in _LINES:
            content = content[: content.rfind(b"\n") + 1] or content
        tables = list(_read(content, file, reading))
        if tables:
            is_all = is_whole or reading.format in _WHOLE_FILES
            return _Part(file.source.size_bytes if is_all else stored, tables)
    return _few_rows(file, reading, endpoint_url, text_bytes)


def _beginning(
    file: Delivered, endpoint_url: str | None, text_bytes: int
) -> tuple[float, bytes, bool]:
    """Return how many bytes as stored the first bytes of content are, these, and whether all."""
    uri = file.source.uri
    with open_random(uri, endpoint_url=endpoint_url) as opened:
        raw: io.RawIOBase = _Counted(opened)
        stored = cast("io.BufferedReader", io.BufferedReader(raw, _BUFFER_BYTES))
        content = decompressed(stored, uri)
        if content is stored:
            held = stored.read(text_bytes)
            return len(held), held, len(held) < text_bytes
        share, held = _decompressed_beginning(
            stored, cast("io.BufferedReader", content), text_bytes
        )
        return share * len(held), held, len(held) < text_bytes


def _decompressed_beginning(
    stored: io.BufferedReader, content: io.BufferedReader, text_bytes: int
) -> tuple[float, bytes]:
    """Return bytes as stored for each byte of content, and the first bytes of content.

    What a decoder has taken in is known when it takes more: all that came before is of that.
    """
    held = bytearray()
    taken = produced = 0
    while chunk := content.raw.read(_BUFFER_BYTES):
        if produced >= text_bytes and (stored.tell() > taken or produced > _DRAINED * text_bytes):
            break
        taken = stored.tell()
        produced += len(chunk)
        held += chunk[: max(0, text_bytes - len(held))]
    return taken / max(1, produced), bytes(held)


def _read(content: bytes, file: Delivered, reading: DeliveryParams) -> Iterator[pa.Table]:
    from jobs.corpus.intake.deliveries import read_rows  # noqa: PLC0415

    stream = cast("BinaryIO", io.BufferedReader(io.BytesIO(content)))
    source = file.source
    with suppress(DeliveryUnreadable):  # it breaks off, in the middle of an archive's member
        for one in contents(stream, source.name, source.uri, reading, lambda: None):
            yield from read_rows(one.stream, source_file=one.name, params=reading)


def _few_rows(
    file: Delivered, reading: DeliveryParams, endpoint_url: str | None, text_bytes: int
) -> _Part:
    """Return rows of a file that is read here and there, and the share of its bytes they are."""
    found = first_rows(file.source, reading, endpoint_url, most_bytes=text_bytes)
    if found.error is not None and not isinstance(found.error, DeliveryUnreadable):
        raise found.error
    rows = sum(map(len, found.tables))
    share = min(1.0, rows / max(1, _rows_of(file, reading, endpoint_url) or rows))
    return _Part(file.source.size_bytes * share, found.tables)


def _rows_of(file: Delivered, reading: DeliveryParams, endpoint_url: str | None) -> int | None:
    """Return how many rows a file says it has; None where it does not say."""
    if not format_named(reading.format).is_random_access:
        return None
    import pyarrow.parquet as pq  # noqa: PLC0415

    with (
        suppress(pa.ArrowException, OSError),
        open_random(file.source.uri, endpoint_url=endpoint_url) as stream,
    ):
        return int(pq.ParquetFile(stream).metadata.num_rows)
    return None


class _Counted(io.RawIOBase):
    """Bytes of a file, which knows how many of them were read."""

    def __init__(self, file: pa.NativeFile) -> None:
        self._file, self._read = file, 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._read

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = int(self._file.readinto(buffer))
        self._read += count
        return count

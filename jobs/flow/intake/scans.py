"""Scans: delivered files whose digest or split points a plan needs are read once, by tasks.

A task scans a batch of files and leaves a checkpoint, whose key is made of what the store says of
them. So a file is scanned again if it changed, and not otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from jobs.corpus.intake.formats import format_named, growth_of
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.intake.split_points import Splitter
from jobs.corpus.intake.splits import Split
from jobs.errors import DeliveryUnreadable
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    found_checkpoints,
    map_checkpointed,
    run_checkpointed,
)
from jobs.storage.canonical_json import fingerprint
from jobs.storage.checked_files import Blocks
from jobs.storage.decompression import COMPRESSED_SUFFIXES
from jobs.storage.layout import work_key
from jobs.storage.manifests import JsonObject
from jobs.storage.source_bytes import Known, known_bytes, open_random
from jobs.storage.source_files import SourceFile
from jobs.storage.stores import open_store

STAGE = "deliveries"

# How many times as large text is taken to be as its compressed file; only balances tasks.
_GROWTH = 4

_BATCH_BYTES, _BATCH_FILES = 64 << 20, 100
# Scanned in this process in a tenth of a second, where Ray takes three to start.
_LIGHT_BYTES = 64 << 20
HELD_BYTES = 64 << 20  # of a Parquet file that a task may hold whole
_HEADER_BYTES = 1 << 14  # of a record that the specification of every split holds


@dataclass(frozen=True)
class Scan:
    """What one pass over a file's bytes found.

    Attributes:
        known: Digests of the file as stored.
        splits: Where it is split into tasks, in order; empty if it is read whole.
    """

    known: Known
    splits: tuple[Split, ...]


@dataclass(frozen=True)
class _Batch:
    """Files of one partner that a task scans."""

    reading: DeliveryParams
    files: tuple[SourceFile, ...]
    split_bytes: int

    def __str__(self) -> str:
        return ", ".join(file.uri for file in self.files)


FileName = tuple[str, str]
"""Partner and name of a delivered file."""

_Files = Iterable[tuple[str, DeliveryParams, Sequence[SourceFile]]]


def text_bytes(source: SourceFile) -> int:
    """Return about how much text a file holds."""
    return source.size_bytes * (_GROWTH if _is_compressed(source) else growth_of(source.name))


def is_scanned(source: SourceFile, reading: DeliveryParams, split_bytes: int) -> bool:
    """Must a file be scanned before it is read: is it split, or is it too large to hold?

    Args:
        source: the file.
        reading: how it is read.
        split_bytes: the text above which files are split.
    """
    delivered_as = format_named(reading.format)
    if delivered_as.is_random_access and source.size_bytes > HELD_BYTES:
        return True
    is_split = delivered_as.stored_splits or _splitter(source, reading, split_bytes)
    return text_bytes(source) > split_bytes and is_split is not None


def scan(
    files: _Files,
    params: BuildParams,
    *,
    split_bytes: int,
    progress: Progress,
) -> Mapping[FileName, Scan]:
    """Scan files that have no checkpoint yet; return what is known of all of them.

    Args:
        files: of each group of a partner, how they are read, and sources sorted by name.
        params: of the build.
        split_bytes: the text above which files are split, and of a split.
        progress: called after every finished task.

    Raises:
        DeliveryChanged: a file is not the one that was listed.
    """
    batches, work = _work(files, params, split_bytes)
    if not batches:
        return {}
    if sum(_size(batch) for _, batch in batches) <= _LIGHT_BYTES:
        found = run_checkpointed(_scan_batch, work, params=params)
    else:
        found = map_checkpointed(
            _scan_batch, work, params=params, label="deliveries", progress=progress
        )
    return dict(_scans(batches, found))


def scanned_before(
    files: _Files, params: BuildParams, *, split_bytes: int, **_: object
) -> Mapping[FileName, Scan]:
    """Return what earlier builds found of files; takes what `scan` takes, and reads no file."""
    batches, work = _work(files, params, split_bytes)
    there = found_checkpoints(open_store(params.storage), work)
    done = [pair for pair in zip(batches, work, strict=True) if pair[1].key in there]
    return dict(_scans([batch for batch, _ in done], [there[one.key] for _, one in done]))


def _work(
    files: _Files, params: BuildParams, split_bytes: int
) -> tuple[list[tuple[str, _Batch]], list[CheckpointedTask[_Batch]]]:
    """Return the batches of files that a task each scans, with their partners, and the tasks."""
    batches = [
        (partner, _Batch(reading, batch, split_bytes))
        for partner, reading, sources in files
        for batch in _batches(sources)
    ]
    return batches, [CheckpointedTask(_key(batch, params), batch) for _, batch in batches]


def _scans(
    batches: Iterable[tuple[str, _Batch]], found: Iterable[Checkpoint]
) -> Iterator[tuple[FileName, Scan]]:
    for (partner, batch), checkpoint in zip(batches, found, strict=True):
        for source, one in zip(batch.files, checkpoint["files"], strict=True):
            yield (partner, source.name), _as_scan(one, source)


def _batches(files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, ...]]:
    batch: list[SourceFile] = []
    size = 0
    for file in files:
        if batch and (size + file.size_bytes > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(file)
        size += file.size_bytes
    if batch:
        yield tuple(batch)


def _size(batch: _Batch) -> int:
    return sum(file.size_bytes for file in batch.files)


def _key(batch: _Batch, params: BuildParams) -> str:
    files = [(file.name, file.size_bytes, file.version) for file in batch.files]
    key = fingerprint(batch.reading, files, batch.split_bytes, code_digest())
    return work_key(params.corpus, STAGE, f"{key}.json")


def _scan_batch(batch: _Batch, *, params: BuildParams) -> Checkpoint:
    return {"files": [_scanned(source, batch, params) for source in batch.files]}


def _scanned(source: SourceFile, batch: _Batch, params: BuildParams) -> JsonObject:
    reading, split_bytes = batch.reading, batch.split_bytes
    endpoint_url = params.storage.endpoint_url
    is_large = text_bytes(source) > split_bytes
    splitter = _splitter(source, reading, split_bytes) if is_large else None
    stored_splits = format_named(reading.format).stored_splits if is_large else None
    known = known_bytes(
        source.uri,
        endpoint_url=endpoint_url,
        listed=source.listed,
        watch=splitter.add if splitter else None,
    )
    splits = splitter.splits() if splitter else []
    if stored_splits:
        with (
            suppress(DeliveryUnreadable),  # which reading it whole says, too
            open_random(source.uri, endpoint_url=endpoint_url, known=known) as stream,
        ):
            splits = stored_splits(stream, source.name, split_bytes)
    if splits and len(splits[0].header) > _HEADER_BYTES:
        splits = []
    return {
        "digest": known.digest,
        "block_bytes": known.blocks.block_bytes,
        "blocks": known.blocks.digests.hex(),
        "header": splits[0].header.hex() if splits else "",
        "splits": [[p.start, p.end, p.rows_before, p.is_legacy, p.legacy] for p in splits],
    }


def _as_scan(found: JsonObject, source: SourceFile) -> Scan:
    header = bytes.fromhex(found["header"])
    digests = bytes.fromhex(found["blocks"])
    blocks = Blocks(source.size_bytes, found["block_bytes"], digests)
    splits = (
        Split(start, end, rows, header, is_legacy=is_legacy, legacy=legacy)
        for start, end, rows, is_legacy, legacy in found["splits"]
    )
    return Scan(Known(found["digest"], blocks, source.version), tuple(splits))


def _splitter(source: SourceFile, reading: DeliveryParams, split_bytes: int) -> Splitter | None:
    splitter = format_named(reading.format).splitter
    return None if splitter is None or _is_compressed(source) else splitter(reading, split_bytes)


def _is_compressed(source: SourceFile) -> bool:
    return PurePosixPath(source.name).suffix.lower() in COMPRESSED_SUFFIXES

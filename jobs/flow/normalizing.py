"""Normalize: every delivered file becomes documents and facts, in one streaming pass over the text.

A task writes runs: about `run_bytes` of text at a time, as DOCUMENTS and as facts, both sorted by
`doc_id`. Its marker is written last and says what there is; a shard that has a
marker is never read again.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.deliveries import RANDOM_ACCESS, legacy_evidence, read_rows
from jobs.corpus.documents import documents
from jobs.corpus.facts import facts
from jobs.corpus.rows import DeliveryParams
from jobs.errors import TooManyRejects
from jobs.flow.intake import Delivered, InputShard
from jobs.flow.marked import Marked, Marker, Progress, found_markers, map_marked
from jobs.flow.params import BuildParams
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore
from jobs.storage.source_bytes import open_random, open_range, open_stream
from jobs.storage.stores import open_store

STAGE = "normalized"
_ROW_GROUP_BYTES = 4 << 20  # small, so that merge reads little beyond the range it asks for


@dataclass(frozen=True)
class Run:
    """The two tables a task wrote for one stretch of an input shard."""

    documents_key: str
    facts_key: str


@dataclass(frozen=True)
class NormalizedShard:
    """What became of an input shard.

    Attributes:
        partner: Whose it is.
        key: The input shard's.
        runs: The tables written, in order of delivery.
        delivered: Rows read; positions run from 0 to this.
        rejected: Rows per (stage, reason), sorted.
        content_bytes: UTF-8 bytes of all documents.
        base: The ordinal of position 0 in this build.
    """

    partner: str
    key: str
    runs: tuple[Run, ...]
    delivered: int
    rejected: tuple[tuple[str, str, int], ...]
    content_bytes: int
    base: int


def normalize(
    shards: list[InputShard], params: BuildParams, *, progress: Progress
) -> list[NormalizedShard]:
    """Normalize what has no marker yet; all shards, in the order of the plan.

    Raises:
        TooManyRejects: a partner's share of rejected rows is above the agreed one.
    """
    work = [Marked(_marker_key(params.corpus, shard.key), shard) for shard in shards]
    markers = map_marked(normalize_shard, work, params=params, label="normalize", progress=progress)
    normalized = list(_based(shards, markers))
    check_rejects(normalized, params)
    return normalized


def is_normalized(shards: list[InputShard], params: BuildParams) -> bool:
    """Whether every shard has a marker."""
    work = [Marked(_marker_key(params.corpus, shard.key), shard) for shard in shards]
    return len(found_markers(open_store(params.storage), work)) == len(work)


def normalize_shard(shard: InputShard, *, params: BuildParams) -> Marker:
    """Read one input shard and write its runs; what there is then. Harmless to repeat."""
    writer = _RunWriter(open_store(params.storage), shard, params)
    for table in delivered_tables(shard, params):
        writer.add(table)
    return writer.finished()


def check_rejects(normalized: list[NormalizedShard], params: BuildParams) -> None:
    """Stop if a partner's rows were rejected beyond the agreed share.

    Raises:
        TooManyRejects: with a table of reasons.
    """
    for partner in params.partners:
        mine = [shard for shard in normalized if shard.partner == partner.name]
        delivered = sum(shard.delivered for shard in mine)
        reasons: Counter[str] = Counter()
        for shard in mine:
            for _, reason, count in shard.rejected:
                reasons[reason] += count
        rejected = reasons.total()
        if delivered and rejected / delivered > partner.reject_share:
            table = "\n".join(f"  {count:>12,}  {name}" for name, count in reasons.most_common())
            raise TooManyRejects(
                f"partner {partner.name}: {rejected:,} of {delivered:,} rows are rejected, more "
                f"than reject_share={partner.reject_share:.2%}:\n{table}\n"
                f"ask the partner for a new delivery, or raise reject_share in "
                f"partners/{partner.name}.yaml"
            )


class _RunWriter:
    """Gathers tables of one input shard and writes a run whenever there is enough text."""

    def __init__(self, store: ObjectStore, shard: InputShard, params: BuildParams) -> None:
        self.store, self.shard, self.params = store, shard, params
        self.pending: list[pa.Table] = []
        self.pending_bytes = 0
        self.runs: list[Run] = []
        self.delivered = 0
        self.content_bytes = 0
        self.rejected: Counter[tuple[str, str]] = Counter()

    def add(self, delivered: pa.Table) -> None:
        table = documents(
            delivered,
            partner=self.shard.partner.name,
            first_position=self.delivered,
            params=self.params.text_params(self.shard.partner),
        )
        self.delivered += len(table)
        self.pending.append(table)
        self.pending_bytes += pc.sum(pc.binary_length(table["content"])).as_py() or 0
        bad = table.filter(pc.is_valid(table["reason"]))
        self.rejected.update(zip(bad["stage"].to_pylist(), bad["reason"].to_pylist(), strict=True))
        if self.pending_bytes >= self.params.shards.run_bytes:
            self._write()

    def finished(self) -> Marker:
        if self.pending:
            self._write()
        return {
            "runs": self.runs,
            "delivered": self.delivered,
            "content_bytes": self.content_bytes,
            "rejected": sorted([*key, count] for key, count in self.rejected.items()),
        }

    def _write(self) -> None:
        table = pa.concat_tables(self.pending).sort_by("doc_id")
        self.pending = []
        number = f"{len(self.runs):05d}"
        keys = [
            work_key(self.params.corpus, STAGE, self.shard.key, f"{kind}-{number}.parquet")
            for kind in ("documents", "facts")
        ]
        known = facts(table, params=self.params.signature)
        for key, rows, size in (
            (keys[0], table, self.pending_bytes),
            (keys[1], known, known.nbytes),
        ):
            group = max(1, len(rows) * _ROW_GROUP_BYTES // max(1, size))
            write_table(self.store, key, rows, row_group_rows=group)
        self.runs.append(Run(*keys))
        self.content_bytes += self.pending_bytes
        self.pending_bytes = 0


def write_table(
    store: ObjectStore, key: str, table: pa.Table, *, row_group_rows: int | None = None
) -> None:
    """Write an intermediate table as Parquet with light compression."""
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        path = Path(folder) / "table.parquet"
        pq.write_table(
            table, path, compression="zstd", compression_level=1, row_group_size=row_group_rows
        )
        store.put_file(key, path)


def delivered_tables(shard: InputShard, params: BuildParams) -> Iterator[pa.Table]:
    """The rows of an input shard, in order, as DELIVERED tables."""
    reading, endpoint_url = shard.partner.reading, params.storage.endpoint_url
    for file in shard.files:
        with _opened(file, reading, endpoint_url) as stream:
            yield from read_rows(
                stream,
                source_file=file.source.name,
                params=reading,
                piece=file.piece,
                legacy=partial(_legacy, file, endpoint_url),
            )


def _opened(
    file: Delivered, reading: DeliveryParams, endpoint_url: str | None
) -> BinaryIO | pa.NativeFile:
    uri, piece = file.source.uri, file.piece
    if reading.format in RANDOM_ACCESS:
        return open_random(uri, endpoint_url=endpoint_url)
    if piece is not None:
        return open_range(uri, piece.start, piece.end, endpoint_url=endpoint_url)
    return open_stream(uri, endpoint_url=endpoint_url)


def _legacy(file: Delivered, endpoint_url: str | None) -> str | None:
    """What the whole file shows of lines that are not UTF-8: only such a file is read twice."""
    with open_stream(file.source.uri, endpoint_url=endpoint_url) as stream:
        return legacy_evidence(stream, file.source.name)


def _based(shards: list[InputShard], markers: list[Marker]) -> Iterator[NormalizedShard]:
    base = 0
    for shard, marker in zip(shards, markers, strict=True):
        yield NormalizedShard(
            partner=shard.partner.name,
            key=shard.key,
            runs=tuple(Run(**run) for run in marker["runs"]),
            delivered=marker["delivered"],
            rejected=tuple((stage, reason, count) for stage, reason, count in marker["rejected"]),
            content_bytes=marker["content_bytes"],
            base=base,
        )
        base += marker["delivered"]


def _marker_key(corpus: str, key: str) -> str:
    return work_key(corpus, STAGE, key, "done.json")

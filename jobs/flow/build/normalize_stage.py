"""Normalize: delivered files become documents and facts in one streaming pass over the text.

A task writes runs: about `run_bytes` of rows at a time, as DOCUMENTS and as facts, both sorted by
`doc_id`. Rejected and nearly empty rows count too, since deliveries hold millions of them. Its
checkpoint is written last and lists what there is; a shard that has one is never read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.contamination.decontamination import decontaminated
from jobs.corpus.intake.rows import DELIVERED_AS
from jobs.corpus.model.reasons import DROPPING_STAGES, Stage
from jobs.corpus.normalize.documents import documents
from jobs.corpus.normalize.facts import facts
from jobs.corpus.removal.site_boilerplate import edge_keys
from jobs.errors import TooManyRejects
from jobs.flow.contamination.index_object import load_index, store_index
from jobs.flow.intake.delivered_tables import delivered_tables
from jobs.flow.intake.plan import InputShard
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import write_partitions
from jobs.flow.tasks.table_files import write_table
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_FOLDER = "normalized"
EDGE_BITS = 6
EDGE_PARTITIONS = 1 << EDGE_BITS  # of the keys to count: at most so many tasks count them
_BY_ID = [("doc_id", "ascending"), ("position", "ascending")]
_ROW_GROUP_BYTES = 4 << 20  # small, so that merge reads little beyond the range it asks for


def normalize(
    shards: list[InputShard], params: BuildParams, *, progress: Progress
) -> list[NormalizedShard]:
    """Normalize the input shards that have no checkpoint yet; return all, in order of the plan.

    Raises:
        TooManyRejects: a partner's share of rejected rows is above the agreed one.
    """
    store_index(open_store(params.storage), params)
    work = [CheckpointedTask(_checkpoint_key(params.corpus, shard.key), shard) for shard in shards]
    checkpoints = map_checkpointed(
        normalize_shard, work, params=params, label=Stage.NORMALIZE, progress=progress
    )
    normalized = list(_with_bases(shards, checkpoints))
    check_rejects(normalized, params)
    return normalized


def normalize_shard(shard: InputShard, *, params: BuildParams) -> Checkpoint:
    """Read one input shard and write its runs; return what was written. Idempotent."""
    # Arrow's own pool returns freed memory and touches new memory instead: a tenth of a task.
    pa.set_memory_pool(pa.system_memory_pool())
    writer = _RunWriter(open_store(params.storage), shard, params)
    for table in delivered_tables(shard, endpoint_url=params.storage.endpoint_url):
        writer.add(table)
    return writer.finished()


def check_rejects(normalized: list[NormalizedShard], params: BuildParams) -> None:
    """Stop if more of a partner's rows were rejected than agreed.

    Raises:
        TooManyRejects: with a table of reasons.
    """
    for partner in params.partners:
        shards = [shard for shard in normalized if shard.partner == partner.name]
        delivered = sum(shard.delivered for shard in shards)
        reasons: Counter[str] = Counter()
        for shard in shards:
            for stage, reason, count in shard.rejected:
                reasons[reason] += count * (stage not in DROPPING_STAGES)
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
    """Collects tables of one input shard and writes a run whenever there is enough."""

    def __init__(self, store: ObjectStore, shard: InputShard, params: BuildParams) -> None:
        self.store, self.shard, self.params = store, shard, params
        self.pending: list[tuple[pa.Table, pa.Table, pa.Table]] = []
        self.pending_bytes = 0
        self.runs: list[Run] = []
        self.delivered = 0
        self.content_bytes = 0
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.columns: Counter[str] = Counter()
        self.files: set[str] = set()
        self.benchmarks = load_index(store, params)
        self.benchmark_counts: Counter[tuple[str, str]] = Counter()
        self.private_counts: Counter[tuple[str, str]] = Counter()

    def add(self, delivered: pa.Table) -> None:
        table, removals, private_counts = documents(
            delivered,
            partner=self.shard.partner.name,
            first_position=self.delivered,
            params=self.params.text_params(self.shard.partner),
        )
        self.private_counts.update(private_counts)
        if self.benchmarks is not None:
            table, cuts, benchmark_counts = decontaminated(
                table, self.benchmarks, signal_params=self.params.signals
            )
            removals = pa.concat_tables([removals, cuts])
            self.benchmark_counts.update(benchmark_counts)
        self.delivered += len(table)
        self.files.update(delivered["source_file"].unique().to_pylist())
        for ours, name in DELIVERED_AS.items():
            self.columns[ours] += len(table) - delivered[name].null_count
        # While the text is in memory: touching new memory costs more than all of this.
        self.pending.append((table, facts(table, params=self.params.signature), removals))
        self.pending_bytes += sum(one.nbytes for one in self.pending[-1])
        self.content_bytes += pc.sum(pc.binary_length(table["content"])).as_py() or 0
        bad = table.filter(pc.is_valid(table["reason"]))
        self.rejected.update(zip(bad["stage"].to_pylist(), bad["reason"].to_pylist(), strict=True))
        if self.pending_bytes >= self.params.shards.run_bytes:
            self._write()

    def finished(self) -> Checkpoint:
        if self.pending:
            self._write()
        whole = [file.source.name for file in self.shard.files if file.piece is None]
        return {
            "runs": self.runs,
            "delivered": self.delivered,
            "content_bytes": self.content_bytes,
            "rejected": sorted([*key, count] for key, count in self.rejected.items()),
            "columns": sorted(self.columns.items()),
            "empty": [name for name in whole if name not in self.files],
            "benchmarks": sorted([*key, count] for key, count in self.benchmark_counts.items()),
            "private_data": sorted([*key, count] for key, count in self.private_counts.items()),
        }

    def _write(self) -> None:
        table, facts_of_run, removals = map(pa.concat_tables, zip(*self.pending, strict=True))
        self.pending = []
        folder = work_key(self.params.corpus, _FOLDER, self.shard.key)
        number = f"{len(self.runs):05d}"
        name = f"{folder}/{{}}-{number}"
        run = write_run(self.store, name, table.sort_by("doc_id"), facts_of_run, removals)
        if self.params.site_boilerplate.is_on:
            edges = write_edges(self.store, f"{folder}/edges-{number}.bin", table)
            run = replace(run, edges_key=edges)
        self.runs.append(run)
        self.pending_bytes = 0


def write_run(
    store: ObjectStore, name: str, table: pa.Table, facts_of_run: pa.Table, removals: pa.Table
) -> Run:
    """Write the tables of one run, without its edges.

    Args:
        store: the object store.
        name: the key of each table, with {} for its kind, before it is sealed.
        table: DOCUMENTS by `doc_id`.
        facts_of_run: their facts, in any order.
        removals: their REMOVALS, in any order.
    """
    size = pc.sum(pc.binary_length(table["content"])).as_py() or 0
    keys = []
    for kind, rows, rows_bytes in (
        ("documents", table, size),
        ("facts", facts_of_run.sort_by(_BY_ID), facts_of_run.nbytes),
        ("removals", removals.sort_by("doc_id"), removals.nbytes),
    ):
        group = max(1, len(rows) * _ROW_GROUP_BYTES // max(1, rows_bytes))
        key = f"{name.format(kind)}.parquet"
        keys.append(write_table(store, key, rows, row_group_rows=group))
    return Run(*keys)


def write_edges(store: ObjectStore, key: str, table: pa.Table) -> str:
    """Write the edge keys of some DOCUMENTS, partitioned by their highest bits; return the key."""
    pairs = edge_keys(table)
    firsts = np.arange(EDGE_PARTITIONS, dtype=np.uint64) << np.uint64(64 - EDGE_BITS)
    bounds = np.append(np.searchsorted(pairs[:, 0], firsts), len(pairs))
    return write_partitions(store, key, pairs.ravel(), 2 * bounds)


def _with_bases(
    shards: list[InputShard], checkpoints: list[Checkpoint]
) -> Iterator[NormalizedShard]:
    base = 0
    for shard, checkpoint in zip(shards, checkpoints, strict=True):
        yield NormalizedShard(
            partner=shard.partner.name,
            key=shard.key,
            runs=tuple(Run(**run) for run in checkpoint["runs"]),
            delivered=checkpoint["delivered"],
            rejected=tuple(
                (stage, reason, count) for stage, reason, count in checkpoint["rejected"]
            ),
            content_bytes=checkpoint["content_bytes"],
            base=base,
            columns=tuple((name, count) for name, count in checkpoint["columns"]),
            empty=tuple(checkpoint["empty"]),
            benchmarks=tuple((name, what, count) for name, what, count in checkpoint["benchmarks"]),
            private_data=tuple((kind, of, count) for kind, of, count in checkpoint["private_data"]),
        )
        base += checkpoint["delivered"]


def _checkpoint_key(corpus: str, key: str) -> str:
    return work_key(corpus, _FOLDER, f"{key}.json")

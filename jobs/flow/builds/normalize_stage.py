"""Normalize: delivered files become documents and facts in one streaming pass over the text.

A task writes runs: about `run_bytes` of rows at a time, as DOCUMENTS and as facts, both sorted by
`doc_id`. Rejected and nearly empty rows count too, since deliveries hold millions of them. Its
checkpoint is written last and lists what there is; a shard that has one is never read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.contamination.decontamination import decontaminated
from jobs.corpus.intake.rows import DELIVERED_AS
from jobs.corpus.intake.swallowed_lines import swallowed_lines
from jobs.corpus.model.reasons import Stage
from jobs.corpus.normalize.documents import documents
from jobs.corpus.normalize.facts import facts
from jobs.corpus.release.sections import Boundaries, boundaries
from jobs.corpus.removal.site_boilerplate import page_ends
from jobs.errors import DeliveryUnreadable
from jobs.flow.builds.bad_files import KILLED, BadFile, complaints, readable
from jobs.flow.builds.reject_shares import check_rejects
from jobs.flow.builds.run_files import write_edges, write_run
from jobs.flow.builds.sections import needed, packed
from jobs.flow.contamination.index_object import load_index, store_index
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.file_contents import MEMBER
from jobs.flow.intake.input_shards import Delivered, InputShard, with_read
from jobs.flow.intake.plan import remember_plan
from jobs.flow.intake.processor_time import limited
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    TaskCounts,
    map_checkpointed,
)
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_FOLDER = "normalized"
_PART_OF_BATCH = 4  # English text has a third of the bytes that a batch is thought to have


class Normalized(NamedTuple):
    """A plan without files that cannot be read, what normalize left of it, and these files."""

    plan: list[InputShard]
    shards: list[NormalizedShard]
    bad_files: list[BadFile]


def normalize(
    shards: Sequence[InputShard], params: BuildParams, *, progress: Progress
) -> Normalized:
    """Normalize the input shards that have no checkpoint yet; return all, in order of the plan.

    Raises:
        DeliveryUnreadable: names every file that cannot be read, of partners that set none aside.
        TooManyRejects: a partner's share of rejected rows is above the agreed one.
    """
    store_index(open_store(params.storage), params)

    def run(left: Sequence[InputShard]) -> list[Checkpoint]:
        work = normalize_tasks(left, params)
        return map_checkpointed(
            normalize_shard,
            work,
            params=params,
            label=Stage.NORMALIZE,
            progress=progress,
        )

    plan, checkpoints, bad_files = readable(shards, run, params)
    normalized = list(_with_bases(plan, checkpoints, params))
    check_rejects(normalized, params)
    return Normalized(plan, normalized, bad_files)


def normalize_tasks(
    shards: Iterable[InputShard], params: BuildParams
) -> list[CheckpointedTask[InputShard]]:
    """Return the task of each input shard."""
    return [
        CheckpointedTask(checkpoint_key(params.corpus, shard.key), shard, KILLED, task_counts)
        for shard in shards
    ]


def task_counts(shard: InputShard, checkpoint: Checkpoint) -> TaskCounts:
    """Return what the task of an input shard read and rejected, by its checkpoint."""
    rejected = sum(count for _stage, _reason, count in checkpoint["rejected"])
    return TaskCounts(
        shard.partner.name, checkpoint["delivered"], checkpoint["content_bytes"], rejected=rejected
    )


def read_plan(
    plan: Sequence[InputShard], normalized: Sequence[NormalizedShard], params: BuildParams
) -> list[InputShard]:
    """Return the plan with the digests of the files that normalize read; remember these files."""
    read = with_read(
        plan,
        {(shard.partner, name): digest for shard in normalized for name, digest in shard.files},
    )
    remember_plan(read, params)
    return read


def normalize_shard(shard: InputShard, *, params: BuildParams) -> Checkpoint:
    """Read one input shard and write its runs; return what was written. Idempotent.

    If files cannot be read, return what is wrong with each of them instead.
    """
    # Arrow's own pool returns freed memory and touches new memory instead: a tenth of a task.
    pa.set_memory_pool(pa.system_memory_pool())
    writer = _RunWriter(open_store(params.storage), shard, params)
    endpoint_url = params.storage.endpoint_url
    bad: list[tuple[Delivered, DeliveryUnreadable]] = []
    with limited() as renew:
        for file in shard.files:
            read = file_tables(
                file, shard.group.reading, endpoint_url=endpoint_url, report=writer.report
            )
            try:
                for table in read:
                    renew()
                    if not bad:  # else nothing of this shard is used
                        writer.add(table)
            except DeliveryUnreadable as error:
                bad.append((file, error))
            renew()
        return complaints(bad, params) if bad else writer.finished()


def normalize_tables(
    tables: Iterable[pa.Table], shard: InputShard, params: BuildParams
) -> Checkpoint:
    """Write runs of rows that were read already, as those of a shard; return what was written.

    Args:
        tables: DELIVERED tables.
        shard: of the rows.
        params: of the build.
    """
    writer = _RunWriter(open_store(params.storage), shard, params)
    for table in tables:
        writer.add(table)
    return writer.finished()


class _RunWriter:
    """Collects tables of one input shard and writes a run whenever there is enough."""

    def __init__(self, store: ObjectStore, shard: InputShard, params: BuildParams) -> None:
        self.store, self.shard, self.params = store, shard, params
        self.text_params = params.text_params(shard.partner)
        self.gathered: list[pa.Table] = []
        self.gathered_bytes = 0
        self.pending: list[tuple[pa.Table, pa.Table, pa.Table]] = []
        self.pending_bytes = 0
        self.runs: list[Run] = []
        self.written = 0  # rows of the input shard that are in them
        self.boundaries: list[Boundaries] = []
        self.delivered = 0
        self.content_bytes = 0
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.columns: Counter[str] = Counter()
        self.files: set[str] = set()
        self.benchmarks = load_index(store, params)
        self.benchmark_counts: Counter[tuple[str, str]] = Counter()
        self.items_found: set[tuple[str, str]] = set()
        self.digests: list[tuple[str, str]] = []
        self.private_counts: Counter[tuple[str, str]] = Counter()
        self.swallowed_lines = 0

    def add(self, delivered: pa.Table) -> None:
        """Take rows in; those of small files together: a table costs twenty milliseconds."""
        self.gathered.append(delivered)
        self.gathered_bytes += delivered.nbytes
        if self.gathered_bytes >= self.shard.group.reading.batch_bytes // _PART_OF_BATCH:
            self._normalize()

    def _normalize(self) -> None:
        delivered = pa.concat_tables(self.gathered)
        self.gathered, self.gathered_bytes = [], 0
        table, removals, private_counts = documents(
            delivered,
            partner=self.shard.partner.name,
            first_position=self.delivered,
            params=self.text_params,
        )
        self.private_counts.update(private_counts)
        if self.benchmarks is not None:
            table, spans, found = decontaminated(
                table, self.benchmarks, signal_params=self.params.signals
            )
            removals = pa.concat_tables([removals, spans])
            self.benchmark_counts.update(found.documents)
            self.items_found.update(found.items)
        self.boundaries.append(boundaries(table, self.content_bytes))
        self.delivered += len(table)
        self.files.update(delivered["source_file"].unique().to_pylist())
        self.swallowed_lines += swallowed_lines(delivered)
        for column, name in DELIVERED_AS.items():
            self.columns[column] += len(table) - delivered[name].null_count
        # While the text is in memory: touching new memory costs more than all of this.
        self.pending.append((table, facts(table, params=self.params.signature), removals))
        self.pending_bytes += sum(one.nbytes for one in self.pending[-1])
        self.content_bytes += pc.sum(pc.binary_length(table["content"])).as_py() or 0
        bad = table.filter(pc.is_valid(table["reason"]))
        self.rejected.update(zip(bad["stage"].to_pylist(), bad["reason"].to_pylist(), strict=True))
        if self.pending_bytes >= self.params.shards.run_bytes:
            self._write()

    def report(self, file: Delivered, digest: str) -> None:
        self.digests.append((file.source.name, digest))

    def finished(self) -> Checkpoint:
        if self.gathered:
            self._normalize()
        if self.pending:
            self._write()
        whole = [file.source.name for file in self.shard.files if file.split is None]
        read = {name.partition(MEMBER)[0] for name in self.files} | self.files
        return {
            "runs": self.runs,
            "delivered": self.delivered,
            "content_bytes": self.content_bytes,
            "rejected": sorted([*key, count] for key, count in self.rejected.items()),
            "columns": sorted(self.columns.items()),
            "empty": [name for name in whole if name not in read],
            "files": self.digests,
            "benchmarks": sorted([*key, count] for key, count in self.benchmark_counts.items()),
            "items_found": sorted(self.items_found),
            "boundaries": packed(self.boundaries),
            "private_data": sorted([*key, count] for key, count in self.private_counts.items()),
            "swallowed_lines": self.swallowed_lines,
        }

    def _write(self) -> None:
        table, facts_of_run, removals = map(pa.concat_tables, zip(*self.pending, strict=True))
        self.pending = []
        folder = work_key(self.params.corpus, _FOLDER, self.shard.key)
        number = f"{len(self.runs):05d}"
        name = f"{folder}/{{}}-{number}"
        tables = (table, facts_of_run, removals)
        if self.params.site_boilerplate.is_on:
            ends = page_ends(table)
            edges = write_edges(self.store, f"{folder}/edges-{number}.bin", ends.keys)
            run = write_run(self.store, name, *tables, may_lose=ends.may_lose)
            run = replace(run, edges_key=edges)
        else:
            run = write_run(self.store, name, *tables)
        self.runs.append(replace(run, first_position=self.written, end_position=self.delivered))
        self.written = self.delivered
        self.pending_bytes = 0


def _with_bases(
    shards: Sequence[InputShard], checkpoints: list[Checkpoint], params: BuildParams
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
            files=tuple((name, digest) for name, digest in checkpoint["files"]),
            benchmarks=tuple((name, what, count) for name, what, count in checkpoint["benchmarks"]),
            items_found=tuple((name, item) for name, item in checkpoint["items_found"]),
            boundaries=needed(checkpoint["boundaries"], params.shards.release_bytes),
            private_data=tuple((kind, of, count) for kind, of, count in checkpoint["private_data"]),
            swallowed_lines=checkpoint["swallowed_lines"],
        )
        base += checkpoint["delivered"]


def checkpoint_key(corpus: str, key: str) -> str:
    """Return the key of the checkpoint of an input shard."""
    return work_key(corpus, _FOLDER, f"{key}.json")

"""Deduplicate: facts of all partners in, one row of DROPS per document that another one replaces.

Few documents are decided by one task, many in groups of whole components, and a component too large
for one task in rounds. The rows are the same in all cases: a decision depends on the component of a
document alone, and there on the documents kept before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.drop_evidence import is_drop, with_copies
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.model.tables import ranked_schema
from jobs.flow.dedup.candidate_groups import group_candidates
from jobs.flow.dedup.candidates import (
    CandidateGroups,
    Partitioning,
    WorkFolder,
    partitioning_of,
)
from jobs.flow.dedup.frozen import FrozenShard, numbered
from jobs.flow.dedup.gathering import Span, gathered, gatherings
from jobs.flow.dedup.hot_bucket_keys import refined_candidates
from jobs.flow.dedup.ranked_facts import Shard, documents_of, ranked_facts, with_texts
from jobs.flow.dedup.rounds import decide_in_rounds, dropped_rows
from jobs.flow.dedup.shard_batches import Batch, read_batch, write_batches
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    map_checkpointed,
)
from jobs.flow.tasks.exchange import gather_group, gather_groups, write_groups
from jobs.flow.tasks.table_files import write_table
from jobs.flow.tasks.written_lists import list_writer, read_list, write_list
from jobs.storage.canonical_json import fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_DROPS = "drops.parquet"


@dataclass(frozen=True)
class Drops:
    """The table of drops of a build: its name, its files and how many documents go."""

    key: str
    files: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class _AllTask:
    """Decide all documents of a build."""

    folder: WorkFolder
    shards: Batch


@dataclass(frozen=True)
class _GatherTask:
    """Write a span of the groups of the files of a list as one file."""

    folder: WorkFolder
    number: int
    files: str
    span: Span


@dataclass(frozen=True)
class _GroupTask:
    """Decide one group, which lies in the files of a list."""

    folder: WorkFolder
    group: int
    files: str


def deduplicate(
    normalized: Sequence[NormalizedShard],
    params: BuildParams,
    *,
    progress: Progress,
    frozen: Sequence[FrozenShard] = (),
) -> Drops:
    """Decide all documents of a build; return the drops, also where they are already there.

    Args:
        normalized: what was delivered, numbered from 0.
        params: of the build.
        progress: called after every finished task.
        frozen: documents already decided, numbered here: none of them is dropped, and they rank
            before all that was delivered.
    """
    delivered = sum(shard.delivered for shard in normalized)
    shards: list[Shard] = [*normalized, *numbered(frozen, delivered)]
    folder = WorkFolder(params.corpus, _key(shards, params))
    if sum(map(documents_of, shards)) <= params.shards.group_documents:
        inputs = folder.at("inputs", "shards.json")
        (batch,) = write_batches(open_store(params.storage), inputs, [shards])
        spec = _AllTask(folder, batch)
        work = [CheckpointedTask(folder.at("drops-all.json"), spec, counted=dropped_rows)]
        checkpoints = map_checkpointed(
            _decide_all, work, params=params, label="dedup", progress=progress
        )
    else:
        checkpoints = _decide_groups(shards, folder, params, progress)
    return Drops(
        folder.key,
        tuple(checkpoint["file"] for checkpoint in checkpoints),
        sum(checkpoint["rows"] for checkpoint in checkpoints),
    )


def _key(shards: Sequence[Shard], params: BuildParams) -> str:
    priorities = sorted((partner.name, partner.priority) for partner in params.partners)
    rules = params.rules.rules
    filters = rules, params.origin.excluded
    how = (params.bands, params.rank, filters, params.shards.group_documents, priorities)
    frozen = [shard for shard in shards if isinstance(shard, FrozenShard)]
    decided = [(shard.key, shard.priority, shard.origin) for shard in frozen]
    return fingerprint([shard.key for shard in shards], decided, how, code_digest())


def _decide_all(spec: _AllTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    shards = read_batch(store, spec.shards)
    facts = [(ranked_facts(shard, params, store=store), shard) for shard in shards]
    tables = [with_texts(ranked, shard, params, store=store) for ranked, shard in facts]
    tables = tables or [ranked_schema(params.signature.num_perm).empty_table()]
    return _decided(pa.concat_tables(tables), spec.folder.at("drops-all", _DROPS), params, store)


def _decided(ranked: pa.Table, key: str, params: BuildParams, store: ObjectStore) -> Checkpoint:
    drops = find_duplicates(ranked, bands=params.bands, rank=params.rank)
    file = write_table(store, key, with_copies(drops), row_group_rows=1 << 16)
    return {"file": file, "rows": pc.sum(is_drop(drops)).as_py() or 0}


def _decide_groups(
    shards: Sequence[Shard], folder: WorkFolder, params: BuildParams, progress: Progress
) -> list[Checkpoint]:
    candidates = group_candidates(shards, folder, params, progress=progress)
    partitioning = partitioning_of(shards, params)
    return decide_candidates(candidates, partitioning, folder, params, progress=progress)


def decide_candidates(
    candidates: CandidateGroups,
    partitioning: Partitioning,
    folder: WorkFolder,
    params: BuildParams,
    *,
    progress: Progress,
) -> list[Checkpoint]:
    """Decide all groups; oversized ones are refined first, and decided in rounds if they stay so.

    Args:
        candidates: all groups.
        partitioning: of the keys.
        folder: where tasks write.
        params: of the build.
        progress: called after every finished task.

    Returns:
        Checkpoints that name the files of drops.
    """
    decide = partial(_decide_each, params=params, progress=progress)
    checkpoints = decide(candidates, folder)
    if candidates.oversized and not params.bands.is_exact:
        candidates = refined_candidates(candidates, partitioning, folder, params, progress=progress)
        folder = folder.below("refined")
        checkpoints += decide(candidates, folder)
    for group in candidates.oversized:
        checkpoints += decide_in_rounds(group, candidates, folder, params, progress=progress)
    return checkpoints


def _decide_each(
    candidates: CandidateGroups, folder: WorkFolder, *, params: BuildParams, progress: Progress
) -> list[Checkpoint]:
    store = open_store(params.storage)
    work = []
    for files, span in _gathered_groups(candidates, folder, params, progress=progress):
        listed = write_list(store, folder.at("inputs", f"groups-{span.first}.json"), files)
        work += [
            CheckpointedTask(
                folder.at(f"drops-{group}.json"),
                _GroupTask(folder, group, listed),
                counted=dropped_rows,
            )
            for group in candidates.decidable
            if span.first <= group < span.end
        ]
    return map_checkpointed(
        _decide_group, work, params=params, label="dedup: decisions", progress=progress
    )


def _gathered_groups(
    candidates: CandidateGroups, folder: WorkFolder, params: BuildParams, *, progress: Progress
) -> list[tuple[tuple[str, ...], Span]]:
    """Return files of candidates, by the span of groups that they hold."""
    groups = 1 + max(candidates.sizes, default=0)
    listed = list_writer(open_store(params.storage), folder.at("groups-gathered", "files.json"))
    work = [
        CheckpointedTask(
            folder.at(f"groups-gathered-{n}.json"),
            _GatherTask(folder, n, listed(one.files), one.span),
        )
        for n, one in enumerate(gatherings(candidates.files, groups))
    ]
    done = map_checkpointed(
        _gather_groups, work, params=params, label="dedup: gather candidates", progress=progress
    )
    return gathered(candidates.files, groups, [checkpoint["file"] for checkpoint in done])


def _gather_groups(spec: _GatherTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    rows, groups = gather_groups(store, read_list(store, spec.files), *spec.span)
    key = spec.folder.at(f"groups-gathered-{spec.number}", "facts.arrow")
    return {"file": write_groups(store, key, rows, groups)}


def _decide_group(spec: _GroupTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    ranked = gather_group(store, read_list(store, spec.files), spec.group)
    return _decided(ranked, spec.folder.at(f"drops-{spec.group}", _DROPS), params, store)

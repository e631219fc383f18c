"""Candidate groups: documents that share a bucket are brought together, to be decided by group.

::

    facts ─ keys ───────▶ packed keys, by partition              exchanged through storage
          ─ gather ─────▶ the same in fewer files                if there are many
          ─ edges ──────▶ pairs of documents that share a bucket one task per partition
          ─ unite ──────▶ components, packed into groups         one task
          ─ candidates ─▶ facts of documents in a group          exchanged through storage

What a task holds, whatever the buckets look like, beside its interpreter:

- keys: 1.2 KB per document of one run, and 32 bytes per key of a batch of up to `group_documents`
  documents (270 MB for 500,000 of 17 keys) or of one shard, if that is larger.
- gather: 16 bytes per key of a span of 32 files, some 17 million keys.
- edges: 24 bytes per key of a partition, of which there are 16 million (400 MB). A keys task sends
  one key of a bucket and emits the rest as edges, so the hottest bucket, were all documents in
  it, adds one key per keys task.
- unite: 8 bytes per delivered row (800 MB for 100 million), and one file of edges.
- candidates: the facts of one shard, and of all candidates of a batch.

The driver holds checkpoints. In storage: 8 bytes per key and per edge, and 4 per delivered row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from jobs.corpus.dedup.banding import band_keys, signature_matrix
from jobs.corpus.dedup.components import (
    PackedKeys,
    PartitionBounds,
    buckets,
    forest,
    group_sizes,
    groups,
    packed_keys,
    reduced_buckets,
    unite,
)
from jobs.corpus.model.identity import hash_halves
from jobs.flow.dedup.candidates import (
    CandidateGroups,
    Partitioning,
    WorkFolder,
    partitioning_of,
)
from jobs.flow.dedup.gathering import Span
from jobs.flow.dedup.key_gathering import gathered_keys
from jobs.flow.dedup.ranked_facts import Shard, documents_of, ranked_facts, sketches, with_texts
from jobs.flow.dedup.shard_batches import Batch, read_batch, write_batches
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import (
    read_numbers,
    read_partition,
    write_groups,
    write_numbers,
    write_partitions,
)
from jobs.flow.tasks.sealed_objects import read_sealed, seal
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store


@dataclass(frozen=True)
class _KeysTask:
    """Write the packed keys of a batch of shards, and the edges among their documents."""

    folder: WorkFolder
    number: int
    shards: Batch
    partitioning: Partitioning


@dataclass(frozen=True)
class _EdgesTask:
    """Write the edges of one partition of the key files in a list, which hold a span of them."""

    folder: WorkFolder
    partition: int
    key_files: str
    span: Span
    partitioning: Partitioning


@dataclass(frozen=True)
class _UniteTask:
    """Write the group of every document, from all edges, which are in the files of a list."""

    folder: WorkFolder
    edge_files: str
    partitioning: Partitioning


@dataclass(frozen=True)
class _CandidatesTask:
    """Write the facts of those documents of a batch of shards that are in a group."""

    folder: WorkFolder
    number: int
    shards: Batch
    grouped_file: str


def group_candidates(
    shards: Sequence[Shard], folder: WorkFolder, params: BuildParams, *, progress: Progress
) -> CandidateGroups:
    """Group the candidates of a build; whole components, about `group_documents` together.

    Args:
        shards: all documents, frozen shards last.
        folder: where tasks write.
        params: of the build.
        progress: called after every finished task.

    Raises:
        ConfigError: more rows were delivered than can be numbered.
    """
    mapped = partial(map_checkpointed, params=params, progress=progress)
    partitioning = partitioning_of(shards, params)
    most = params.shards.group_documents
    batched = partial(_written_batches, open_store(params.storage), folder, shards)
    keys = mapped(
        _write_keys,
        [
            CheckpointedTask(folder.at(f"keys-{n}.json"), _KeysTask(folder, n, some, partitioning))
            for n, some in batched("keys", most)
        ],
        label="dedup: band keys",
    )
    grouped = group_components(keys, partitioning, folder, params, progress=progress)
    file = grouped["file"]
    batch = 0 if params.bands.is_exact else most  # texts are held, so one shard at a time
    candidates = mapped(
        _write_candidates,
        [
            CheckpointedTask(
                folder.at(f"candidates-{n}.json"), _CandidatesTask(folder, n, some, file)
            )
            for n, some in batched("candidates", batch)
        ],
        label="dedup: candidates",
    )
    return candidate_groups(candidates, grouped, most)


def group_components(
    keys: Sequence[Checkpoint],
    partitioning: Partitioning,
    folder: WorkFolder,
    params: BuildParams,
    *,
    progress: Progress,
) -> Checkpoint:
    """Group the components of all documents; return the checkpoint with the file of groups.

    Args:
        keys: checkpoints of the tasks that wrote keys and edges.
        partitioning: of the keys.
        folder: where tasks write.
        params: of the build.
        progress: called after every finished task.
    """
    mapped = partial(map_checkpointed, params=params, progress=progress)
    list_of = partial(_written_list, open_store(params.storage), folder)
    found = gathered_keys(keys, partitioning, folder, params, progress=progress)
    lists = [list_of(f"keys-{span.first}", files) for files, span in found]
    edges = mapped(
        _write_edges,
        [
            CheckpointedTask(
                folder.at(f"edges-{p}.json"), _EdgesTask(folder, p, listed, span, partitioning)
            )
            for listed, (_, span) in zip(lists, found, strict=True)
            for p in range(*span)
        ],
        label="dedup: buckets",
    )
    edge_files = list_of("edges", [checkpoint["edges"] for checkpoint in [*keys, *edges]])
    spec = _UniteTask(folder, edge_files, partitioning)
    work = [CheckpointedTask(folder.at("grouped.json"), spec)]
    return mapped(_write_grouped, work, label="dedup: components")[0]


def candidate_groups(
    candidates: Sequence[Checkpoint], grouped: Checkpoint, group_documents: int
) -> CandidateGroups:
    """Return the groups that tasks have written.

    Args:
        candidates: checkpoints of the tasks that wrote facts by group.
        grouped: checkpoint of the task that made the groups.
        group_documents: how many documents a group should hold.
    """
    files = tuple(checkpoint["file"] for checkpoint in candidates)
    return CandidateGroups(files, dict(map(tuple, grouped["sizes"])), group_documents)


def _written_list(store: ObjectStore, folder: WorkFolder, name: str, files: Sequence[str]) -> str:
    return write_list(store, folder.at("inputs", f"{name}.json"), files)


def _written_batches(
    store: ObjectStore, folder: WorkFolder, shards: Sequence[Shard], name: str, most: int
) -> Iterator[tuple[int, Batch]]:
    key = folder.at("inputs", f"shards-{name}.json")
    return enumerate(write_batches(store, key, _batches(shards, most)))


def _batches(shards: Sequence[Shard], most: int) -> list[list[Shard]]:
    """Split shards into runs of at most so many documents: fewer files, each range longer."""
    batches: list[list[Shard]] = []
    held = most + 1
    for shard in shards:
        held += documents_of(shard)
        if held > most:
            batches.append([])
            held = documents_of(shard)
        batches[-1].append(shard)
    return batches


def _write_keys(spec: _KeysTask, *, params: BuildParams) -> Checkpoint:
    store, by = open_store(params.storage), spec.partitioning
    shards = read_batch(store, spec.shards)
    facts = (some for shard in shards for some in sketches(shard, params, store=store))
    partitioned = [_packed_keys(some, by, params) for some in facts]
    packed, bounds, edges = reduced_buckets(partitioned, bits=by.bits, partitions=by.partitions)
    at = partial(spec.folder.at, f"keys-{spec.number}")
    return {
        "file": write_partitions(store, at("keys.bin"), packed, bounds),
        "edges": seal(store, at("edges.bin"), edges.tobytes()),
    }


def _packed_keys(
    facts: pa.Table, partitioning: Partitioning, params: BuildParams
) -> tuple[PackedKeys, PartitionBounds]:
    signatures, has_text = signature_matrix(facts["signature"])
    ids = np.stack(hash_halves(facts["doc_id"]), axis=1)
    return packed_keys(
        band_keys(signatures, ids, params=params.bands),
        has_text,
        facts["ordinal"].to_numpy(),
        bits=partitioning.bits,
        partitions=partitioning.partitions,
    )


def _write_edges(spec: _EdgesTask, *, params: BuildParams) -> Checkpoint:
    store, partitioning = open_store(params.storage), spec.partitioning
    files, (first, end) = read_list(store, spec.key_files), spec.span
    packed = read_partition(store, files, spec.partition - first, end - first)
    edges = buckets(packed, bits=partitioning.bits)[1]
    key = spec.folder.at(f"edges-{spec.partition}", "edges.bin")
    return {"edges": seal(store, key, edges.tobytes())}


def _write_grouped(spec: _UniteTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    parents = forest(spec.partitioning.delivered)
    for file in read_list(store, spec.edge_files):
        unite(parents, np.frombuffer(read_sealed(store, file), np.uint64))
    grouped = groups(
        parents,
        group_documents=params.shards.group_documents,
        first_frozen=spec.partitioning.first_frozen,
    )
    file = write_numbers(store, spec.folder.at("grouped", "groups.bin"), grouped)
    sizes = group_sizes(grouped)
    present = np.flatnonzero(sizes)
    return {"file": file, "sizes": np.stack([present, sizes[present]], axis=1).tolist()}


def _write_candidates(spec: _CandidatesTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    tables, numbers = [], []
    for shard in read_batch(store, spec.shards):
        ranked = ranked_facts(shard, params, store=store)
        grouped = read_numbers(store, spec.grouped_file, shard.base, shard.delivered)
        grouped = grouped[ranked["ordinal"].to_numpy() - shard.base]
        ranked = ranked.filter(pa.array(grouped >= 0))
        tables.append(with_texts(ranked, shard, params, store=store))
        numbers.append(grouped[grouped >= 0])
    key = spec.folder.at(f"candidates-{spec.number}", "facts.arrow")
    return {"file": write_groups(store, key, pa.concat_tables(tables), np.concatenate(numbers))}

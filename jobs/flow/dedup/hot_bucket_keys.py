"""Refining: groups too large for one task are grouped again, by keys boilerplate does not fill.

::

    candidates ─ hot ──────────▶ keys of buckets whose documents differ   one task per file
               ─ join ─────────▶ all of them                              one task
               ─ segments ─────▶ packed keys, by partition                one task per file
               ─ edges, unite ─▶ smaller components                       as in `candidate_groups`
               ─ regroup ──────▶ facts of documents still in a group      one task per file

A task holds the documents of oversized groups in one file of candidates, 1.2 KB each, all hot keys
(at most one per 64 documents and band), and the packed keys of 50,000 documents (24 bytes each; a
document has 17, and 30 for each hot bucket). Only signatures have segments: exact similarities are
not refined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.dedup.banding import BandKeys, band_keys, signature_matrix
from jobs.corpus.dedup.components import (
    Edges,
    PackedKeys,
    PartitionBounds,
    packed_keys,
    reduced_buckets,
)
from jobs.corpus.dedup.hot_bucket_keys import HotKeys, hot_keys, refined_keys
from jobs.corpus.dedup.hot_buckets import segment_length
from jobs.corpus.dedup.signatures import Signatures
from jobs.corpus.model.identity import hash_halves
from jobs.flow.dedup.candidate_groups import candidate_groups, group_components
from jobs.flow.dedup.candidates import (
    PARTITION_KEYS,
    CandidateFile,
    CandidateGroups,
    Partitioning,
    WorkFolder,
)
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import read_numbers, write_groups, write_partitions
from jobs.flow.tasks.sealed_objects import read_sealed, seal
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.stores import open_store

_DOCUMENTS = 50_000  # a task holds the packed keys of so many at a time


@dataclass(frozen=True)
class _JoinTask:
    """Write the hot keys of all files of a list as one file."""

    folder: WorkFolder
    hot_files: str


@dataclass(frozen=True)
class _SegmentsTask:
    """Write the keys of a file's documents, those of hot buckets replaced by segments."""

    input: CandidateFile
    hot_file: str
    partitioning: Partitioning


@dataclass(frozen=True)
class _RegroupTask:
    """Write the documents of a file that are in a group again; ordinals are below `delivered`."""

    input: CandidateFile
    grouped_file: str
    delivered: int


class _Keyed(NamedTuple):
    """The signatures of documents, which of them have text, and their keys."""

    signatures: Signatures
    has_text: npt.NDArray[np.bool_]
    keys: BandKeys


def refined_candidates(
    candidates: CandidateGroups,
    partitioning: Partitioning,
    folder: WorkFolder,
    params: BuildParams,
    *,
    progress: Progress,
) -> CandidateGroups:
    """Divide the oversized groups into smaller ones; those that stay oversized are dense.

    Args:
        candidates: all groups, of which the oversized ones are refined.
        partitioning: of the keys they were made from.
        folder: below which tasks write.
        params: of the build.
        progress: called after every finished task.
    """
    mapped = partial(map_checkpointed, params=params, progress=progress)
    folder = folder.below("refined")
    inputs = candidates.inputs(folder, candidates.oversized)
    all_hot, count = _all_hot(inputs, folder, params, progress=progress)
    partitioning = replace(partitioning, partitions=1 + count // PARTITION_KEYS)
    keys = mapped(
        _write_segments,
        [
            CheckpointedTask(
                folder.at(f"keys-{one.number}.json"),
                _SegmentsTask(one, all_hot, partitioning),
            )
            for one in inputs
        ],
        label="dedup: segments",
    )
    grouped = group_components(keys, partitioning, folder, params, progress=progress)
    file, delivered = grouped["file"], partitioning.delivered
    regrouped = mapped(
        _write_candidates,
        [
            CheckpointedTask(
                folder.at(f"candidates-{one.number}.json"), _RegroupTask(one, file, delivered)
            )
            for one in inputs
        ],
        label="dedup: candidates again",
    )
    return candidate_groups(regrouped, grouped, candidates.group_documents)


def _all_hot(
    inputs: Sequence[CandidateFile], folder: WorkFolder, params: BuildParams, *, progress: Progress
) -> tuple[str, int]:
    """Return the file of the keys of all hot buckets, and how many keys the documents have."""
    mapped = partial(map_checkpointed, params=params, progress=progress, label="dedup: hot buckets")
    work = [CheckpointedTask(folder.at(f"hot-{one.number}.json"), one) for one in inputs]
    hot = mapped(_write_hot, work)
    files = [checkpoint["file"] for checkpoint in hot]
    listed = write_list(open_store(params.storage), folder.at("inputs", "hot.json"), files)
    join = [CheckpointedTask(folder.at("hot.json"), _JoinTask(folder, listed))]
    (joined,) = mapped(_join_hot, join)
    return str(joined["file"]), sum(checkpoint["keys"] for checkpoint in hot)


def _write_hot(spec: CandidateFile, *, params: BuildParams) -> Checkpoint:
    store, bands = open_store(params.storage), params.bands
    keyed = _keyed(spec.rows(store), params)
    hot, members = hot_keys(*keyed, params=bands)
    file = seal(store, spec.folder.at(f"hot-{spec.number}", "keys.bin"), hot.tobytes())
    segments = bands.num_perm // segment_length(bands.num_perm, bands.rows, bands.lowest_threshold)
    return {"file": file, "keys": keyed.keys.size + members * segments}


def _join_hot(spec: _JoinTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    hot = np.empty(0, np.uint64)
    for file in read_list(store, spec.hot_files):
        hot = np.union1d(hot, np.frombuffer(read_sealed(store, file), np.uint64))
    return {"file": seal(store, spec.folder.at("hot", "keys.bin"), hot.tobytes())}


def _write_segments(spec: _SegmentsTask, *, params: BuildParams) -> Checkpoint:
    store, by = open_store(params.storage), spec.partitioning
    rows = spec.input.rows(store)
    all_hot = np.frombuffer(read_sealed(store, spec.hot_file), np.uint64)
    parts = [
        _reduced(rows.slice(start, _DOCUMENTS), all_hot, by, params)
        for start in range(0, len(rows), _DOCUMENTS)
    ]
    partitioned = [(packed, bounds) for packed, bounds, _ in parts]
    packed, bounds, edges = reduced_buckets(partitioned, bits=by.bits, partitions=by.partitions)
    edges = np.concatenate([edges, *(found for _, _, found in parts)])
    at = partial(spec.input.folder.at, f"keys-{spec.input.number}")
    return {
        "file": write_partitions(store, at("keys.bin"), packed, bounds),
        "edges": seal(store, at("edges.bin"), edges.tobytes()),
    }


def _reduced(
    rows: pa.Table, hot: HotKeys, by: Partitioning, params: BuildParams
) -> tuple[PackedKeys, PartitionBounds, Edges]:
    refined = refined_keys(*_keyed(rows, params), hot, params=params.bands)
    packed = packed_keys(
        refined.keys[:, np.newaxis],
        np.ones(len(refined.keys), np.bool_),
        rows["ordinal"].to_numpy()[refined.rows],
        bits=by.bits,
        partitions=by.partitions,
    )
    return reduced_buckets([packed], bits=by.bits, partitions=by.partitions)


def _write_candidates(spec: _RegroupTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    rows = spec.input.rows(store)
    ordinals = rows["ordinal"].to_numpy()
    first = int(ordinals.min(initial=spec.delivered))
    span = int(ordinals.max(initial=first - 1)) + 1 - first
    grouped = read_numbers(store, spec.grouped_file, first, span)[ordinals - first]
    key = spec.input.folder.at(f"candidates-{spec.input.number}", "facts.arrow")
    in_group = grouped >= 0
    return {"file": write_groups(store, key, rows.filter(pa.array(in_group)), grouped[in_group])}


def _keyed(rows: pa.Table, params: BuildParams) -> _Keyed:
    signatures, has_text = signature_matrix(rows["signature"])
    ids = np.stack(hash_halves(rows["doc_id"]), axis=1)
    return _Keyed(signatures, has_text, band_keys(signatures, ids, params=params.bands))

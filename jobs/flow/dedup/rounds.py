"""Rounds: a group too large for one task, decided chunk by chunk, with the same result.

::

    candidates ─ sample ────▶ every so many-th document in rank order   one task per file
               ─ split ─────▶ chunks of successive ranks                one task per file
    first chunk ─ settle ───▶ is decided; its kept documents freeze     one task
    later chunks ─ compare ─▶ lose what matches a frozen document       one task per chunk, at once
    ... and again with the chunks that are left

Every document that can replace another is kept before it, in its chunk or an earlier one. Chunks
are settled in rank order, so the first round in which a document matches names the match of best
rank, as the loop over all documents would. Neighbouring chunks that have become small are joined:
where documents resemble each other, few chunks are ever settled.

A task holds two chunks, each of at most `group_documents` (3 KB a document; with texts, if
similarities are exact). Sampling bounds them: with a target of half that size and every k-th
document of F files, a chunk exceeds the target by at most F k, chosen to be a quarter (regular
sampling: Shi and Schaeffer 1992). The sample itself is 100 bytes for each of 4 F documents a chunk.

Work: where no documents resemble each other each chunk is compared with all earlier ones, which is
quadratic in chunks. Boilerplate does not come here (`hot_bucket_keys`), unless similarities are
exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.dedup.drop_evidence import is_drop, with_copies
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.ranking import RANK_COLUMNS, rank_order
from jobs.corpus.model.reasons import TEMPLATE
from jobs.flow.dedup.candidates import CandidateFile, CandidateGroups, WorkFolder
from jobs.flow.dedup.chunks import Chunk, flagged, is_in, siblings_of, undecided
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    TaskCounts,
    map_checkpointed,
)
from jobs.flow.tasks.exchange import read_group, write_groups
from jobs.flow.tasks.sealed_objects import read_table
from jobs.flow.tasks.table_files import write_table
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.stores import open_store

_READS = 16  # files read at once


@dataclass(frozen=True)
class _SampleTask:
    """Write every `step`-th document of a group in one file, in rank order."""

    input: CandidateFile
    step: int


@dataclass(frozen=True)
class _FirstsTask:
    """Write the first documents of chunks, from the samples in the files of a list."""

    folder: WorkFolder
    sample_files: str
    chunks: int


@dataclass(frozen=True)
class _SplitTask:
    """Split the documents of a group in one file into chunks, by their first documents."""

    input: CandidateFile
    firsts_file: str
    chunks: int


@dataclass(frozen=True)
class _SettleTask:
    """Decide what is left of a chunk; kept documents become frozen."""

    folder: WorkFolder
    name: str
    files: str
    chunk: Chunk


@dataclass(frozen=True)
class _CompareTask:
    """Drop what matches a frozen document from what is left of a chunk."""

    folder: WorkFolder
    name: str
    files: str
    chunk: Chunk
    kept_file: str


def decide_in_rounds(
    group: int,
    candidates: CandidateGroups,
    folder: WorkFolder,
    params: BuildParams,
    *,
    progress: Progress,
) -> list[Checkpoint]:
    """Decide one group in rounds; return checkpoints with files and numbers of drops.

    Args:
        group: number of the group.
        candidates: all groups.
        folder: below which tasks write.
        params: of the build.
        progress: called after every finished task.
    """
    mapped = partial(map_checkpointed, params=params, progress=progress, label="dedup: rounds")
    folder = folder.below(f"rounds-{group}")
    files, chunks = _chunks(group, candidates, folder, params, progress=progress)
    decided: list[Checkpoint] = []
    while chunks:
        first, *later = _packed(chunks, candidates.group_documents)
        name = f"settled-{first.numbers[0]}"
        settle = _SettleTask(folder, name, files, first)
        key = folder.at(f"{name}.json")
        (settled,) = mapped(_settle, [CheckpointedTask(key, settle, counted=dropped_rows)])
        against = []
        for chunk in later:
            name = f"compared-{first.numbers[0]}-{chunk.numbers[0]}"
            compare = _CompareTask(folder, name, files, chunk, settled["kept"])
            key = folder.at(f"{name}.json")
            against.append(CheckpointedTask(key, compare, counted=dropped_rows))
        compared = mapped(_compare, against)
        decided += [settled, *compared]
        lost = [_without(*pair) for pair in zip(later, compared, strict=True)]
        chunks = [chunk for chunk in lost if chunk.left > 0]
    return decided


def dropped_rows(_spec: object, decided: Checkpoint) -> TaskCounts:
    """Return the number of rows that a task dropped, of all partners."""
    return TaskCounts(dropped=decided["rows"])


def _packed(chunks: Sequence[Chunk], most: int) -> list[Chunk]:
    """Join neighbouring chunks while they hold at most so many documents together."""
    packed = list(chunks[:1])
    for chunk in chunks[1:]:
        if packed[-1].left + chunk.left <= most:
            packed[-1] = packed[-1].joined(chunk)
        else:
            packed.append(chunk)
    return packed


def _without(chunk: Chunk, compared: Checkpoint) -> Chunk:
    drops = (compared["file"],) if compared["rows"] > 0 else ()
    siblings = (compared["siblings"],) if compared["siblings"] else ()
    left = chunk.left - compared["rows"]
    return Chunk(chunk.numbers, left, chunk.drops + drops, chunk.siblings + siblings)


def _chunks(
    group: int,
    candidates: CandidateGroups,
    folder: WorkFolder,
    params: BuildParams,
    *,
    progress: Progress,
) -> tuple[str, list[Chunk]]:
    """Split a group into chunks; return the list of files that hold it, and the chunks."""
    mapped = partial(map_checkpointed, params=params, progress=progress)
    most = candidates.group_documents
    step = max(1, most // (4 * len(candidates.files)))
    count = -(-2 * candidates.sizes[group] // most)
    inputs = candidates.inputs(folder, [group])
    samples = mapped(
        _write_sample,
        [
            CheckpointedTask(folder.at(f"sample-{one.number}.json"), _SampleTask(one, step))
            for one in inputs
        ],
        label="dedup: samples",
    )
    store = open_store(params.storage)
    listed = write_list(
        store, folder.at("inputs", "samples.json"), [checkpoint["file"] for checkpoint in samples]
    )
    firsts = CheckpointedTask(folder.at("firsts.json"), _FirstsTask(folder, listed, count))
    (found,) = mapped(_write_firsts, [firsts], label="dedup: samples")
    split = mapped(
        _write_chunks,
        [
            CheckpointedTask(
                folder.at(f"chunks-{one.number}.json"), _SplitTask(one, found["file"], count)
            )
            for one in inputs
        ],
        label="dedup: chunks",
    )
    counts = np.sum([checkpoint["counts"] for checkpoint in split], axis=0).tolist()
    chunks = [Chunk((number,), left, ()) for number, left in enumerate(counts) if left > 0]
    files = [checkpoint["file"] for checkpoint in split]
    return write_list(store, folder.at("inputs", "chunks.json"), files), chunks


def _write_sample(spec: _SampleTask, *, params: BuildParams) -> Checkpoint:
    store, step = open_store(params.storage), spec.step
    rows = spec.input.rows(store).select(RANK_COLUMNS)
    order = rank_order(rows, params=params.rank)
    key = spec.input.folder.at(f"sample-{spec.input.number}", "sample.parquet")
    return {"file": write_table(store, key, rows.take(pa.array(order[step - 1 :: step])))}


def _write_firsts(spec: _FirstsTask, *, params: BuildParams) -> Checkpoint:
    """Write the first documents of all chunks but the first, evenly spaced in the sample."""
    store = open_store(params.storage)
    with ThreadPoolExecutor(_READS) as pool:
        tables = pool.map(partial(read_table, store), read_list(store, spec.sample_files))
        sample = pa.concat_tables(tables)
    order = rank_order(sample, params=params.rank)
    at = np.unique(np.arange(1, spec.chunks) * len(order) // spec.chunks)
    firsts = sample.take(pa.array(order[at]))
    return {"file": write_table(store, spec.folder.at("firsts", "firsts.parquet"), firsts)}


def _write_chunks(spec: _SplitTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    rows = spec.input.rows(store)
    first = read_table(store, spec.firsts_file)
    both = pa.concat_tables([first, rows.select(RANK_COLUMNS)])
    order = rank_order(both, params=params.rank)
    # The first document of a chunk is among the rows too: the sort is stable, so `first` precedes.
    is_first = order < len(first)
    chunk_of = np.empty(len(order), np.int32)
    chunk_of[order] = np.cumsum(is_first)
    chunk_of = chunk_of[len(first) :]
    key = spec.input.folder.at(f"chunks-{spec.input.number}", "chunks.arrow")
    file = write_groups(store, key, rows, chunk_of)
    return {"file": file, "counts": np.bincount(chunk_of, minlength=spec.chunks).tolist()}


def _settle(spec: _SettleTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    siblings = siblings_of(store, spec.chunk)
    rows = undecided(store, spec.files, spec.chunk, siblings)
    found = find_duplicates(rows, bands=params.bands, rank=params.rank)
    dropped = found.filter(is_drop(found))["ordinal"].to_numpy()
    kept = rows.filter(pa.array(~np.isin(rows["ordinal"].to_numpy(), dropped)))
    is_staying = np.isin(siblings["ordinal"].to_numpy(), kept["ordinal"].to_numpy())
    drops = pa.concat_tables([found, siblings.filter(pa.array(is_staying))])
    templates = drops.filter(pc.equal(drops["reason"], TEMPLATE))["ordinal"].to_numpy()
    kept = flagged(kept, "is_template", kept["is_template"].to_numpy() | is_in(kept, templates))
    kept = flagged(kept, "is_frozen", np.ones(len(kept), np.bool_))
    one_group = np.zeros(len(kept), np.int32)
    return {
        "file": write_table(store, spec.folder.at(spec.name, "drops.parquet"), with_copies(drops)),
        "rows": len(dropped),
        "kept": write_groups(store, spec.folder.at(spec.name, "kept.arrow"), kept, one_group),
    }


def _compare(spec: _CompareTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    known = siblings_of(store, spec.chunk)
    rows = undecided(store, spec.files, spec.chunk, known)
    # Not with its own frozen documents yet: a chunk in between may hold one of better rank.
    rows = rows.filter(pc.invert(rows["is_frozen"]))
    both = pa.concat_tables([read_group(store, spec.kept_file, 0), rows])
    found = find_duplicates(both, bands=params.bands, rank=params.rank, frozen_only=True)
    is_template = pc.equal(found["reason"], TEMPLATE)
    siblings, drops = found.filter(is_template), found.filter(pc.invert(is_template))
    at = partial(spec.folder.at, spec.name)
    return {
        "file": write_table(store, at("drops.parquet"), with_copies(drops)),
        "rows": pc.sum(is_drop(drops)).as_py() or 0,
        "siblings": write_table(store, at("siblings.parquet"), siblings) if len(siblings) else "",
    }

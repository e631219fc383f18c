"""Rounds: a group too large for one task, decided chunk by chunk, with the same result.

::

    meetings ─ sample ─▶ every so many-th document in rank order    one task per file of meetings
             ─ cut ────▶ chunks of successive ranks                 one task per file of meetings
    first chunk ─ settle ─▶ decides itself; who is kept is frozen   one task
    later chunks ─ compare ─▶ lose what matches a frozen document   one task per chunk, in parallel
    ... and again with the chunks that are left

All that can replace a document is kept before it, in its chunk or an earlier one. Chunks settle in
rank order, so the first round in which a document matches names the match of best rank, as the
loop over all documents would. Neighbours that have lost much are one chunk from then on: where
documents resemble each other, few chunks ever settle.

A task holds two chunks, each of at most `group_documents` (3 KB a document; with texts, if
similarities are exact). Sampling bounds them: with a target of half that size and every k-th
document of F files, a chunk exceeds the target by at most F k, chosen to be a quarter (regular
sampling: Shi and Schaeffer 1992). The sample itself is 100 bytes for each of 4 F documents a chunk.

Work: where nobody resembles anybody each chunk is compared with all earlier ones, which is
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

from jobs.corpus.dedup.ranking import rank_order
from jobs.corpus.dedup.survivors import survivors
from jobs.flow.dedup.candidate_groups import Meeting, Place
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import gather_group, read_group, write_groups
from jobs.flow.tasks.sealed import read_table
from jobs.flow.tasks.table_files import write_table
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_READS = 16  # files read at once
_RANKED_BY = [
    *("is_frozen", "priority", "content_chars", "published"),
    *("text_hash", "doc_id", "record_hash", "ordinal"),
]


@dataclass(frozen=True)
class Chunk:
    """Documents of successive ranks: their numbers, how many are left, and who was dropped."""

    numbers: tuple[int, ...]
    left: int
    drops: tuple[str, ...]

    def joined(self, other: Chunk) -> Chunk:
        """Both as one."""
        drops = tuple(dict.fromkeys(self.drops + other.drops))
        return Chunk(self.numbers + other.numbers, self.left + other.left, drops)


def decided_in_rounds(
    group: int, meeting: Meeting, place: Place, params: BuildParams, *, progress: Progress
) -> list[Checkpoint]:
    """The files and numbers of drops of one group."""
    mapped = partial(map_checkpointed, params=params, progress=progress, label="dedup: rounds")
    place = Place(place.corpus, f"{place.key}/rounds-{group}")
    files, chunks = _chunks(group, meeting, place, params, progress=progress)
    decided: list[Checkpoint] = []
    while chunks:
        first, *later = _packed(chunks, meeting.most)
        name = f"settled-{first.numbers[0]}"
        work = [CheckpointedTask(place.at(f"{name}.json"), (place, name, files, first))]
        (settled,) = mapped(_settle, work)
        against = []
        for chunk in later:
            name = f"compared-{first.numbers[0]}-{chunk.numbers[0]}"
            spec = (place, name, files, chunk, settled["kept"])
            against.append(CheckpointedTask(place.at(f"{name}.json"), spec))
        compared = mapped(_compare, against)
        decided += [settled, *compared]
        lost = [_without(*pair) for pair in zip(later, compared, strict=True)]
        chunks = [chunk for chunk in lost if chunk.left > 0]
    return [checkpoint for checkpoint in decided if checkpoint["rows"] > 0]


def _packed(chunks: Sequence[Chunk], most: int) -> list[Chunk]:
    """Neighbours of at most so many documents together, as one."""
    packed = list(chunks[:1])
    for chunk in chunks[1:]:
        if packed[-1].left + chunk.left <= most:
            packed[-1] = packed[-1].joined(chunk)
        else:
            packed.append(chunk)
    return packed


def _without(chunk: Chunk, compared: Checkpoint) -> Chunk:
    drops = (compared["file"],) if compared["rows"] > 0 else ()
    return Chunk(chunk.numbers, chunk.left - compared["rows"], chunk.drops + drops)


def _chunks(
    group: int, meeting: Meeting, place: Place, params: BuildParams, *, progress: Progress
) -> tuple[tuple[str, ...], list[Chunk]]:
    """The files that hold a group cut into chunks, and the chunks."""
    mapped = partial(map_checkpointed, params=params, progress=progress)
    step = max(1, meeting.most // (4 * len(meeting.files)))
    pieces = -(-2 * meeting.sizes[group] // meeting.most)
    sources = [(place, n, file, group) for n, file in enumerate(meeting.files)]
    samples = mapped(
        _write_sample,
        [
            CheckpointedTask(place.at(f"sample-{source[1]}.json"), (source, step))
            for source in sources
        ],
        label="dedup: samples",
    )
    sampled = tuple(checkpoint["file"] for checkpoint in samples)
    cuts = mapped(
        _write_chunks,
        [CheckpointedTask(place.at(f"chunks-{s[1]}.json"), (s, sampled, pieces)) for s in sources],
        label="dedup: chunks",
    )
    counts = np.sum([checkpoint["counts"] for checkpoint in cuts], axis=0).tolist()
    chunks = [Chunk((number,), count, ()) for number, count in enumerate(counts) if count > 0]
    return tuple(checkpoint["file"] for checkpoint in cuts), chunks


Source = tuple[Place, int, str, int]
"""Where to write, the number and key of a file of meetings, and the group in question."""


def _write_sample(spec: tuple[Source, int], *, params: BuildParams) -> Checkpoint:
    (place, number, meeting_file, group), step = spec
    store = open_store(params.storage)
    rows = read_group(store, meeting_file, group).select(_RANKED_BY)
    order = rank_order(rows, params=params.rank)
    key = place.at(f"sample-{number}", "sample.parquet")
    return {"file": write_table(store, key, rows.take(pa.array(order[step - 1 :: step])))}


def _write_chunks(spec: tuple[Source, tuple[str, ...], int], *, params: BuildParams) -> Checkpoint:
    (place, number, meeting_file, group), sample_files, pieces = spec
    store = open_store(params.storage)
    rows = read_group(store, meeting_file, group)
    first = _first_of_chunks(sample_files, pieces, params, store)
    order = rank_order(pa.concat_tables([first, rows.select(_RANKED_BY)]), params=params.rank)
    # Who opens a chunk is among the rows too: the sort is stable, so the opener comes before.
    is_first = order < len(first)
    chunk_of = np.empty(len(order), np.int32)
    chunk_of[order] = np.cumsum(is_first)
    chunk_of = chunk_of[len(first) :]
    file = write_groups(store, place.at(f"chunks-{number}", "chunks.arrow"), rows, chunk_of)
    return {"file": file, "counts": np.bincount(chunk_of, minlength=pieces).tolist()}


def _first_of_chunks(
    sample_files: tuple[str, ...], pieces: int, params: BuildParams, store: ObjectStore
) -> pa.Table:
    """The documents that open all chunks but the first, evenly spaced in the sample."""
    with ThreadPoolExecutor(_READS) as pool:
        tables = pool.map(lambda file: read_table(store, file), sample_files)
        sample = pa.concat_tables(tables)
    order = rank_order(sample, params=params.rank)
    places = np.unique(np.arange(1, pieces) * len(order) // pieces)
    return sample.take(pa.array(order[places]))


def _settle(spec: tuple[Place, str, tuple[str, ...], Chunk], *, params: BuildParams) -> Checkpoint:
    place, name, files, chunk = spec
    store = open_store(params.storage)
    rows = _undecided(store, files, chunk)
    drops = survivors(rows, bands=params.bands, rank=params.rank)
    is_kept = ~np.isin(rows["ordinal"].to_numpy(), drops["ordinal"].to_numpy())
    kept = rows.filter(pa.array(is_kept))
    at = kept.schema.get_field_index("is_frozen")
    frozen = pa.repeat(pa.scalar(value=True), len(kept))
    kept = kept.set_column(at, kept.schema.field(at), frozen)
    everybody = np.zeros(len(kept), np.int32)
    return {
        "file": write_table(store, place.at(name, "drops.parquet"), drops),
        "rows": len(drops),
        "kept": write_groups(store, place.at(name, "kept.arrow"), kept, everybody),
    }


def _compare(
    spec: tuple[Place, str, tuple[str, ...], Chunk, str], *, params: BuildParams
) -> Checkpoint:
    place, name, files, chunk, kept_file = spec
    store = open_store(params.storage)
    rows = _undecided(store, files, chunk)
    # Its own frozen documents must wait: a chunk between may hold one of better rank.
    rows = rows.filter(pc.invert(rows["is_frozen"]))
    both = pa.concat_tables([read_group(store, kept_file, 0), rows])
    drops = survivors(both, bands=params.bands, rank=params.rank, frozen_only=True)
    file = write_table(store, place.at(name, "drops.parquet"), drops)
    return {"file": file, "rows": len(drops)}


def _undecided(store: ObjectStore, files: tuple[str, ...], chunk: Chunk) -> pa.Table:
    """The documents of a chunk that no earlier round dropped."""
    read = [read_table(store, file, columns=["ordinal"]) for file in chunk.drops]
    gone = np.concatenate([np.empty(0, np.int64), *(drops["ordinal"].to_numpy() for drops in read)])
    tables = []
    for number in chunk.numbers:
        rows = gather_group(store, files, number)
        is_left = ~np.isin(rows["ordinal"].to_numpy(), gone)
        tables.append(rows.filter(pa.array(is_left)))
    return pa.concat_tables(tables)

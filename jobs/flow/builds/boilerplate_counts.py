"""Counting for site boilerplate: how many texts have each key, of a site or of a line at an end.

::

    normalize  ─▶ keys and texts of each run, by partition    12 bytes each, up to 17 per document
    gather     ─▶ those of a batch of runs, in four files     if there is more than one batch
               ─▶ those of 32 batches, in 128 files           if there are more than 128 batches
    count      ─▶ keys that many texts have                   one task per span of keys
    distribute ─▶ those of them that a batch has              if there is more than one task

Edges are exchanged in batches of runs, so that the files a task reads, and the keys that the
removal of a run reads, do not grow with the corpus. Counting tasks read a part of each gathered
file, and distributing tasks of each counted one; that would be quadratic for many batches, so 32 of
these are then gathered again. Which of the 32 have a key is in the low bits of texts.

A counting task holds up to 75 bytes for each of 20 million pairs, a gathering task 57 for each of
some 25 million, measured: as many as the documents of a batch may have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jobs.corpus.removal.line_keys import Keys
from jobs.corpus.removal.site_boilerplate import KeyCounts, batch_numbers, count_keys, unique_pairs
from jobs.flow.builds.run_files import EDGE_PARTITIONS, read_edges, write_edges
from jobs.flow.dedup.ranked_facts import documents_of
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import read_span, write_partitions
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

BATCH_RUNS, BATCH_DOCUMENTS = 256, 6_000_000  # at most: short texts are many in a run
QUARTERS = 4  # files that a batch is gathered in, by key
FEW_BATCHES = 128  # whose files every counting task may read: cheaper than to gather them again
GROUP_BATCHES = 32  # gathered again: as many as five bits of a text can number
GROUP_SPANS = 128  # files that they are gathered in, by key
TASK_PAIRS = 20_000_000
_SMALL_PAIRS = 1_000_000  # worth a task of their own, as long as tasks are few
_FEW_TASKS = 16
MOST_PAIRS = 17  # of a document
_READERS = 16

_NONE = np.zeros((0, 2), np.uint64)
_SHIFT = np.uint64(32)  # of a count, above a bit for each of the batches that have its key

At = Callable[..., str]
"""Makes the key of an object of the stage from the parts of its name."""


class Part(NamedTuple):
    """Successive partitions of a file, or of each file of a list.

    Attributes:
        key: Of the file or the list.
        first: The first partition.
        end: The partition after the last one.
        partitions: Of a file.
    """

    key: str
    first: int
    end: int
    partitions: int


class _Task(NamedTuple):
    """Specification of a task of counting.

    Attributes:
        at: The key of the file it writes, before it is sealed.
        inputs: What it reads, of the files of a list.
        batch: The number of the batch that it gathers among those of a group.
        is_shared: Whether it counts for each of its files, which are of a batch or a group each.
    """

    at: str
    inputs: Part
    batch: int = 0
    is_shared: bool = False


@dataclass(frozen=True)
class _Stage:
    """Lists, tasks and files of the stage.

    Attributes:
        at: Makes keys.
        params: Of the build.
        progress: Called after every finished task.
    """

    at: At
    params: BuildParams
    progress: Progress

    def listed(self, name: str, files: Sequence[str]) -> str:
        """Write a list of files; return its key."""
        return write_list(open_store(self.params.storage), self.at("inputs", f"{name}.json"), files)

    def run(
        self, task: Callable[..., Checkpoint], label: str, work: Iterable[tuple[Part, int, bool]]
    ) -> list[str]:
        """Run a task for each (inputs, batch, is_shared); return the files they write."""
        tasks = [
            CheckpointedTask(
                self.at(f"{label}-{number}.json"),
                _Task(self.at(f"{label}-{number}", "keys.bin"), *given),
            )
            for number, given in enumerate(work)
        ]
        done = map_checkpointed(
            task,
            tasks,
            params=self.params,
            label=f"site boilerplate: {label}",
            progress=self.progress,
        )
        return [checkpoint["file"] for checkpoint in done]


def count_edges(
    normalized: Sequence[NormalizedShard], at: At, params: BuildParams, *, progress: Progress
) -> list[Part]:
    """Count the edges of a build; return for each shard where the counts are that it needs.

    Args:
        normalized: the shards.
        at: makes keys.
        params: of the build.
        progress: called after every finished task.
    """
    stage = _Stage(at, params, progress)
    batches = list(_batches(normalized))
    is_shared = len(batches) > 1
    inputs, of_file = _gathered(stage, batches)
    tasks = _tasks(normalized, len(inputs))
    lists = np.repeat(inputs, tasks // len(inputs)).tolist()
    spans = [
        Part(files, *span, EDGE_PARTITIONS)
        for files, span in zip(lists, _spans(tasks), strict=True)
    ]
    counted = stage.run(_count, "count", ((span, 0, is_shared) for span in spans))
    if len(counted) == 1:
        return [Part(counted[0], 0, 1, 1)] * len(normalized)
    counts, shares = stage.listed("counted", counted), -(-len(batches) // of_file)
    parts = (Part(counts, share, share + 1, shares) for share in range(shares))
    files = stage.run(_distribute, "distribute", ((part, 0, False) for part in parts))
    found = []
    for number, batch in enumerate(batches):
        at_number = number % GROUP_BATCHES
        counts_of_batch = Part(files[number // of_file], at_number, at_number + 1, GROUP_BATCHES)
        found += [counts_of_batch] * len(batch)
    return found


def read_counts(store: ObjectStore, part: Part) -> KeyCounts:
    """Read the counts of a batch, which `count_edges` names."""
    rows = _read_counts(store, part.key, part)
    return KeyCounts(rows[:, 0].copy(), (rows[:, 1] >> _SHIFT).astype(np.int64))


def _gathered(stage: _Stage, batches: Sequence[Sequence[NormalizedShard]]) -> tuple[list[str], int]:
    """Return a list of files for each span of keys, and how many batches each file is of."""
    edges = [stage.listed(f"edges-{n}", _edges(batch)) for n, batch in enumerate(batches)]
    if len(batches) == 1:
        return edges, 1
    quarters = [Part("", *span, EDGE_PARTITIONS) for span in _spans(QUARTERS)]
    files = stage.run(
        _gather,
        "gather",
        (
            (quarter._replace(key=files), number % GROUP_BATCHES, False)
            for number, files in enumerate(edges)
            for quarter in quarters
        ),
    )
    by_quarter = [files[number::QUARTERS] for number in range(QUARTERS)]
    if len(batches) <= FEW_BATCHES:
        return [stage.listed(f"gathered-{n}", files) for n, files in enumerate(by_quarter)], 1
    groups = range(0, len(batches), GROUP_BATCHES)
    lists = [
        [stage.listed(f"group-{n}-{at}", files[at : at + GROUP_BATCHES]) for at in groups]
        for n, files in enumerate(by_quarter)
    ]
    spans = [Part("", *span, EDGE_PARTITIONS) for span in _spans(GROUP_SPANS)]
    files = stage.run(
        _gather,
        "gather-groups",
        (
            (span._replace(key=files), 0, False)
            for number, span in enumerate(spans)
            for files in lists[number * QUARTERS // GROUP_SPANS]
        ),
    )
    each = len(groups)
    by_span = [files[at : at + each] for at in range(0, len(files), each)]
    return [stage.listed(f"span-{n}", files) for n, files in enumerate(by_span)], GROUP_BATCHES


def _batches(normalized: Sequence[NormalizedShard]) -> Iterator[list[NormalizedShard]]:
    """Yield successive shards of as many runs and documents as a batch has, or one of more."""
    batch: list[NormalizedShard] = []
    runs = documents = 0
    for shard in normalized:
        runs, documents = runs + len(shard.runs), documents + shard.delivered
        if batch and (runs > BATCH_RUNS or documents > BATCH_DOCUMENTS):
            yield batch
            batch, runs, documents = [], len(shard.runs), shard.delivered
        batch.append(shard)
    yield batch


def _edges(batch: Sequence[NormalizedShard]) -> list[str]:
    return [str(run.edges_key) for shard in batch for run in shard.runs]


def _tasks(normalized: Sequence[NormalizedShard], lists: int) -> int:
    """Return how many tasks count: a multiple of the number of lists of files."""
    tasks = counting_tasks(MOST_PAIRS * sum(map(documents_of, normalized)))
    return lists * -(-tasks // lists)


def counting_tasks(pairs: float) -> int:
    """Return how many tasks count so many pairs, for one list of files."""
    small = min(_FEW_TASKS, 1 + pairs // _SMALL_PAIRS)
    return min(EDGE_PARTITIONS, int(max(small, 1 + pairs // TASK_PAIRS)))


def _spans(parts: int) -> list[tuple[int, int]]:
    """Return the first partition and the one after the last of each of so many equal spans."""
    return list(pairwise(EDGE_PARTITIONS * part // parts for part in range(parts + 1)))


def _gather(spec: _Task, *, params: BuildParams) -> Checkpoint:
    """Write the edges of some files as one, each with the number of its batch beside its text."""
    store = open_store(params.storage)
    pairs = np.concatenate([_NONE, *_read(store, spec, _read_edges)])
    pairs[:, 1] |= np.uint64(spec.batch)
    return {"file": write_edges(store, spec.at, unique_pairs(pairs))}


def _count(spec: _Task, *, params: BuildParams) -> Checkpoint:
    """Write the keys that many texts have, for each file those that it has."""
    store = open_store(params.storage)
    parts = _read(store, spec, _read_edges)
    together = np.concatenate([_NONE, *parts])
    found = count_keys(together, least=params.site_boilerplate.min_documents)
    shares = [_share(found, part) for part in (parts if spec.is_shared else [together])]
    return {"file": _write_rows(store, spec.at, shares)}


def _share(found: KeyCounts, pairs: Keys) -> Keys:
    """Return the counts of the keys that these pairs have, each above the bits of its batches."""
    at = np.searchsorted(found.keys, pairs[:, 0])
    is_found = np.append(found.keys, np.uint64(0))[at] == pairs[:, 0]
    batches = np.zeros(len(found.keys) + 1, np.uint64)
    np.bitwise_or.at(batches, at[is_found], np.uint64(1) << batch_numbers(pairs[is_found]))
    has = np.flatnonzero(batches[:-1])
    counts = found.documents[has].astype(np.uint64) << _SHIFT
    return np.stack([found.keys[has], counts | batches[has]], axis=1)


def _distribute(spec: _Task, *, params: BuildParams) -> Checkpoint:
    """Write the counts of a batch or a group of them, by the number of the batch."""
    store = open_store(params.storage)
    counts = np.concatenate([_NONE, *_read(store, spec, _read_counts)])
    bits = (np.uint64(1 << number) for number in range(GROUP_BATCHES))
    shares = [counts[counts[:, 1] & bit != 0] for bit in bits]
    return {"file": _write_rows(store, spec.at, shares)}


def _write_rows(store: ObjectStore, at: str, parts: Sequence[Keys]) -> str:
    bounds = np.cumsum([0, *(part.size for part in parts)])
    return write_partitions(store, at, np.concatenate(parts).ravel(), bounds)


def _read(store: ObjectStore, spec: _Task, read: Callable[..., Keys]) -> list[Keys]:
    """Read the task's partitions of all its files: arrays of shape (n, 2)."""
    files = read_list(store, spec.inputs.key)
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda file: read(store, file, spec.inputs), files))


def _read_edges(store: ObjectStore, key: str, part: Part) -> Keys:
    return read_edges(store, key, first=part.first, end=part.end)


def _read_counts(store: ObjectStore, key: str, part: Part) -> Keys:
    found = read_span(store, key, first=part.first, end=part.end, partitions=part.partitions)
    return found.packed.reshape(-1, 2)

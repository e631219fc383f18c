"""Counting for site boilerplate: how many texts have each key, of a site or of a line at an end.

::

    normalize  ─▶ keys and texts of each run, by partition    16 bytes each, up to 17 per document
    gather     ─▶ those of a batch of runs, in four files     if there is more than one batch
    count      ─▶ keys that many texts have                   one task per span of keys
    distribute ─▶ those of them that a batch has              if there is more than one batch

Edges are exchanged in batches of runs, so that the files a task reads, and the keys that the
removal of a run reads, do not grow with the corpus. A counting task holds 80 bytes per key and text
of its span, some 16 million; a gathering task as much of a quarter of a batch, some 25 million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jobs.corpus.removal.line_keys import Keys
from jobs.corpus.removal.site_boilerplate import KeyCounts, count_keys, unique_pairs
from jobs.flow.builds.run_files import EDGE_PARTITIONS, write_edges
from jobs.flow.dedup.ranked_facts import documents_of
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import read_span, write_partitions
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

BATCH_RUNS = 256
QUARTERS = 4  # files that a batch is gathered in, by key
TASK_PAIRS = 16_000_000
_SMALL_PAIRS = 1_000_000  # worth a task of their own, as long as tasks are few
_FEW_TASKS = 16
_MOST_PAIRS = 17  # of a document
_READERS = 16

_NONE = np.zeros((0, 2), np.uint64)

At = Callable[..., str]
"""Makes the key of an object of the stage from the parts of its name."""

_Reads = tuple[str, int, int, int]  # what a `_Task` reads


class _Task(NamedTuple):
    """Specification of a task of counting.

    Attributes:
        at: The key of the file it writes, before it is sealed.
        inputs: The key of the list of files that it reads.
        first: The first partition that it reads of them.
        end: The partition after the last one.
        partitions: Of each of these files.
        batches: Of the build.
    """

    at: str
    inputs: str
    first: int
    end: int
    partitions: int
    batches: int


def count_edges(
    normalized: Sequence[NormalizedShard], at: At, params: BuildParams, *, progress: Progress
) -> list[str]:
    """Count the edges of a build; return for each shard the file of the counts that it needs.

    Args:
        normalized: the shards.
        at: makes keys.
        params: of the build.
        progress: called after every finished task.
    """
    batches = list(_batches(normalized))
    store = open_store(params.storage)

    def list_of(name: str, files: Sequence[str]) -> str:
        return write_list(store, at("inputs", f"{name}.json"), files)

    edges = [list_of(f"edges-{number}", _edges(batch)) for number, batch in enumerate(batches)]

    def run(task: Callable[..., Checkpoint], label: str, reads: Iterable[_Reads]) -> list[str]:
        work = [
            CheckpointedTask(
                at(f"{label}-{number}.json"),
                _Task(at(f"{label}-{number}", "keys.bin"), *read, len(batches)),
            )
            for number, read in enumerate(reads)
        ]
        label = f"site boilerplate: {label}"
        done = map_checkpointed(task, work, params=params, label=label, progress=progress)
        return [checkpoint["file"] for checkpoint in done]

    inputs = edges
    if len(batches) > 1:
        quarters = _spans(QUARTERS)
        gathered = run(
            _gather, "gather", ((one, *span, EDGE_PARTITIONS) for one in edges for span in quarters)
        )
        inputs = [list_of(f"gathered-{q}", gathered[q::QUARTERS]) for q in range(QUARTERS)]
    tasks = _tasks(normalized, len(inputs))
    spans = zip(np.repeat(inputs, tasks // len(inputs)).tolist(), _spans(tasks), strict=True)
    counted = run(_count, "count", ((one, *span, EDGE_PARTITIONS) for one, span in spans))
    if len(counted) > 1:
        counts = list_of("counted", counted)
        shares = range(len(batches))
        counted = run(_distribute, "distribute", ((counts, n, n + 1, len(batches)) for n in shares))
    return [file for file, batch in zip(counted, batches, strict=True) for _ in batch]


def read_counts(store: ObjectStore, key: str) -> KeyCounts:
    """Read a file of counts that `count_edges` names."""
    return _counts(_read_span(store, key, first=0, end=1, partitions=1))


def _batches(normalized: Sequence[NormalizedShard]) -> Iterator[list[NormalizedShard]]:
    """Yield successive shards of at most `BATCH_RUNS` runs together, or one shard of more."""
    batch: list[NormalizedShard] = []
    runs = 0
    for shard in normalized:
        if batch and runs + len(shard.runs) > BATCH_RUNS:
            yield batch
            batch, runs = [], 0
        batch.append(shard)
        runs += len(shard.runs)
    yield batch


def _edges(batch: Sequence[NormalizedShard]) -> list[str]:
    return [str(run.edges_key) for shard in batch for run in shard.runs]


def _tasks(normalized: Sequence[NormalizedShard], lists: int) -> int:
    """Return how many tasks count: a multiple of the number of lists of files."""
    pairs = _MOST_PAIRS * sum(map(documents_of, normalized))
    small = min(_FEW_TASKS, 1 + pairs // _SMALL_PAIRS)
    tasks = min(EDGE_PARTITIONS, max(small, 1 + pairs // TASK_PAIRS))
    return lists * -(-tasks // lists)


def _spans(parts: int) -> list[tuple[int, int]]:
    """Return the first partition and the one after the last of each of so many equal spans."""
    return list(pairwise(EDGE_PARTITIONS * part // parts for part in range(parts + 1)))


def _gather(spec: _Task, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    pairs = unique_pairs(np.concatenate([_NONE, *_read(store, spec)]))
    return {"file": write_edges(store, spec.at, pairs)}


def _count(spec: _Task, *, params: BuildParams) -> Checkpoint:
    """Write the keys that many texts have; with several batches, by the batches that have them."""
    store = open_store(params.storage)
    parts = _read(store, spec)
    found = count_keys(np.concatenate([_NONE, *parts]), least=params.site_boilerplate.min_documents)
    counts = np.stack([found.keys, found.documents.astype(np.uint64)], axis=1)
    if spec.batches > 1:
        shares = [counts[np.isin(found.keys, part[:, 0])] for part in parts]
    else:
        shares = [counts]
    bounds = np.cumsum([0, *(share.size for share in shares)])
    return {"file": write_partitions(store, spec.at, np.concatenate(shares).ravel(), bounds)}


def _distribute(spec: _Task, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    counts = np.concatenate([_NONE, *_read(store, spec)])
    return {"file": write_partitions(store, spec.at, counts.ravel(), np.array([0, counts.size]))}


def _read(store: ObjectStore, spec: _Task) -> list[Keys]:
    """Read the task's partitions of all its files: arrays of shape (n, 2)."""
    files = read_list(store, spec.inputs)
    read = partial(_read_span, store, first=spec.first, end=spec.end, partitions=spec.partitions)
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(read, files))


def _read_span(store: ObjectStore, key: str, *, first: int, end: int, partitions: int) -> Keys:
    found = read_span(store, key, first=first, end=end, partitions=partitions)
    return found.packed.reshape(-1, 2)


def _counts(rows: Keys) -> KeyCounts:
    return KeyCounts(rows[:, 0].copy(), rows[:, 1].astype(np.int64))

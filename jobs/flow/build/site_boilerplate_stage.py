"""Site boilerplate: lines that the pages of a site begin or end with, counted over a whole build.

::

    normalize ─▶ words of site and line, cut by word    written beside each run, 16 bytes each
    count     ─▶ the words that many texts have         one task per few pieces
    rewrite   ─▶ runs without boilerplate               one task per input shard

A document has up to 17 words: its site, and eight lines from either end. A counting task holds 80
bytes per word of its pieces, of which there are some 16 million; a rewriting task one run and all
words that `min_documents` texts have. A run that loses nothing is kept as it is, by reference.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import RejectReason, Stage
from jobs.corpus.normalize.facts import facts
from jobs.corpus.removal.site_boilerplate import KeyCounts, count_keys, remove_site_boilerplate
from jobs.flow.build.normalize_stage import EDGE_PARTITIONS, check_rejects, write_run
from jobs.flow.dedup.ranked_facts import documents_of
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    map_checkpointed,
)
from jobs.flow.tasks.exchange import read_partition
from jobs.flow.tasks.sealed_objects import read_sealed, read_table, seal
from jobs.storage.canonical_json import fingerprint
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_FOLDER = "site_boilerplate"
_TASK_WORDS = 16_000_000
_WORDS = 17  # of a document, at most


def without_site_boilerplate(
    normalized: list[NormalizedShard], params: BuildParams, *, progress: Progress
) -> list[NormalizedShard]:
    """The shards of a build without the boilerplate of their sites, in the same order.

    Raises:
        TooManyRejects: so many documents of a partner were nothing else.
    """
    if not params.site_boilerplate.is_on:
        return normalized
    key = fingerprint([shard.key for shard in normalized], params.site_boilerplate, code_digest())
    files = tuple(str(run.edges_key) for shard in normalized for run in shard.runs)
    tasks = min(EDGE_PARTITIONS, 1 + _WORDS * sum(map(documents_of, normalized)) // _TASK_WORDS)
    count = [
        CheckpointedTask(_at(params, key, f"counts-{task}.json"), (key, task, tasks, files))
        for task in range(tasks)
    ]
    counting = map_checkpointed(
        _write_counts, count, params=params, label="site boilerplate: count", progress=progress
    )
    counts = tuple(checkpoint["file"] for checkpoint in counting)
    rewrite = [
        CheckpointedTask(_at(params, key, f"{shard.key}.json"), (key, shard, counts))
        for shard in normalized
    ]
    rewriting = map_checkpointed(
        _write_shard, rewrite, params=params, label="site boilerplate: remove", progress=progress
    )
    shards = [_rewritten(*pair, key) for pair in zip(normalized, rewriting, strict=True)]
    check_rejects(shards, params)
    return shards


def _at(params: BuildParams, key: str, *parts: str) -> str:
    return work_key(params.corpus, _FOLDER, key, *parts)


def _write_counts(
    spec: tuple[str, int, int, tuple[str, ...]], *, params: BuildParams
) -> Checkpoint:
    key, task, tasks, files = spec
    store = open_store(params.storage)
    pieces = [
        read_partition(store, files, partition, EDGE_PARTITIONS)
        for partition in range(task, EDGE_PARTITIONS, tasks)
    ]
    pairs = np.concatenate(pieces).reshape(-1, 2)
    found = count_keys(pairs, least=params.site_boilerplate.min_documents)
    body = np.stack([found.keys, found.documents.astype(np.uint64)]).tobytes()
    return {"file": seal(store, _at(params, key, f"counts-{task}", "counts.bin"), body)}


def _counts(store: ObjectStore, files: tuple[str, ...]) -> KeyCounts:
    tables = [np.frombuffer(read_sealed(store, file), np.uint64).reshape(2, -1) for file in files]
    words, documents = np.concatenate(tables, axis=1)
    order = np.argsort(words)
    return KeyCounts(words[order], documents[order].astype(np.int64))


def _write_shard(
    spec: tuple[str, NormalizedShard, tuple[str, ...]], *, params: BuildParams
) -> Checkpoint:
    key, shard, files = spec
    store = open_store(params.storage)
    counts = _counts(store, files)
    folder = _at(params, key, shard.key)
    checkpoint: Checkpoint = {"runs": [], "rejected": 0, "lost_bytes": 0}
    for number, run in enumerate(shard.runs):
        name = f"{folder}/{{}}-{number:05d}"
        written, rejected, lost = _write_rest(store, run, name, counts, params)
        checkpoint["runs"].append(written)
        checkpoint["rejected"] += rejected
        checkpoint["lost_bytes"] += lost
    return checkpoint


def _write_rest(
    store: ObjectStore, run: Run, name: str, counts: KeyCounts, params: BuildParams
) -> tuple[Run, int, int]:
    """The run without boilerplate, the documents it lost whole, and the bytes of text it lost."""
    if not len(counts.keys):
        return run, 0, 0
    before = read_table(store, run.documents_key)
    after, removals = remove_site_boilerplate(
        before, counts, params=params.site_boilerplate, signal_params=params.signals
    )
    if not len(removals):
        return run, 0, 0
    changed = removals["position"].unique()
    # Only what lost something is read again: most documents of a run lose nothing.
    some = after.filter(pc.is_in(after["position"], value_set=changed))
    known = read_table(store, run.facts_key)
    same = known.filter(pc.invert(pc.is_in(known["position"], value_set=changed)))
    known = pa.concat_tables([same, facts(some, params=params.signature)])
    earlier = read_table(store, run.removals_key)
    written = write_run(store, name, after, known, pa.concat_tables([earlier, removals]))
    rejected = before["reason"].null_count - after["reason"].null_count
    return written, rejected, _size(before) - _size(after)


def _size(documents: pa.Table) -> int:
    return pc.sum(pc.binary_length(documents["content"])).as_py() or 0


def _rewritten(shard: NormalizedShard, checkpoint: dict[str, Any], key: str) -> NormalizedShard:
    runs = tuple(Run(**run) for run in checkpoint["runs"])
    if runs == shard.runs:
        return shard
    rejected = Counter({(stage, reason): count for stage, reason, count in shard.rejected})
    rejected[str(Stage.BOILERPLATE), str(RejectReason.ONLY_BOILERPLATE)] += checkpoint["rejected"]
    return replace(
        shard,
        key=fingerprint(shard.key, key),
        runs=runs,
        rejected=tuple((*name, count) for name, count in sorted(rejected.items()) if count),
        content_bytes=shard.content_bytes - checkpoint["lost_bytes"],
    )

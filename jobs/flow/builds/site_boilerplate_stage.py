"""Site boilerplate: lines that the pages of a site begin or end with, counted over a whole build.

::

    normalize ─▶ edges: keys of sites and lines     written beside each run
    count     ─▶ the keys that many texts have      `boilerplate_counts`
    remove    ─▶ changes, removals                  one task per input shard

A removing task holds one run, and the counts of the keys that many texts and its batch have. No
text is written again: the lines are removals, the new signals and hashes are changes, and
`run_tables` and merge apply both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.reasons import RejectReason, Stage
from jobs.corpus.model.tables import DOCUMENTS, with_columns
from jobs.corpus.normalize.facts import facts
from jobs.corpus.removal.changes import changes
from jobs.corpus.removal.site_boilerplate import KeyCounts, remove_site_boilerplate
from jobs.errors import DamagedTable
from jobs.flow.builds.boilerplate_counts import Part, count_edges, read_counts
from jobs.flow.builds.normalize_stage import checkpoint_key
from jobs.flow.builds.reject_shares import check_rejects
from jobs.flow.builds.run_files import write_rows
from jobs.flow.builds.sections import needed, packed, unpacked
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    map_checkpointed,
    read_checkpoint,
)
from jobs.flow.tasks.row_groups import read_row_groups
from jobs.flow.tasks.sealed_objects import read_table
from jobs.storage.canonical_json import fingerprint
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

STAGE = "site_boilerplate"


class _Shard(NamedTuple):
    """Specification of a removing task.

    Attributes:
        folder: The key below which it writes.
        normalized: The key of the checkpoint of the shard.
        counts: Where the counts are that it needs.
    """

    folder: str
    normalized: str
    counts: Part


class _Lost(NamedTuple):
    """What a run lost: documents that are rejected now, and bytes of text by position."""

    rejected: int
    positions: Sequence[int]
    sizes: Sequence[int]


_NOTHING = _Lost(0, (), ())


def without_site_boilerplate(
    normalized: list[NormalizedShard], params: BuildParams, *, progress: Progress
) -> list[NormalizedShard]:
    """Return the shards of a build without the boilerplate of their sites, in the same order.

    Raises:
        TooManyRejects: so many documents of a partner were nothing else.
    """
    if not params.site_boilerplate.is_on or not normalized:
        return normalized
    key = fingerprint([shard.key for shard in normalized], params.site_boilerplate, code_digest())
    at = partial(work_key, params.corpus, STAGE, key)
    counts = count_edges(normalized, at, params, progress=progress)
    work = [
        CheckpointedTask(
            at(f"{shard.key}.json"),
            _Shard(at(shard.key), checkpoint_key(params.corpus, shard.key), part),
        )
        for shard, part in zip(normalized, counts, strict=True)
    ]
    removing = map_checkpointed(
        _remove, work, params=params, label="site boilerplate: remove", progress=progress
    )
    shards = [_changed(*pair, key, params) for pair in zip(normalized, removing, strict=True)]
    check_rejects(shards, params)
    return shards


def _remove(spec: _Shard, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    normalized = read_checkpoint(store, spec.normalized)
    if normalized is None:
        raise DamagedTable(
            f"{store.location(spec.normalized)} is not what normalize wrote there: run the same "
            "command again, it is made again"
        )
    counts = read_counts(store, spec.counts)
    runs, losses = [], [_NOTHING]
    for number, described in enumerate(normalized["runs"]):
        name = f"{spec.folder}/{{}}-{number:05d}"
        run, lost = _changed_run(store, Run(**described), name, counts, params)
        runs.append(run)
        losses.append(lost)
    return {
        "runs": runs,
        "rejected": sum(lost.rejected for lost in losses),
        "lost_bytes": sum(sum(lost.sizes) for lost in losses),
        "boundaries": _shifted(normalized["boundaries"], losses),
    }


def _changed_run(
    store: ObjectStore, run: Run, name: str, counts: KeyCounts, params: BuildParams
) -> tuple[Run, _Lost]:
    """Write what removing boilerplate changes of a run; return the run with it, and its losses."""
    if not len(counts.keys) or not run.losing_rows:
        return run, _NOTHING
    before = with_columns(_may_lose(store, run), DOCUMENTS)  # of which signals are made anew
    after, removals = remove_site_boilerplate(
        before, counts, params=params.site_boilerplate, signal_params=params.signals
    )
    if not len(removals):
        return run, _NOTHING
    is_changed = pc.is_in(before["position"], value_set=removals["position"].unique())
    before, after = before.filter(is_changed), after.filter(is_changed)
    known = facts(after, params=params.signature)
    table = changes(after, known, num_perm=params.signature.num_perm)
    removals = pa.concat_tables([read_table(store, run.removals_key), removals])
    write = partial(write_rows, store, name)
    run = replace(
        run,
        changes_key=write("changes", table.sort_by("doc_id")),
        removals_key=write("removals", removals.sort_by("doc_id")),
    )
    sizes = pc.subtract(_sizes(before), _sizes(after)).to_pylist()
    rejected = before["reason"].null_count - after["reason"].null_count
    return run, _Lost(rejected, after["position"].to_pylist(), sizes)


def _may_lose(store: ObjectStore, run: Run) -> pa.Table:
    """Read the first documents of a run, those that may lose boilerplate."""

    def first(metadata: pq.FileMetaData) -> list[int]:
        rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        groups: list[int] = np.flatnonzero(np.cumsum(rows) <= run.losing_rows).tolist()
        return groups

    return read_row_groups(store, run.documents_key, first)


def _sizes(documents: pa.Table) -> pa.ChunkedArray:
    return pc.fill_null(pc.binary_length(documents["content"]), 0)


def _shifted(boundaries: str, losses: Sequence[_Lost]) -> str:
    """Return the packed boundaries with the bytes of text that are left before each."""
    found = unpacked(boundaries)
    positions = np.concatenate([np.array(lost.positions, np.int64) for lost in losses])
    sizes = np.concatenate([np.array(lost.sizes, np.int64) for lost in losses])
    order = np.argsort(positions)
    before = np.append(0, np.cumsum(sizes[order]))
    lost = before[np.searchsorted(positions[order], found.positions)]
    return packed([found._replace(content_bytes=found.content_bytes - lost)])


def _changed(
    shard: NormalizedShard, checkpoint: dict[str, Any], key: str, params: BuildParams
) -> NormalizedShard:
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
        boundaries=needed(checkpoint["boundaries"], params.shards.release_bytes),
    )

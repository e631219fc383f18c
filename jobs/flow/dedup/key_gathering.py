"""Key files gathered in fewer ones, so that no partition is read from every file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.flow.dedup.candidates import Partitioning, WorkFolder
from jobs.flow.dedup.gathering import Span, gathered, gatherings
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import gather_partitions, write_partitions
from jobs.flow.tasks.written_lists import list_writer, read_list
from jobs.storage.stores import open_store


@dataclass(frozen=True)
class _GatherTask:
    """Write a span of the partitions of the key files of a list as one file."""

    folder: WorkFolder
    number: int
    files: str
    span: Span
    partitions: int


def gathered_keys(
    keys: Sequence[Checkpoint],
    partitioning: Partitioning,
    folder: WorkFolder,
    params: BuildParams,
    *,
    progress: Progress,
) -> list[tuple[tuple[str, ...], Span]]:
    """Return files of keys, by the span of partitions that they hold."""
    files, partitions = [checkpoint["file"] for checkpoint in keys], partitioning.partitions
    listed = list_writer(open_store(params.storage), folder.at("keys-gathered", "files.json"))
    work = [
        CheckpointedTask(
            folder.at(f"keys-gathered-{n}.json"),
            _GatherTask(folder, n, listed(one.files), one.span, partitions),
        )
        for n, one in enumerate(gatherings(files, partitions))
    ]
    done = map_checkpointed(
        _gather_keys, work, params=params, label="dedup: gather keys", progress=progress
    )
    return gathered(files, partitions, [checkpoint["file"] for checkpoint in done])


def _gather_keys(spec: _GatherTask, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    found = gather_partitions(store, read_list(store, spec.files), *spec.span, spec.partitions)
    key = spec.folder.at(f"keys-gathered-{spec.number}", "keys.bin")
    return {"file": write_partitions(store, key, *found)}

"""Drops for merge: from the files that dedup left, by component, to files by section.

A few files are read by every merge task. Many are exchanged first, in two passes: a task reads some
files and writes their rows by groups of sections, another one gathers such a group and writes it
by section. So a merge task reads one file, and no task reads more than a share of another pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.model.tables import DROPS
from jobs.flow.builds.sections import Section
from jobs.flow.dedup.dedup_stage import Drops
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, Progress, map_checkpointed
from jobs.flow.tasks.exchange import gather_group, write_groups
from jobs.flow.tasks.sealed_objects import read_sealed, read_table, seal
from jobs.flow.tasks.written_lists import read_list, write_list
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

FEW_FILES = 16  # of which every merge task reads its range
FILES_AT_ONCE = 32  # each with the drops of up to `group_documents` documents
SECTIONS_AT_ONCE = 16


class _Pass(NamedTuple):
    """Specification of a task of either pass.

    Attributes:
        at: The key of its file, before it is sealed.
        number: Of the task.
        files: The list of files to read.
        firsts: The key of the ordinals with which sections begin.
    """

    at: str
    number: int
    files: str
    firsts: str


def drops_by_section(
    drops: Drops,
    sections: Sequence[Section],
    at: Callable[[str], str],
    params: BuildParams,
    *,
    progress: Progress,
) -> list[str]:
    """Exchange the drops of a build, if they are in many files.

    Args:
        drops: of the build.
        sections: of the build, ascending by ordinal.
        at: makes a key of a name.
        params: of the build.
        progress: called after every finished task.

    Returns:
        For each section the file with its drops; nothing if tasks are to read all files.
    """
    if len(drops.files) <= FEW_FILES:
        return []
    ordinals = np.array([section.first for section in sections], "<i8")
    store = open_store(params.storage)
    firsts = seal(store, at("drops/firsts.bin"), ordinals.tobytes())

    def list_of(name: str, files: Sequence[str]) -> str:
        return write_list(store, at(f"drops/{name}.json"), files)

    def run(task: Any, label: str, inputs: Iterable[str]) -> tuple[str, ...]:
        work = []
        for number, files in enumerate(inputs):
            name = at(f"drops/{task.__name__.strip('_')}-{number}")
            spec = _Pass(f"{name}/drops.arrow", number, files, firsts)
            work.append(CheckpointedTask(f"{name}.json", spec))
        done = map_checkpointed(task, work, params=params, label=label, progress=progress)
        return tuple(checkpoint["file"] for checkpoint in done)

    starts = range(0, len(drops.files), FILES_AT_ONCE)
    batches = [drops.files[start : start + FILES_AT_ONCE] for start in starts]
    lists = [list_of(f"files-{number}", batch) for number, batch in enumerate(batches)]
    scattered = run(_scatter, "merge: scatter drops", lists)
    groups = -(-len(sections) // SECTIONS_AT_ONCE)
    gathered = run(_gather, "merge: gather drops", [list_of("scattered", scattered)] * groups)
    return [gathered[number // SECTIONS_AT_ONCE] for number in range(len(sections))]


def _scatter(spec: _Pass, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    tables = [read_table(store, file) for file in read_list(store, spec.files)]
    table = pa.concat_tables([DROPS.empty_table(), *tables])
    groups = _sections(store, table, spec) // SECTIONS_AT_ONCE
    return {"file": write_groups(store, spec.at, table, groups)}


def _gather(spec: _Pass, *, params: BuildParams) -> Checkpoint:
    store = open_store(params.storage)
    table = gather_group(store, read_list(store, spec.files), spec.number)
    return {"file": write_groups(store, spec.at, table, _sections(store, table, spec))}


def _sections(store: ObjectStore, drops: pa.Table, spec: _Pass) -> npt.NDArray[np.int32]:
    """Return the number of the section that each row belongs to."""
    firsts = np.frombuffer(read_sealed(store, spec.firsts), "<i8")
    at = np.searchsorted(firsts, drops["ordinal"].to_numpy(), side="right") - 1
    return at.astype(np.int32)

"""What this machine has, and whether a build fits: memory of its workers, room in its folders."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.flow.builds.boilerplate_counts import (
    BATCH_DOCUMENTS,
    MOST_PAIRS,
    QUARTERS,
    counting_tasks,
)
from jobs.flow.params import BuildParams
from jobs.quantities import Size
from jobs.storage.objects import scheme

_NORMALIZE = (500 << 20, 2.2)
"""Bytes of a task of normalize, and for each byte of a run: `tests/benchmarks/task_memory.py`."""

_MERGE = (290 << 20, 4.3)
"""Bytes of a task of merge, and for each byte of text of a range: likewise."""

_DEDUP = (380 << 20, 1480.0)
"""Bytes of a task of dedup, and for each document: docs/benchmarks.md, a group of 492,311."""

_COUNT, _GATHER = (160 << 20, 75.0), (160 << 20, 57.0)
"""Bytes of a task that counts or gathers ends of pages, and for each pair: of random ones."""

_DRIVER_BYTES = 1 << 30
"""Of the driver and Ray's own processes."""

_RAY_SHARE = 0.95
"""Of a machine's memory, above which Ray kills tasks."""

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Machine:
    """The machine that this process runs on, or one of a cluster.

    Attributes:
        cores: That tasks may use.
        memory_bytes: That there is, or that this container may use.
        is_cluster: Whether tasks run elsewhere, so that memory there is not known here.
    """

    cores: int
    memory_bytes: int
    is_cluster: bool

    @classmethod
    def here(cls, params: BuildParams) -> Machine:
        """Return this machine, as the tasks of a build find it."""
        is_cluster = bool(params.compute.address or os.environ.get("RAY_ADDRESS"))
        return cls(len(os.sched_getaffinity(0)), _memory_bytes(), is_cluster)

    @staticmethod
    def task_memory(params: BuildParams, rows: float, text_bytes: float) -> float:
        """Return about how much memory the task takes that needs most.

        Args:
            params: of the build.
            rows: of all its partners.
            text_bytes: of the partner that has most.
        """
        sizes = params.shards
        pairs = MOST_PAIRS * rows * params.site_boilerplate.is_on
        gathered = min(pairs, MOST_PAIRS * BATCH_DOCUMENTS) / QUARTERS
        held = (
            (_NORMALIZE, min(sizes.run_bytes, text_bytes)),
            (_COUNT, pairs / counting_tasks(pairs)),
            (_GATHER, gathered),
            (_MERGE, min(sizes.release_bytes, text_bytes)),
            (_DEDUP, min(sizes.group_documents, rows)),
        )
        return max(base + each * size for (base, each), size in held)

    def shortages(self, params: BuildParams, need: Need) -> tuple[str, ...]:
        """Return what would not fit, each with what to do.

        Args:
            params: of the build.
            need: of the build.
        """
        return (*self._of_memory(need), *_of_disks(params, need))

    def _of_memory(self, need: Need) -> Iterator[str]:
        if self.is_cluster:
            return
        there = _RAY_SHARE * self.memory_bytes - _DRIVER_BYTES
        if need.workers * need.task_memory <= there:
            return
        fitting = int(there // need.task_memory)
        advice = f"give compute.workers={fitting}, or " if fitting else ""
        yield (
            f"memory: {need.workers} tasks at once of {Size(need.task_memory)} are more than "
            f"{Size(max(0, there))}, which this machine has besides Ray: {advice}lower "
            "shards.run_bytes, shards.release_bytes or shards.group_documents"
        )


@dataclass(frozen=True)
class Need:
    """What a build needs of a machine.

    Attributes:
        workers: Tasks at once.
        task_memory: Bytes of the largest of them.
        stored: Bytes that are still to be written below the root.
        scratch: Bytes in the folder of temporary files.
    """

    workers: int
    task_memory: float
    stored: float
    scratch: float


def _of_disks(params: BuildParams, need: Need) -> Iterator[str]:
    """Yield for each disk what is to be written there and does not fit."""
    places = [("TMPDIR", tempfile.gettempdir(), need.scratch)]
    if scheme(params.storage.root) is None:
        places.append(("storage.root", params.storage.root, need.stored))
    disks: dict[int, list[tuple[str, str, float]]] = {}
    for place in places:
        disks.setdefault(_there(place[1]).stat().st_dev, []).append(place)
    for on_disk in disks.values():
        size = sum(one for *_, one in on_disk)
        free = shutil.disk_usage(_there(on_disk[-1][1])).free
        if size > free:
            names = " and ".join(f"{name} ({path})" for name, path, _ in reversed(on_disk))
            yield (
                f"disk: {Size(size)} are to be written for {names}, where {Size(free)} are free: "
                "free some space, or choose another place"
            )


def free_bytes(folder: str) -> int:
    """Return the bytes that are free where a folder is, or will be."""
    return shutil.disk_usage(_there(folder)).free


def _there(folder: str) -> Path:
    """Return the folder, or the nearest above it that exists."""
    path = Path(folder).absolute()
    return next(one for one in (path, *path.parents) if one.is_dir())


def scratch_of_task(params: BuildParams, *, is_remote: bool) -> float:
    """Return the bytes of temporary files of one task, at most: of one table as it is written.

    Args:
        params: of the build.
        is_remote: whether tables that are read whole are copied here first.
    """
    largest = max(params.shards.release_bytes, params.shards.run_bytes)
    return float(largest * (2 if is_remote else 1))


def _memory_bytes() -> int:
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [Path(one).read_text().strip() for one in _LIMITS if Path(one).is_file()]
    return min([installed, *(int(one) for one in limits if one.isdigit())])

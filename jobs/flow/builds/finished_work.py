"""Which stages of a build are done: found by running its steps until one has a task to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobs.flow.builds.pipeline import STEPS, BuildState
from jobs.flow.dedup.tombstones import tombstone_shards
from jobs.flow.intake.input_shards import InputShard
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.tasks.checkpoints import TaskCounts
from jobs.storage.stores import open_store


class FinishedWork(NamedTuple):
    """What is done of a build.

    Attributes:
        finished: Stages all of whose tasks are done.
        label: The work that is not done, as progress calls it; empty if all is done.
        share: Of its tasks that are done.
    """

    finished: frozenset[str]
    label: str
    share: float

    def done(self, stage: str, tasks: int) -> int:
        """Return about how many of the tasks of a stage are done."""
        if stage in self.finished:
            return tasks
        is_it = self.label in {stage, f"{stage}: remove"}
        return int(self.share * tasks) if is_it else 0


NOTHING = FinishedWork(frozenset(), "normalize", 0.0)


class _Unfinished(Exception):
    """Ends the steps before a task runs."""


class _Stopping:
    """Progress that stops before the first task that would run."""

    def __init__(self) -> None:
        self.label, self.share = "", 0.0
        self.begun: set[str] = set()

    def __call__(
        self, label: str, done: int, total: int, _counts: Sequence[TaskCounts] = (), /
    ) -> None:
        if done < total:
            self.label, self.share = label, done / total
            raise _Unfinished
        self.begun.add(label.partition(":")[0])


def finished_work(
    plan: Sequence[InputShard], params: BuildParams, parent: OpenedRelease | None
) -> FinishedWork:
    """Return what is done of a build whose input shards are all normalized.

    Lists of what tasks would read are written, as the build itself writes them; no task runs.

    Args:
        plan: the input shards.
        params: of the build.
        parent: the release it extends, if any.
    """
    progress = _Stopping()
    tombstones = tombstone_shards(open_store(params.storage), params)
    build = BuildState(params, progress, parent, plan, tombstones, is_published=True)
    try:
        for step in STEPS.values():
            step(build)
    except _Unfinished:
        unfinished = progress.label.partition(":")[0]
        return FinishedWork(
            frozenset(progress.begun - {unfinished}), progress.label, progress.share
        )
    return FinishedWork(frozenset(progress.begun), "", 1.0)

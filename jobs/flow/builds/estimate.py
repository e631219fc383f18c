"""What a build will need, before it runs: from deliveries, samples of them, and measured costs.

No task runs, and Ray is not started. Deliveries are listed and a few megabytes of each group
read (`sample_costs`). Costs of later stages for each byte of text are those measured at real sizes
(`stage_costs`), scaled by what normalizing the samples cost here and wrote.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jobs.flow.builds.delivered_amounts import Amount, CostRatio, delivered_amounts
from jobs.flow.builds.finished_work import NOTHING, FinishedWork, finished_work
from jobs.flow.builds.machine import Machine, Need, scratch_of_task
from jobs.flow.builds.parent_release import extending, inputs_of, open_parent
from jobs.flow.builds.stage_costs import (
    RANGES,
    REQUEST_SECONDS,
    REQUESTS,
    START_SECONDS,
    TASK_SECONDS,
    TASKS,
    TRANSFER_SECONDS,
    StageCost,
    stage_costs,
)
from jobs.flow.intake.plan import plan
from jobs.flow.intake.scans import scanned_before
from jobs.flow.params import BuildParams
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.stores import open_store


class StageEstimate(NamedTuple):
    """What a stage will need.

    Attributes:
        stage: Its name.
        tasks: About how many tasks it has; exact for normalize once all large files are scanned.
        done: Those that are done already.
        cpu_seconds: Of cores of this machine, for those that are left.
        written_bytes: That these write.
        requests: That these send.
    """

    stage: str
    tasks: int
    done: int
    cpu_seconds: float
    written_bytes: float
    requests: float

    @property
    def left(self) -> int:
        """Tasks that are not done."""
        return self.tasks - self.done


@dataclass(frozen=True)
class Estimate:
    """What a build will need.

    Attributes:
        partners: By name.
        stages: In order; of no stage that is known to be done.
        need: Of the machine.
        seconds: About how long the build takes here.
        core_seconds: Time of all its tasks together.
        work_bytes: Still to be written as tables between stages, which may be deleted once the
            release is published.
        release_bytes: Still to be written as files of the release, at most: as if no row were
            dropped.
        requests: To the store.
        is_published: Whether the version is published already.
        shortages: What would not fit, in words.
    """

    partners: Mapping[str, Amount]
    stages: Sequence[StageEstimate]
    need: Need
    seconds: float
    core_seconds: float
    work_bytes: float
    release_bytes: float
    requests: float
    is_published: bool
    shortages: Sequence[str]


def estimate(params: BuildParams) -> Estimate:
    """Return what a build of these parameters will need.

    Raises:
        DeliveryError: as planning the build does.
        ConfigError: likewise.
    """
    store = open_store(params.storage)
    parent = open_parent(store, params)
    params = extending(params, parent.manifest if parent else None)
    shards = plan(params, known=inputs_of(parent), scanned=scanned_before)
    amounts, measured = delivered_amounts(shards, params, store)
    is_published = head(Corpus(store, params.corpus)).registry.exactly(params.version) is not None
    is_normalized = all(one.done == one.tasks for one in amounts.values())
    there = finished_work(shards, params, parent) if is_normalized else NOTHING
    stages = list(_stages(amounts, measured, params, there, is_remote=store.is_remote))
    machine = Machine.here(params)
    need = _need(stages, amounts, machine, params, is_remote=store.is_remote)
    left = [stage for stage in stages if stage.left]
    release = sum(stage.written_bytes for stage in stages if stage.stage == "merge")
    return Estimate(
        partners=amounts,
        stages=stages,
        need=need,
        seconds=sum(_seconds(one, need.workers) for one in left) + (START_SECONDS if left else 0),
        core_seconds=sum(stage.cpu_seconds for stage in left),
        work_bytes=need.stored - release,
        release_bytes=release,
        requests=sum(stage.requests for stage in left),
        is_published=is_published,
        shortages=machine.shortages(params, need) if left else (),
    )


def _need(
    stages: Sequence[StageEstimate],
    amounts: Mapping[str, Amount],
    machine: Machine,
    params: BuildParams,
    *,
    is_remote: bool,
) -> Need:
    workers = params.compute.workers or machine.cores
    rows = sum(one.rows or 0.0 for one in amounts.values())
    text = max((one.text_bytes for one in amounts.values()), default=0.0)
    return Need(
        workers=workers,
        task_memory=machine.task_memory(params, rows, text),
        stored=sum(stage.written_bytes for stage in stages),
        scratch=workers * scratch_of_task(params, is_remote=is_remote),
    )


def _seconds(stage: StageEstimate, workers: int) -> float:
    """Return how long a stage takes: in rounds of as many tasks as there are workers."""
    return math.ceil(stage.left / workers) * (stage.cpu_seconds / stage.left)


def _stages(
    amounts: Mapping[str, Amount],
    measured: CostRatio,
    params: BuildParams,
    there: FinishedWork,
    *,
    is_remote: bool,
) -> Iterator[StageEstimate]:
    text = sum(one.text_bytes for one in amounts.values())
    left = sum(one.left_bytes for one in amounts.values())
    normalize = sum(one.tasks for one in amounts.values())
    for stage, tasks in _tasks_of_stages(amounts, params).items():
        is_first = stage == "normalize"
        done = sum(one.done for one in amounts.values()) if is_first else there.done(stage, tasks)
        size = left if is_first else text * (tasks - done) / tasks
        cost = _cost(stage)
        cpu = measured.cpu * cost.cpu_seconds * size
        if is_first:
            cpu = sum(one.cpu_seconds for one in amounts.values())
        each = REQUESTS[stage] * (1.0 if stage == "merge" else normalize / tasks)
        requests = each * (tasks - done) + (normalize * REQUESTS["driver"] if is_first else 0.0)
        written = measured.written * cost.written * size
        seconds = cpu + (tasks - done) * TASK_SECONDS
        if is_remote:
            carried = written + cost.read * size
            seconds += requests * REQUEST_SECONDS + carried * TRANSFER_SECONDS
        yield StageEstimate(stage, tasks, done, seconds, written, requests)


def _tasks_of_stages(amounts: Mapping[str, Amount], params: BuildParams) -> dict[str, int]:
    """Return about how many tasks each stage has that a build runs."""
    normalize = sum(one.tasks for one in amounts.values())
    rows = sum(one.rows or 0.0 for one in amounts.values())
    is_exchanging = rows > params.shards.group_documents
    counts = {
        "normalize": normalize,
        "site boilerplate": params.site_boilerplate.is_on
        and math.ceil(TASKS["site boilerplate"] * normalize),
        "dedup": math.ceil(1 + TASKS["dedup"] * normalize) if is_exchanging else 1,
        "merge": sum(
            math.ceil(max(1.0, RANGES * one.text_bytes / params.shards.release_bytes))
            for one in amounts.values()
            if one.tasks
        ),
    }
    return {stage: count for stage, count in counts.items() if count and normalize}


def _cost(stage: str) -> StageCost:
    """Return the cost of all parts of a stage."""
    parts = [cost for label, cost in stage_costs().items() if label.partition(":")[0] == stage]
    return StageCost(*map(sum, zip(*parts, strict=True)))

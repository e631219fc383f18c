"""What a build will need, before it runs: from deliveries, samples of them, and measured costs.

Nothing is written, and Ray is not started. Deliveries are listed and a few megabytes of each group
read (`sampling`). Costs of later stages for each byte of text are those measured at real sizes
(`stage_costs`), scaled by what normalizing the samples cost here and wrote.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jobs.flow.builds.finished_work import NOTHING, FinishedWork, finished_work
from jobs.flow.builds.machine import Machine, Need, scratch_of_task
from jobs.flow.builds.normalize_stage import normalize_tasks, task_counts
from jobs.flow.builds.parent_release import extending, inputs_of, open_parent
from jobs.flow.builds.sampling import Sample, sample
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
from jobs.flow.intake.input_shards import InputShard
from jobs.flow.intake.plan import plan
from jobs.flow.intake.scans import is_scanned, scanned_before, text_bytes
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, found_checkpoints
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store


@dataclass
class Amount:
    """What a partner delivers, and what is known or estimated of it.

    Attributes:
        files: Files that are read.
        stored_bytes: Bytes of them as stored.
        rows: Rows in them, rejected ones included; None where no sample could be read.
        text_bytes: UTF-8 bytes of text in these.
        rejected: Rows that are rejected when they are read and normalized.
        tasks: Tasks of normalize.
        done: Those of them that an earlier build has done.
        sampled_bytes: Bytes of deliveries that were read for the estimate.
        left_bytes: Bytes of text that are still to be normalized.
        cpu_seconds: Of a core of this machine, to normalize what is left.
    """

    files: int = 0
    stored_bytes: int = 0
    rows: float | None = 0.0
    text_bytes: float = 0.0
    rejected: float = 0.0
    tasks: int = 0
    done: int = 0
    sampled_bytes: float = 0.0
    left_bytes: float = 0.0
    cpu_seconds: float = 0.0


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


class _Measured(NamedTuple):
    """Costs of text here, as multiples of those in `stage_costs`: CPU, and bytes written."""

    cpu: float
    written: float


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
    amounts, measured = _amounts(shards, params, store)
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
    return Need(
        workers=workers,
        task_memory=machine.task_memory(params, rows),
        stored=sum(stage.written_bytes for stage in stages),
        scratch=workers * scratch_of_task(params, is_remote=is_remote),
    )


def _seconds(stage: StageEstimate, workers: int) -> float:
    """Return how long a stage takes: in rounds of as many tasks as there are workers."""
    return math.ceil(stage.left / workers) * (stage.cpu_seconds / stage.left)


def _amounts(
    shards: Sequence[InputShard], params: BuildParams, store: ObjectStore
) -> tuple[dict[str, Amount], _Measured]:
    """Return what each partner delivers, and what text costs here."""
    amounts = {partner.name: Amount() for partner in params.partners}
    tasks = normalize_tasks(shards, params)
    found = found_checkpoints(store, tasks)
    unread: dict[tuple[str, str], list[InputShard]] = {}
    for task in tasks:
        shard = task.spec
        if task.key in found:
            _add_known(amounts[shard.partner.name], shard, found[task.key])
        else:
            unread.setdefault((shard.partner.name, shard.group.name), []).append(shard)
    samples = []
    for (partner, _), left in unread.items():
        samples.append(sample(left, params, groups=len(unread)))
        _add_estimated(amounts[partner], left, samples[-1], params)
    for partner, files in _files(shards).items():
        amounts[partner].files = len(files)
        amounts[partner].stored_bytes = sum(files.values())
    return amounts, _measured(samples)


def _files(shards: Sequence[InputShard]) -> dict[str, dict[str, int]]:
    """Return the sizes of the files of each partner."""
    found: dict[str, dict[str, int]] = {}
    for shard in shards:
        files = found.setdefault(shard.partner.name, {})
        files.update((file.source.name, file.source.size_bytes) for file in shard.files)
    return found


def _measured(samples: Sequence[Sample]) -> _Measured:
    """Return the costs of the samples; those of the machine that was measured if there are none."""
    text = sum(one.text_bytes for one in samples)
    if not text:
        return _Measured(1.0, 1.0)
    cost = stage_costs()["normalize"]
    # Reading pages or workbooks costs what no later stage does.
    seconds = sum(one.cpu_seconds - one.reading_seconds for one in samples)
    written = sum(one.written_bytes for one in samples)
    return _Measured(seconds / (cost.cpu_seconds * text), written / (cost.written * text))


def _add_known(amount: Amount, shard: InputShard, checkpoint: Checkpoint) -> None:
    counts = task_counts(shard, checkpoint)
    amount.tasks += 1
    amount.done += 1
    amount.text_bytes += counts.text_bytes
    amount.rejected += counts.rejected
    if amount.rows is not None:
        amount.rows += counts.rows


def _add_estimated(
    amount: Amount, shards: Sequence[InputShard], one: Sample, params: BuildParams
) -> None:
    stored = _stored_bytes(shards)
    amount.tasks += sum(_tasks(shard, params) for shard in shards)
    amount.sampled_bytes += one.stored_bytes
    if not one.stored_bytes:  # nothing could be read: sizes are all there is
        amount.rows = None
        text = float(sum(text_bytes(file.source) for shard in shards for file in shard.files))
        amount.left_bytes += text
        amount.text_bytes += text
        amount.cpu_seconds += text * stage_costs()["normalize"].cpu_seconds
        return
    times = stored / one.stored_bytes
    amount.text_bytes += times * one.text_bytes
    amount.left_bytes += times * one.text_bytes
    amount.rejected += times * one.rejected
    amount.cpu_seconds += times * one.cpu_seconds
    if amount.rows is not None:
        amount.rows += times * one.rows


def _stored_bytes(shards: Sequence[InputShard]) -> float:
    """Return the bytes as stored of files, and of the splits of those that are split by bytes."""
    total, whole = 0.0, dict[str, int]()
    for shard in shards:
        for file in shard.files:
            if file.split is not None and not file.source.name.endswith(".parquet"):
                total += file.split.end - file.split.start
            else:
                whole[file.source.name] = file.source.size_bytes
    return total + sum(whole.values())


def _tasks(shard: InputShard, params: BuildParams) -> int:
    """Return how many tasks a shard will be: files that were not scanned are split then."""
    size = sum(
        text_bytes(file.source)
        for file in shard.files
        if file.split is None
        and file.known is None
        and is_scanned(file.source, shard.group.reading, params)
    )
    return max(1, math.ceil(size / params.shards.input_bytes))


def _stages(
    amounts: Mapping[str, Amount],
    measured: _Measured,
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

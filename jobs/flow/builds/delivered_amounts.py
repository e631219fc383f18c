"""What partners deliver: known of files that were read, estimated of the others by samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jobs.flow.builds.normalize_stage import normalize_tasks, task_counts
from jobs.flow.builds.sample_costs import Sample, sample
from jobs.flow.builds.stage_costs import stage_costs
from jobs.flow.intake.input_shards import InputShard
from jobs.flow.intake.plan import text_of_splits
from jobs.flow.intake.scans import is_scanned, text_bytes
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, found_checkpoints
from jobs.storage.objects import ObjectStore


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


class CostRatio(NamedTuple):
    """Costs of text here, as multiples of those in `stage_costs`: CPU, and bytes written."""

    cpu: float
    written: float


def delivered_amounts(
    shards: Sequence[InputShard], params: BuildParams, store: ObjectStore
) -> tuple[dict[str, Amount], CostRatio]:
    """Return what each partner delivers, and what text costs here.

    Args:
        shards: the input shards.
        params: of the build.
        store: of its work tables.
    """
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
    sources = {
        (shard.partner.name, file.source.name): file.source
        for shard in shards
        for file in shard.files
    }
    split_bytes = text_of_splits(sources.values(), params.shards.input_bytes)
    samples = []
    for (partner, _), left in unread.items():
        samples.append(sample(left, params, groups=len(unread)))
        _add_estimated(amounts[partner], left, samples[-1], split_bytes)
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


def _measured(samples: Sequence[Sample]) -> CostRatio:
    """Return the costs of the samples; those of the machine that was measured if there are none."""
    text = sum(one.text_bytes for one in samples)
    if not text:
        return CostRatio(1.0, 1.0)
    cost = stage_costs()["normalize"]
    # Reading pages or workbooks costs what no later stage does.
    seconds = sum(one.cpu_seconds - one.reading_seconds for one in samples)
    written = sum(one.written_bytes for one in samples)
    return CostRatio(seconds / (cost.cpu_seconds * text), written / (cost.written * text))


def _add_known(amount: Amount, shard: InputShard, checkpoint: Checkpoint) -> None:
    counts = task_counts(shard, checkpoint)
    amount.tasks += 1
    amount.done += 1
    amount.text_bytes += counts.text_bytes
    amount.rejected += counts.rejected
    if amount.rows is not None:
        amount.rows += counts.rows


def _add_estimated(
    amount: Amount, shards: Sequence[InputShard], one: Sample, split_bytes: int
) -> None:
    stored = _stored_bytes(shards)
    amount.tasks += sum(_tasks(shard, split_bytes) for shard in shards)
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


def _tasks(shard: InputShard, split_bytes: int) -> int:
    """Return how many tasks a shard will be: files that were not scanned are split then."""
    size = sum(
        text_bytes(file.source)
        for file in shard.files
        if file.split is None
        and file.known is None
        and is_scanned(file.source, shard.group.reading, split_bytes)
    )
    return max(1, math.ceil(size / split_bytes))

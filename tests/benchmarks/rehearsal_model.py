"""From what a rehearsal counted to bytes, seconds, core-hours and a price.

Costs of a byte of text were measured without shrinking anything (`python -m
tests.benchmarks.rehearsal measure=0.15`), and are kept in jobs/flow/builds/stage_costs.json. All
else is here: what is assumed of machines and of a store, and public prices of 2026-11 (on demand,
us-east-1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from jobs.flow.builds import stage_costs
from tests.benchmarks.rehearsal_tasks import Stage

COSTS_FILE = Path(stage_costs.__file__).with_suffix(".json")
CORES = (64, 256, 1280)

REQUEST_SECONDS = 0.03  # until the first byte of an answer of S3
REQUESTS_AT_ONCE = 4  # of one task
_DRIVER_REQUESTS_AT_ONCE = 16
CORE_BYTES_PER_SECOND = 50e6  # of a network of 12.5 Gbit/s that 32 cores share
RAY_SECONDS = 0.02  # that Ray Data adds to a task

CORE_HOUR_DOLLARS = 0.048  # m6i: 0.096 an hour for two
PUT_DOLLARS, GET_DOLLARS = 5e-6, 0.4e-6  # PUT and LIST; GET and HEAD

GROUPS = ("deliveries", "normalize", "site boilerplate", "dedup", "merge", "driver")


class Cost(NamedTuple):
    """Of a stage, for each byte of delivered text; of merge for each byte in a slice of a run."""

    cpu_seconds: float
    read: float
    written: float


@dataclass(frozen=True)
class Estimate:
    """What a stage needs at its real size.

    Attributes:
        tasks: How many there are.
        requests: By kind.
        read: Bytes.
        written: Bytes.
        largest_spec: Bytes of the largest specification.
        specs: Bytes of all of them.
        core_seconds: CPU, waiting for answers and bytes, and Ray's part.
        seconds: By number of cores.
    """

    tasks: int
    requests: Mapping[str, int]
    read: float
    written: float
    largest_spec: int
    specs: int
    core_seconds: float
    seconds: Mapping[int, float]


def group_of(label: str) -> str:
    return label.partition(":")[0]


def costs() -> dict[str, Cost]:
    """Return the measured costs of each stage."""
    return {name: Cost(*values) for name, values in orjson.loads(COSTS_FILE.read_bytes()).items()}


def estimate(
    label: str, stage: Stage, cost: Cost, text_bytes: float, kinds: tuple[str, ...]
) -> Estimate:
    """Return what a stage needs for so much text.

    Args:
        label: of the stage.
        stage: as counted.
        cost: of a byte.
        text_bytes: that it works on.
        kinds: of requests.
    """
    requests = {kind: stage.counts[kind] for kind in kinds}
    read, written = cost.read * text_bytes, cost.written * text_bytes
    at_once = _DRIVER_REQUESTS_AT_ONCE if label == "driver" else REQUESTS_AT_ONCE
    seconds = (
        cost.cpu_seconds * text_bytes
        + sum(requests.values()) * REQUEST_SECONDS / at_once
        + (read + written) / CORE_BYTES_PER_SECOND
        + stage.tasks * RAY_SECONDS
    )
    each = seconds / max(1, stage.tasks)
    rounds = {cores: math.ceil(stage.tasks / cores) * each for cores in CORES}
    specs = stage.specs or [0]
    return Estimate(stage.tasks, requests, read, written, max(specs), sum(specs), seconds, rounds)


def dollars(estimates: Mapping[str, Estimate], cores: int) -> tuple[float, float]:
    """Return the price of the cores, all held until the build ends, and that of the requests."""
    hours = sum(one.seconds[cores] for one in estimates.values()) / 3600
    puts = sum(one.requests["put"] + one.requests["list"] for one in estimates.values())
    gets = sum(sum(one.requests.values()) for one in estimates.values()) - puts
    return hours * cores * CORE_HOUR_DOLLARS, puts * PUT_DOLLARS + gets * GET_DOLLARS


def total(estimates: Mapping[str, Estimate], name: str) -> float:
    """Return the sum of one attribute over all stages."""
    return sum(getattr(one, name) for one in estimates.values())


def stored_bytes(text_bytes: float) -> float:
    """Return the bytes of DOCUMENTS as stored, of so much text: N."""
    return costs()["documents"].written * text_bytes


def by_group(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, float]]:
    """Return what must not grow faster than the corpus, by name, for each part of a build."""
    found: dict[str, dict[str, float]] = {}
    for label, one in estimates.items():
        group = found.setdefault(group_of(label), dict.fromkeys(_GROWING, 0.0))
        values = (one.tasks, sum(one.requests.values()), one.read, one.written, one.specs)
        for name, value in zip(_GROWING, values, strict=True):
            group[name] += value
    return found


_GROWING = ("tasks", "requests", "read", "written", "specs")


def growth(small: dict[str, Any], large: dict[str, Any]) -> dict[str, float]:
    """Return how many times as large each figure of `by_group` has become."""
    return {
        f"{group}: {name}": value / small[group][name]
        for group, values in large.items()
        for name, value in values.items()
        if group in small and small[group][name]
    }

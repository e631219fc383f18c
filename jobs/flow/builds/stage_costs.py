"""Measured costs of the stages of a build, by the labels of progress, for each byte of text.

They are those of a build at real sizes, every exchange forced: docs/scaling.md. They are measured
and written by `python -m tests.benchmarks.rehearsal measure=0.15`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson


class StageCost(NamedTuple):
    """What a stage costs for each byte of delivered text.

    Attributes:
        cpu_seconds: Of a core of the machine on which it was measured.
        read: Bytes read from the store or the deliveries.
        written: Bytes written to the store.
    """

    cpu_seconds: float
    read: float
    written: float


@cache
def stage_costs() -> dict[str, StageCost]:
    """Return the costs by label, in the order in which a build does the work."""
    measured = orjson.loads(Path(__file__).with_suffix(".json").read_bytes())
    return {label: StageCost(*cost) for label, cost in measured.items() if label != "documents"}


REQUESTS = {
    "normalize": 7.0,  # this and what follows, but merge, for each task of normalize
    "site boilerplate": 12.6,
    "dedup": 9.2,
    "driver": 4.0,
    "merge": 64.7,  # for each task of merge
}
"""Requests that a store is sent for each task: of a rehearsal of 85 GB, docs/scaling.md."""

TASKS = {"site boilerplate": 1.05, "dedup": 0.18}
"""Tasks of a stage for each task of normalize, where the stage has many: likewise."""

RANGES = 1.3
"""Tasks of merge for each full shard of a release: likewise."""

REQUEST_SECONDS = 0.03 / 4
"""Of a core, for each request to a store behind a network: 30 ms, four at a time, assumed."""

TRANSFER_SECONDS = 1 / 50e6
"""Of a core, for each byte to or from such a store: 50 MB/s, assumed."""

TASK_SECONDS = 0.02
"""That Ray Data adds to a task: docs/benchmarks.md."""

START_SECONDS = 10.0
"""That Ray takes to start, and a build besides its tasks: docs/benchmarks.md."""

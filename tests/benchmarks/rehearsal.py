"""A rehearsal of a build at its real shape: tasks, requests, bytes, specifications, memory, price.

    python -m tests.benchmarks.rehearsal gigabytes=85,850 shrink=2048   # and how figures grow
    python -m tests.benchmarks.rehearsal gigabytes=8500 shrink=8192 dedup=false
    python -m tests.benchmarks.rehearsal measure=0.15       # writes the costs of stages

The real program runs, from planning to publishing, with as many files, shards, ranges, groups and
checkpoints as the corpus would have, on a store that counts. Sizes of files and tasks are divided
by `shrink`. Tasks that read equal bytes are run once (deliveries, normalize, removing boilerplate),
of those that merge or count boilerplate twelve; all of deduplication. Without dedup, nothing is
dropped and no boilerplate removed: planning, normalize, merge and publishing are left. See
docs/scaling.md.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from jobs.command.terminal import say, say_table
from jobs.corpus.model.reasons import Stage as Step
from jobs.corpus.release.conservation import balance
from jobs.flow.builds import (
    boilerplate_counts,
    drops_exchange,
    merge_stage,
    pipeline,
    publish_stage,
)
from jobs.flow.builds.publish_stage import Published
from jobs.flow.builds.sections import Section
from jobs.flow.dedup import gathering
from jobs.flow.dedup.dedup_stage import Drops
from jobs.flow.intake import scans
from jobs.flow.tasks import checkpoints
from jobs.storage.manifests import files_of
from tests.benchmarks import rehearsal_model as model
from tests.benchmarks import rehearsal_store
from tests.benchmarks.machine import circumstances
from tests.benchmarks.rehearsal_corpus import parameters, write_deliveries
from tests.benchmarks.rehearsal_sizes import restore, shrink
from tests.benchmarks.rehearsal_tasks import Executor, Stage
from tests.builds import ABOUT, silent

MOST_SPEC_BYTES = 64 << 10
WITHOUT_DEDUP = "paragraphs.site_boilerplate=false"
_MEASURED_SIZES = (  # so that half a gigabyte goes through every kind of task
    (boilerplate_counts, "BATCH_RUNS", 2),
    (boilerplate_counts, "TASK_PAIRS", 500_000),
    (gathering, "FEW_FILES", 1),
    (gathering, "_FILES_AT_ONCE", 4),
    (gathering, "_SPANS", 2),
    (drops_exchange, "FEW_FILES", 1),
    (drops_exchange, "FILES_AT_ONCE", 4),
    (scans, "_LIGHT_BYTES", 1 << 40),  # or what the demo's texts are taken from starts Ray
)


@dataclass(frozen=True)
class Rehearsal:
    """What a build needed.

    Attributes:
        files: Delivered.
        text_bytes: Of all documents, shrunk.
        stages: By label; `driver` is what the driver does itself.
        slices: Runs that sections read, each as often as sections read it.
        runs: Runs there are.
        documents_bytes: Of DOCUMENTS as stored, shrunk.
        stored_files: Objects of the release and between stages.
        driver_bytes: The largest memory of the driver.
        driver_seconds: Its CPU time.
    """

    files: int
    text_bytes: int
    stages: dict[str, Stage]
    slices: int
    runs: int
    documents_bytes: int
    stored_files: int
    driver_bytes: int
    driver_seconds: float

    def cost(self, label: str) -> model.Cost:
        """Return what a stage cost of CPU and bytes, for each byte of its text."""
        stage, text = self.stages[label], self.text_bytes * self.overlap(label)
        counted = stage.counts["read"] / text, stage.counts["written"] / text
        return model.Cost(stage.cpu_seconds / text, *counted)

    def overlap(self, label: str) -> float:
        """Return how often a stage reads each run: merge reads some for two sections."""
        return self.slices / self.runs if label == "merge" else 1.0

    def estimates(
        self, factor: int, costs: dict[str, model.Cost] | None = None
    ) -> dict[str, model.Estimate]:
        """Return what each stage needs at its real size.

        Args:
            factor: by which sizes were divided.
            costs: measured at real sizes; None for those of this rehearsal.
        """
        found = {}
        for label, stage in self.stages.items():
            cost = (costs or {}).get(label) or self.cost(label)
            size = 1 if label == "driver" else factor  # checkpoints and manifests are not shrunk
            text = self.text_bytes * size * self.overlap(label)
            found[label] = model.estimate(label, stage, cost, text, rehearsal_store.KINDS)
        return found


class _Sections:
    """Notes what the sections of a merge read."""

    def __init__(self) -> None:
        self.slices = self.runs = self.text_bytes = 0
        self._find = merge_stage._sections

    def __call__(self, normalized: Sequence[Any], params: Any) -> list[Section]:
        found = self._find(normalized, params)
        self.slices = sum(len(section.slices) for section in found)
        self.runs = sum(len(shard.runs) for shard in normalized)
        self.text_bytes = sum(shard.content_bytes for shard in normalized)
        return found


def _drop_nothing(build: pipeline.BuildState) -> None:
    build.drops = Drops("", (), 0)


def _balance(partner: str, *, delivered: int, counts: Counter[Any], released: int) -> Any:
    """Balance what ranges decided: a cloned range has the rows of another one."""
    del delivered
    return balance(partner, delivered=counts.total(), counts=counts, released=released)


@contextlib.contextmanager
def shrunk(factor: int) -> Iterator[None]:
    """Let this process count, with every size divided."""
    rehearsal_store.register()
    rehearsal_store.counts.clear()
    before = shrink(factor)
    try:
        yield
    finally:
        restore(before)


@contextlib.contextmanager
def _replaced(executor: Executor, noted: _Sections, *, has_dedup: bool) -> Iterator[None]:
    """Put what a rehearsal has in the place of Ray, and of what would tell clones apart."""
    steps = pipeline.STEPS if has_dedup else {**pipeline.STEPS, Step.DEDUP: _drop_nothing}
    with (
        patch.object(checkpoints, "map_shards", executor.map_shards),
        patch.object(pipeline, "ray_session", contextlib.nullcontext),
        patch.object(pipeline, "STEPS", steps),
        patch.object(merge_stage, "_sections", noted),
        patch.object(publish_stage, "balance", _balance),
    ):
        yield


def rehearse(
    folder: Path,
    gigabytes: float,
    *,
    factor: int,
    workers: int,
    given: Sequence[str] = (),
    is_cloning: bool = True,
    has_dedup: bool = True,
) -> Rehearsal:
    """Build a corpus of so much text, shrunk.

    Args:
        folder: for everything; must be new.
        gigabytes: of text, if nothing were shrunk.
        factor: by which sizes are divided.
        workers: processes that run tasks; 0 to run them here.
        given: parameters of the build, beside its sizes.
        is_cloning: whether tasks that read equal bytes are run once; never if nothing is shrunk.
        has_dedup: whether boilerplate and duplicates are removed.
    """
    files = write_deliveries(folder, gigabytes, factor)
    given = given if has_dedup else [*given, WITHOUT_DEDUP]
    params, noted = parameters(folder, factor, *given), _Sections()
    with shrunk(factor):
        is_cloning = is_cloning and factor > 1
        executor = Executor(params, sizes=factor, workers=workers, is_cloning=is_cloning)
        began = time.process_time()
        with _replaced(executor, noted, has_dedup=has_dedup):
            published: Published = pipeline.run_build(params, silent, commit_info=ABOUT)
        seconds = time.process_time() - began
        executor.close()
    driver = Stage(1, 1, [], Counter(rehearsal_store.counts), seconds)
    stored = [path for path in (folder / "root").rglob("*") if path.suffix not in {"", ".json"}]
    return Rehearsal(
        files,
        noted.text_bytes,
        {**executor.stages, "driver": driver},
        noted.slices,
        noted.runs,
        sum(path.stat().st_size for path in stored if path.name.startswith("documents-")),
        len(stored) + len({file["sha256"] for file in files_of(published.manifest)}),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        seconds,
    )


def complaints(found: Rehearsal, estimates: dict[str, model.Estimate]) -> list[str]:
    """Return the bounds of requests and specifications that are not kept."""
    requests = sum(sum(one.requests.values()) for one in estimates.values())
    tasks = sum(one.tasks for one in estimates.values())
    most = 10 * (found.stored_files + found.files) + 3 * tasks
    broken = [f"{requests:,} requests, more than {most:,}"] if requests > most else []
    for label, one in estimates.items():
        if one.largest_spec > MOST_SPEC_BYTES:
            broken.append(f"{label}: a specification of {one.largest_spec:,} bytes")
    return broken


def show(estimates: dict[str, model.Estimate]) -> None:
    """Print the table of stages."""
    kinds = rehearsal_store.KINDS[:5]
    header = ["stage", "tasks", "GB read", "GB written", *kinds, "largest spec", "MB of specs"]
    header += ["core-hours", *(f"s on {cores}" for cores in model.CORES)]
    rows = []
    for label, one in estimates.items():
        cells = [label, f"{one.tasks:,}", f"{one.read / 1e9:.1f}", f"{one.written / 1e9:.1f}"]
        cells += [f"{one.requests[kind]:,}" for kind in kinds]
        cells += [f"{one.largest_spec:,}", f"{one.specs / 1e6:.1f}"]
        cells += [f"{one.core_seconds / 3600:.2f}"]
        rows.append(cells + [f"{one.seconds[cores]:,.0f}" for cores in model.CORES])
    say_table(header, rows)


def summary(found: Rehearsal, estimates: dict[str, model.Estimate], factor: int) -> dict[str, Any]:
    """Return what a rehearsal found in all."""
    stored = model.stored_bytes(found.text_bytes * factor)
    prices = {cores: model.dollars(estimates, cores) for cores in model.CORES}
    return {
        "files": found.files,
        "stored_files": found.stored_files,
        "documents_gb": stored / 1e9,
        "read_times": model.total(estimates, "read") / stored,
        "written_times": model.total(estimates, "written") / stored,
        "tasks": sum(one.tasks for one in estimates.values()),
        "requests": sum(sum(one.requests.values()) for one in estimates.values()),
        "driver_gib": found.driver_bytes / 2**30,
        "driver_cpu_seconds": found.driver_seconds,
        "core_hours": model.total(estimates, "core_seconds") / 3600,
        "hours": {
            cores: sum(one.seconds[cores] for one in estimates.values()) / 3600
            for cores in model.CORES
        },
        "dollars": {cores: [round(part, 2) for part in price] for cores, price in prices.items()},
        "complaints": complaints(found, estimates),
    }


def measure(folder: Path, gigabytes: float) -> dict[str, model.Cost]:
    """Build so much text at real sizes, in this process; return the cost of each stage."""
    # Runs are as large as in any build, and a section has four ranges as in any.
    given = ["shards.group_documents=20000", "shards.release_bytes=67108864"]
    with contextlib.ExitStack() as patches:
        for module, name, value in _MEASURED_SIZES:
            patches.enter_context(patch.object(module, name, value))
        found = rehearse(folder, gigabytes, factor=1, workers=0, given=given)
    costs = {label: found.cost(label) for label in found.stages if label != "driver"}
    return {**costs, "documents": model.Cost(0, 0, found.documents_bytes / found.text_bytes)}


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    before = circumstances("numba", "pyarrow")
    if "measure" in given:
        with _folder(given) as folder:
            found = measure(Path(folder) / "build", float(given["measure"]))
        costs = {label: list(cost) for label, cost in found.items()}
        model.COSTS_FILE.write_bytes(orjson.dumps(costs, option=orjson.OPT_INDENT_2) + b"\n")
        say(orjson.dumps({"costs": costs, "before": before}).decode())
        return
    sizes = [float(size) for size in given["gigabytes"].split(",")]
    figures = [_rehearsed(size, given, before) for size in sizes]
    for smaller, larger in pairwise(figures):
        grown = model.growth(smaller, larger)
        say_table(["", "times"], [[name, f"{times:.2f}"] for name, times in grown.items()])


def _folder(given: dict[str, str]) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="heliu-rehearsal-", dir=given.get("folder"))


def _rehearsed(
    gigabytes: float, given: dict[str, str], before: dict[str, Any]
) -> dict[str, dict[str, float]]:
    """Rehearse one size, print what it needs, and return what must not grow faster than it."""
    factor, workers = int(given.get("shrink", 64)), int(given.get("workers", 2))
    has_dedup, began = given.get("dedup", "true") == "true", time.perf_counter()
    with _folder(given) as folder:
        of_build = {"factor": factor, "workers": workers, "has_dedup": has_dedup}
        rehearsed = rehearse(Path(folder) / "build", gigabytes, **of_build)
    estimates = rehearsed.estimates(factor, model.costs())
    show(estimates)
    result = {"gigabytes": gigabytes, "shrink": factor, **summary(rehearsed, estimates, factor)}
    result |= {"seconds": time.perf_counter() - began, "before": before}
    result |= {"load_average_after": os.getloadavg()}
    say(orjson.dumps(result, option=orjson.OPT_NON_STR_KEYS).decode())
    return model.by_group(estimates)


if __name__ == "__main__":
    main()

"""What Ray costs: normalize and dedup through Ray, and the same tasks in a plain process pool.

    python -m tests.benchmarks.ray_overhead

Both run two tasks at a time on the same demo deliveries, into empty folders, in turns, with workers
that have imported and compiled everything before. What it takes to get there is shown apart.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from jobs.command.terminal import note, say, say_table
from jobs.flow.builds.normalize_stage import normalize
from jobs.flow.builds.pipeline import run_dedup
from jobs.flow.dedup.dedup_stage import Drops, deduplicate
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.tasks import checkpoints
from jobs.on_ray.session import ray_session
from jobs.synthesis import write_demo
from tests.benchmarks.machine import circumstances
from tests.builds import build_parameters, silent

WORKERS = 2
Spent = tuple[float, float]  # seconds, CPU seconds of all processes


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=1000)
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    before = circumstances("ray", "numba", "pyarrow")
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        for part, megabytes in (("tiny", 3), ("demo", given.megabytes)):
            note(f"writing {megabytes} MB of demo deliveries")
            out = folder / part
            write_demo(out, size_bytes=megabytes * 10**6, seed=1, report=lambda _done: None)
        result = measure(folder, given.runs)
    least = {way: [min(column) for column in zip(*result[way], strict=True)] for way in WAYS}
    shards = result["shards"]
    say(f"{given.megabytes} MB of demo text, {shards} input shards, {WORKERS} workers")
    say_table(
        ["normalize and dedup", "start-up s", " seconds", "   CPU s"],
        [
            (way, f"{result['start'][way]:10.1f}", f"{least[way][0]:8.1f}", f"{least[way][1]:8.1f}")
            for way in WAYS
        ],
    )
    ratios = [ray / pool for ray, pool in zip(least["ray"], least["pool"], strict=True)]
    say(f"through Ray: {ratios[0]:.2f} times the seconds, {ratios[1]:.2f} times the CPU seconds")
    result |= {"megabytes": given.megabytes, "ray_over_pool": ratios}
    result |= {"before": before, "load_average_after": os.getloadavg()}
    say(orjson.dumps({"ray_overhead": result}).decode())


def measure(folder: Path, runs: int) -> dict[str, Any]:
    """Start-up of both ways, and what each run of the work took."""
    sessions = {"ray": ray_session(), "pool": pool_session()}
    start: dict[str, float] = {}
    spent: dict[str, list[Spent]] = {"ray": [], "pool": []}
    with contextlib.ExitStack() as open_sessions:
        for way, session in sessions.items():
            begun = time.perf_counter()
            open_sessions.enter_context(session)
            WAYS[way](parameters(folder, "tiny", f"tiny-{way}"))
            start[way] = time.perf_counter() - begun
        for _ in range(runs):
            found = {way: timed(work, folder, spent[way]) for way, work in WAYS.items()}
            if found["ray"] != found["pool"]:
                raise SystemExit(f"Ray and the pool disagree: {found}")
    shards = len(plan(parameters(folder, "demo", "-")))
    return {"start": start, "shards": shards, **spent}


def timed(work: Callable[[BuildParams], Drops], folder: Path, spent: list[Spent]) -> Drops:
    """What `work` finds; seconds and CPU seconds it took are appended to `spent`."""
    params = parameters(folder, "demo", "releases")
    begun, used = time.perf_counter(), cpu_seconds()
    found = work(params)
    spent.append((time.perf_counter() - begun, cpu_seconds() - used))
    note(f"{work.__name__}: {spent[-1][0]:.1f} s, {spent[-1][1]:.1f} CPU s, {found.rows:,} dropped")
    shutil.rmtree(folder / "releases")
    return found


def cpu_seconds() -> float:
    """CPU time of this process and all below it, Ray's own processes included."""
    parents: dict[int, tuple[int, int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = file.read_text().rpartition(")")[2].split()
            # Parent; user and system time, of itself and of the children it has waited for.
            parents[int(file.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(parents[pid][1] for pid in ours) / os.sysconf("SC_CLK_TCK")


def parameters(folder: Path, demo: str, root: str) -> BuildParams:
    """A build of one of the demos into a folder of its own, a task for each delivered file."""
    given = [f"compute.workers={WORKERS}", "shards.input_bytes=1"]
    return build_parameters(folder / demo / "conf", folder / root, *given)


def through_ray(params: BuildParams) -> Drops:
    return run_dedup(params, silent).drops


def without_ray(params: BuildParams) -> Drops:
    """What `run_dedup` does, in whatever `pool_session` made of the scheduler."""
    with patch.object(checkpoints, "map_shards", _in_pool):
        return deduplicate(
            normalize(plan(params), params, progress=silent).shards, params, progress=silent
        )


WAYS = {"ray": through_ray, "pool": without_ray}
_pools: list[ProcessPoolExecutor] = []


@contextlib.contextmanager
def pool_session() -> Iterator[None]:
    # Spawned processes begin empty, as Ray's do, and Ray gives a worker one thread.
    context = multiprocessing.get_context("spawn")
    one_thread = patch.dict(os.environ, OMP_NUM_THREADS="1")
    with one_thread, ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        _pools.append(pool)
        yield


def _in_pool(task: Callable[[Any], Any], specs: Sequence[Any], **_how: object) -> Iterator[Any]:
    futures = [_pools[-1].submit(task, spec) for spec in specs]
    for future in as_completed(futures):
        yield future.result()


if __name__ == "__main__":
    main()

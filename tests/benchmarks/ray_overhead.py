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

from jobs.flow import marked
from jobs.flow.building import run_dedup
from jobs.flow.deduplicating import Drops, deduplicate
from jobs.flow.intake import plan
from jobs.flow.normalizing import normalize
from jobs.flow.params import BuildParams
from jobs.on_ray.session import ray_session
from jobs.synthesis import write_demo
from jobs.terminal import note, say, say_table
from tests.benchmarks.machine import circumstances
from tests.builds import build_parameters, silent

WORKERS = 2


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
    ray, pool = min(result["ray"]), min(result["pool"])
    shards = result["shards"]
    say(f"{given.megabytes} MB of demo text, {shards} input shards, {WORKERS} workers")
    say_table(
        ["seconds", "   start-up", "normalize and dedup", "    MB/s"],
        [
            (
                way,
                f"{result['start'][way]:11.1f}",
                f"{least:19.1f}",
                f"{given.megabytes / least:8.1f}",
            )
            for way, least in (("ray", ray), ("pool", pool))
        ],
    )
    say(f"through Ray it takes {ray / pool:.3f} times as long as in the pool")
    result |= {"megabytes": given.megabytes, "ray_over_pool": ray / pool}
    result |= {"before": before, "load_average_after": os.getloadavg()}
    say(orjson.dumps({"ray_overhead": result}).decode())


def measure(folder: Path, runs: int) -> dict[str, Any]:
    """Start-up of both ways, and the seconds of each run of the work."""
    ways = {"ray": through_ray, "pool": without_ray}
    sessions = {"ray": ray_session(parameters(folder, "tiny", "-").compute), "pool": pool_session()}
    start: dict[str, float] = {}
    seconds: dict[str, list[float]] = {"ray": [], "pool": []}
    with contextlib.ExitStack() as open_sessions:
        for way, session in sessions.items():
            begun = time.perf_counter()
            open_sessions.enter_context(session)
            ways[way](parameters(folder, "tiny", f"tiny-{way}"))
            start[way] = time.perf_counter() - begun
        for _ in range(runs):
            found = {way: timed(work, folder, seconds[way]) for way, work in ways.items()}
            if found["ray"] != found["pool"]:
                raise SystemExit(f"Ray and the pool disagree: {found}")
    shards = len(plan(parameters(folder, "demo", "-")))
    return {"start": start, "shards": shards, **seconds}


def timed(work: Callable[[BuildParams], Drops], folder: Path, seconds: list[float]) -> Drops:
    """What `work` finds; its duration is appended to `seconds`."""
    params = parameters(folder, "demo", "releases")
    begun = time.perf_counter()
    found = work(params)
    seconds.append(time.perf_counter() - begun)
    note(f"{work.__name__}: {seconds[-1]:.1f} s, {found.rows:,} dropped")
    shutil.rmtree(folder / "releases")
    return found


def parameters(folder: Path, demo: str, root: str) -> BuildParams:
    """A build of one of the demos into a folder of its own, a task for each delivered file."""
    given = [f"compute.workers={WORKERS}", "shards.input_bytes=1"]
    return build_parameters(folder / demo / "conf", folder / root, *given)


def through_ray(params: BuildParams) -> Drops:
    return run_dedup(params, silent).drops


def without_ray(params: BuildParams) -> Drops:
    """What `run_dedup` does, in whatever `pool_session` made of the scheduler."""
    with patch.object(marked, "map_shards", _in_pool):
        return deduplicate(
            normalize(plan(params), params, progress=silent), params, progress=silent
        )


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

"""What a build takes that has little or nothing to do, beside Ray alone.

    python -m tests.benchmarks.starting                   # builds of 1 MB, three times in turns
    python -m tests.benchmarks.starting megabytes=1000    # the second start of a larger build

Ray alone is imported, started, given one dataset of one row and stopped. Each build is the program
in a folder of its own, then the same command again. Processes are new; kernels are compiled.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson

from jobs.command.terminal import note, say, say_table
from jobs.synthesis import write_demo
from tests.benchmarks.machine import circumstances
from tests.commands import ROOT, build_arguments

_RAY = """
import logging, ray, ray.data
ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
logging.getLogger("ray.data").setLevel(logging.CRITICAL)
ray.data.DataContext.get_current().enable_progress_bars = False
print(list(ray.data.from_items([{"number": 1}]).map(lambda row: row).iter_rows()))
ray.shutdown()
"""
# A program, which says how many bytes it has asked the system to read.
_COUNTED = """
import atexit, runpy, sys
atexit.register(lambda: print(open("/proc/self/io").read().split()[1], file=sys.stderr))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
_IMPORTS = "jobs.flow.builds.pipeline"

Spent = dict[str, float]


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    megabytes, runs = int(given.get("megabytes", 1)), int(given.get("runs", 3))
    before = circumstances("ray", "numba", "pyarrow")
    rows: list[Spent] = []
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        note(f"writing {megabytes} MB of demo deliveries")
        write_demo(folder / "demo", size_bytes=megabytes * 10**6, seed=1, report=lambda _: None)
        built(folder, 0)  # which compiles what is not compiled yet
        for number in range(1, runs + 1):
            spent = {f"Ray alone, {name}": one for name, one in timed("-c", _RAY).items()}
            for what in ("build", "the same again"):
                spent |= {f"{what}, {name}": one for name, one in built(folder, number).items()}
            rows.append(spent)
        files = (folder / "demo" / "deliveries").rglob("*.*")
        delivered = sum(file.stat().st_size for file in files)
    imported = counted(_IMPORTS)
    table = [(name, *(f"{row[name]:,.1f}" for row in rows)) for name in rows[0]]
    say_table(["", *(f"run {number}" for number in range(1, runs + 1))], table)
    best = {name: min(row[name] for row in rows) for name in rows[0]}
    result: dict[str, Any] = {
        "megabytes": megabytes,
        "delivered_mb": delivered / 1e6,
        "imports_read_mb": imported["MB read"],
        "build_over_ray": best["build, seconds"] / best["Ray alone, seconds"],
        "runs": rows,
        "before": before,
        "load_average_after": os.getloadavg(),
    }
    say(orjson.dumps({"starting": result}).decode())


def built(folder: Path, number: int) -> Spent:
    return counted(*build_arguments(folder / "demo", folder / f"root-{number}"), prefix="jobs.")


def counted(program: str, *arguments: str, prefix: str = "") -> Spent:
    """Run a module; return what it spent, and the megabytes that it read itself."""
    return timed("-c", _COUNTED, prefix + program, *arguments)


def timed(*arguments: str) -> Spent:
    """Run Python; return its seconds, its CPU seconds with its children's, and what it printed."""
    used, began = _cpu_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    spent = {"seconds": time.perf_counter() - began, "CPU seconds": _cpu_seconds() - used}
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    last = done.stderr.split()[-1:]
    return spent | ({"MB read": int(last[0]) / 1e6} if last and last[0].isdigit() else {})


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

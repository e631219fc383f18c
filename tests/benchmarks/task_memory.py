"""Peak memory of the tasks of a build, of each stage in a process of its own, at given sizes.

    python -m tests.benchmarks.task_memory megabytes=600 [shards.run_bytes=…]

`jobs/flow/builds/machine.py` has its coefficients from here. Each stage runs all its tasks, one
after the other in one process, as a worker does; the peak is of the largest of them.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
from pathlib import Path

from jobs.corpus.model.reasons import Stage
from jobs.flow.builds import pipeline
from jobs.synthesis import write_demo
from tests.builds import build_parameters, in_this_process, silent

_MEGABYTE = 1 << 20


def _peak(conf: Path, root: Path, last: Stage, overrides: list[str]) -> None:
    with in_this_process():
        params = build_parameters(conf, root, *overrides)
        build = pipeline._run(params, silent, last=last)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows = sum(shard.delivered for shard in build.shards)
    sys.stdout.write(f"{last:<18} {peak:>6,} MiB  {rows:,} rows\n")


def main() -> None:
    """Write a demo of so many megabytes and build it, stage by stage."""
    megabytes = next(int(one.partition("=")[2]) for one in sys.argv[1:] if "megabytes" in one)
    overrides = [one for one in sys.argv[1:] if "megabytes" not in one]
    with tempfile.TemporaryDirectory(prefix="heliu-memory-") as folder:
        out = Path(folder) / "demo"
        write_demo(out, size_bytes=megabytes * _MEGABYTE, seed=1, report=lambda _done: None)
        for last in (Stage.NORMALIZE, Stage.BOILERPLATE, Stage.DEDUP, Stage.MERGE):
            arguments = (out / "conf", Path(folder) / "root", last, overrides)
            one = multiprocessing.get_context("spawn").Process(target=_peak, args=arguments)
            one.start()
            one.join()


if __name__ == "__main__":
    main()

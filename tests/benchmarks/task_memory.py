"""Peak memory of the tasks of a build, of each stage in a process of its own, at two sizes.

    python -m tests.benchmarks.task_memory megabytes=100

`jobs/flow/builds/machine.py` has its coefficients from here. Each stage runs all its tasks, one
after the other in one process, as a worker does; the peak is of the largest of them. What the
larger size takes more, for each byte of the difference, is what is held of a byte.
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
_SIZES = ({"run": 16, "release": 8}, {"run": 64, "release": 32})  # MiB


def _peak(conf: Path, root: Path, last: Stage, sizes: dict[str, int]) -> None:
    overrides = [f"shards.{name}_bytes={size * _MEGABYTE}" for name, size in sizes.items()]
    with in_this_process():
        build = pipeline._run(build_parameters(conf, root, *overrides), silent, last=last)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows = sum(shard.delivered for shard in build.shards)
    sys.stdout.write(f"{last:<12} {sizes} MiB: {peak:,} MiB, {rows:,} rows\n")
    sys.stdout.flush()


def main() -> None:
    """Write a demo of so many megabytes and build it, stage by stage."""
    megabytes = int(sys.argv[1].removeprefix("megabytes="))
    with tempfile.TemporaryDirectory(prefix="heliu-memory-") as folder:
        out = Path(folder) / "demo"
        write_demo(out, size_bytes=megabytes * _MEGABYTE, seed=1, report=lambda _done: None)
        for number, sizes in enumerate(_SIZES):
            root = Path(folder) / f"root-{number}"
            for last in (Stage.NORMALIZE, Stage.BOILERPLATE, Stage.DEDUP, Stage.MERGE):
                arguments = (out / "conf", root, last, sizes)
                one = multiprocessing.get_context("spawn").Process(target=_peak, args=arguments)
                one.start()
                one.join()


if __name__ == "__main__":
    main()

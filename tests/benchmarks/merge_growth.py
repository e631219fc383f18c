"""Time of merge, at the shape of some gigabytes, shrunk: it doubles when the corpus doubles.

    python -m tests.benchmarks.merge_growth               # 167, 335 and 670 input shards
    python -m tests.benchmarks.merge_growth shards=84,167

Sizes are divided by 1,024: input shards of 64 KiB, runs of 128 KiB, release shards of 256 KiB.
Every task runs, in two processes. Before releases were sorted by section, merge took 39 s of 167
input shards and 138 s of 335 so, on two cores.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import orjson

from jobs.command.terminal import say, say_table
from tests.benchmarks.machine import circumstances
from tests.benchmarks.rehearsal import rehearse

_SHRINK = 1024
_SHARD_BYTES = 64 << 20  # of text
_HEADER = ("input shards", "ranges", "runs read", "CPU seconds", "seconds")
_WORKERS = 2


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    wanted = [int(number) for number in given.get("shards", "167,335,670").split(",")]
    before = circumstances("numba", "pyarrow")
    found = [grown(shards) for shards in wanted]
    say_table(_HEADER, [[f"{value:,}" for value in row] for row in found])
    result = {"rows": [dict(zip(_HEADER, row, strict=True)) for row in found], "before": before}
    say(orjson.dumps({**result, "load_average_after": os.getloadavg()}).decode())


def grown(shards: int) -> tuple[float, ...]:
    """Build a corpus of so many input shards; return the row of its merge."""
    gigabytes = shards * _SHARD_BYTES / 1e9
    of_build = {"factor": _SHRINK, "workers": _WORKERS, "is_cloning": False}
    with tempfile.TemporaryDirectory(prefix="heliu-merge-") as folder:
        built = rehearse(Path(folder) / "build", gigabytes, **of_build)
    merge, normalize = built.stages["merge"], built.stages["normalize"]
    read = built.slices * 4  # a section is read by four ranges
    spent = round(merge.cpu_seconds, 1), round(merge.seconds, 1)
    return normalize.tasks, merge.tasks, read, *spent


if __name__ == "__main__":
    main()

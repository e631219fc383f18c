"""The signals of real text: MB per CPU second as a whole and per kernel, and seconds to compile.

    python -m tests.benchmarks.signals

HELIU_REAL_DATA names a folder with real text in `bulk/*.jsonl.zst`; without it the demo's is used.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

import orjson
import pyarrow as pa

from jobs.command.conf_files import conf_folder
from jobs.command.parameters import keyword_lists
from jobs.command.terminal import say, say_table
from jobs.corpus.signals.signals import signals
from tests.benchmarks.machine import circumstances, least_seconds
from tests.benchmarks.texts import sample, size_of

_FIRST_CALL = """
import time, pyarrow as pa
from tests.benchmarks.signals import PARAMS, signals
start = time.process_time()
signals(pa.array(["他来自江南。"], pa.large_string()), params=PARAMS)
print(time.process_time() - start)
"""
PARAMS = keyword_lists(str(conf_folder() / "keywords"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=32)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--compile", action="store_true", help="also from an empty cache: minutes")
    given = options.parse_args()
    before = circumstances("numba", "numpy", "pyarrow")
    what, texts = sample(given.megabytes * 10**6)
    kinds = {
        f"{what}, as it comes": texts,
        "its first 1,000 characters each": [text[:1000] for text in texts],
        "one text of all": ["\n".join(texts)],
        "one line of it, repeated": ["上一篇：关于春节放假的通知\n" * (given.megabytes * 25_000)],
    }
    columns = {kind: pa.array(some, pa.large_string()) for kind, some in kinds.items()}
    signals(columns["one line of it, repeated"][:0], params=PARAMS)  # compiled before it is timed
    seconds = least_seconds(
        {
            kind: lambda column=column: signals(column, params=PARAMS)
            for kind, column in columns.items()
        },
        given.runs,
    )
    speeds = {kind: size_of(some) / 1e6 / seconds[kind] for kind, some in kinds.items()}
    rows = [(kind, len(some), speeds[kind]) for kind, some in kinds.items()]
    say_table(["one core", "documents", "MB/CPU s"], rows)
    result = {"bytes": size_of(texts), "mb_per_cpu_s": speeds, "before": before}
    result |= {"first_call_s": first_call(os.environ)}
    if given.compile:
        with tempfile.TemporaryDirectory(prefix="heliu-") as cache:
            result |= {"compile_s": first_call({**os.environ, "NUMBA_CACHE_DIR": cache})}
    say(orjson.dumps({"signals": result}).decode())


def first_call(environment: os._Environ[str] | dict[str, str]) -> float:
    """CPU seconds of the first call in a new process: loading kernels, or compiling them."""
    command = [sys.executable, "-c", _FIRST_CALL]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return round(float(done.stdout), 2)


if __name__ == "__main__":
    main()

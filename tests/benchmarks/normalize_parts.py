"""What each part of normalize costs: CPU milliseconds per 100 MB of text, without the parts in it.

    python -m tests.benchmarks.normalize_parts --megabytes 30

One process with one thread and without Ray reads one jsonl.zst file of the demo's rows as
delivered, several times; of each part the least time counts. What no part has is reading.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from jobs.command.terminal import say
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.intake.plan import plan
from tests.benchmarks.machine import circumstances
from tests.benchmarks.normalize import demo_rows, write_rows
from tests.benchmarks.peers.heliu_normalize import TINY, parameters

PARTS = {
    "jobs.flow.builds.normalize_stage": "documents facts page_ends write_edges write_run",
    "jobs.flow.builds.run_files": "write_table",
    "jobs.corpus.normalize.documents": (
        "repaired _title _fields _identity _languages without_repeated_lines signals"
    ),
    "jobs.corpus.normalize.facts": ("canonical title_keys signatures text_hashes record_hashes"),
    "jobs.corpus.repair.normalization": "scan",
    "jobs.corpus.text.canonical": "without_page_furniture",
    "jobs.corpus.removal.site_boilerplate": "edge_lines has_furniture",
}
"""Functions, by the module that calls them."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=int, default=30)
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    spent: Counter[str] = Counter()
    inner: list[float] = []
    for module, names in PARTS.items():
        for name in names.split():
            _measure(module, name, spent, inner)
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        file = folder / "delivered" / "rows.jsonl.zst"
        size = write_rows(file, demo_rows(folder, given.megabytes))
        tiny = folder / "tiny.jsonl"
        tiny.write_text(TINY, encoding="utf-8")
        _run(folder / "tiny", tiny, spent)
        runs = [_run(folder / f"run-{number}", file, spent) for number in range(given.runs)]
    least = {part: min(run[part] for run in runs) for part in sorted(runs[0])}
    cost = {part: round(seconds * 1e11 / size) for part, seconds in least.items()}
    for part, milliseconds in sorted(cost.items(), key=lambda item: -item[1]):
        say(f"{milliseconds:8,}  {part}")
    result = {"megabytes": size / 1e6, "milliseconds": cost}
    say(orjson.dumps(result | circumstances("numba", "numpy", "pyarrow")).decode())


def _measure(module: str, name: str, spent: Counter[str], inner: list[float]) -> None:
    """Have a function add its CPU seconds, less those of parts in it, to `spent`."""
    owner = importlib.import_module(module)
    function: Callable[..., Any] = getattr(owner, name)

    def measured(*args: Any, **named: Any) -> Any:
        start = time.process_time()
        inner.append(0.0)
        result = function(*args, **named)
        taken = time.process_time() - start
        spent[name.strip("_")] += taken - inner.pop()
        if inner:
            inner[-1] += taken
        return result

    setattr(owner, name, measured)


def _run(folder: Path, file: Path, spent: Counter[str]) -> Counter[str]:
    """Normalize one file; return the CPU seconds of each part, and of all."""
    spent.clear()
    params = parameters(folder, file)
    shards = list(plan(params))
    start = time.process_time()
    for shard in shards:
        normalize_shard(shard, params=params)
    whole = time.process_time() - start
    return spent + Counter({"reading": whole - spent.total(), "all": whole})


if __name__ == "__main__":
    main()

"""Heliu's whole build of one jsonl.zst file, in one process, without Ray; CPU seconds by stage."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from jobs.flow.builds.pipeline import run_build
from jobs.flow.params import BuildParams
from tests.benchmarks.peers import task
from tests.benchmarks.peers.heliu_normalize import TINY, parameters
from tests.builds import ABOUT, in_this_process


def built(params: BuildParams) -> tuple[dict[str, Any], dict[str, float]]:
    """What the release says of its one partner, and the CPU seconds of each stage."""
    seconds: Counter[str] = Counter()
    last = time.process_time()

    def progress(label: str, *_: object) -> None:
        nonlocal last
        seconds[label.split(":", maxsplit=1)[0]] += (now := time.process_time()) - last
        last = now

    release = run_build(params, progress, commit_info=ABOUT)
    seconds["publish"] += time.process_time() - last
    (account,) = release.manifest["partners"].values()
    return account, dict(seconds)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="heliu-") as name, in_this_process():
        folder = Path(name)
        tiny = folder / "tiny.jsonl"
        tiny.write_text(TINY, encoding="utf-8")
        built(parameters(folder / "tiny", tiny))  # loads what is compiled
        wall, used = time.perf_counter(), time.process_time()
        account, stages = built(parameters(folder / "whole", Path(sys.argv[1])))
        wall, used = time.perf_counter() - wall, time.process_time() - used
    task.report(
        seconds=wall,
        cpu_seconds=used,
        documents=account["delivered"],
        kept=account["kept"],
        stages=stages,
    )


if __name__ == "__main__":
    main()

"""Heliu's normalize task on one jsonl.zst file, in one process, without Ray."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from tests.benchmarks.peers import task
from tests.builds import build_parameters, write_partner

TINY = (
    '{"id":"1","title":"通知","text":"各区县人民政府：现将有关事项通知如下，请认真贯彻执行。",'
    '"url":"https://gov.example/1.html","published":"2020-01-02"}\n'
)


def parameters(folder: Path, file: Path) -> BuildParams:
    """A build of one partner who delivered one file."""
    columns = "{id: id, title: title, text: text, url: url, published: published}"
    write_partner(
        folder,
        "甲",
        f'priority: 1\ndeliveries: "{file}"\nformat: jsonl\ncolumns: {columns}\nlicence: CC0',
    )
    return build_parameters(folder, folder / "releases", "partners=[甲]", "shards.input_bytes=1")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        folder = Path(name)
        tiny = folder / "tiny.jsonl"
        tiny.write_text(TINY, encoding="utf-8")
        params = parameters(folder / "tiny", tiny)
        normalize_shard(plan(params)[0], params=params)  # loads what is compiled
        params = parameters(folder / "whole", Path(sys.argv[1]))
        wall, used = time.perf_counter(), time.process_time()
        markers = [normalize_shard(shard, params=params) for shard in plan(params)]
        wall, used = time.perf_counter() - wall, time.process_time() - used
    delivered = sum(marker["delivered"] for marker in markers)
    rejected = sum(count for marker in markers for _, _, count in marker["rejected"])
    task.report(seconds=wall, cpu_seconds=used, documents=delivered, kept=delivered - rejected)


if __name__ == "__main__":
    main()

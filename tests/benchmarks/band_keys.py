"""The middle of deduplication at scale: band keys cut, met in buckets, united, grouped.

    python -m tests.benchmarks.band_keys documents=10000000 workers=2 folder=/tmp

Makes the keys of that many documents without any text and runs the tasks of a real build on a
local Ray. Making keys is not counted. Needs about 150 bytes of disk per document in FOLDER.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from jobs.flow import grouping
from jobs.flow.marked import Marked, Marker, Task, map_marked
from jobs.flow.params import BuildParams
from jobs.on_ray.session import ray_session
from jobs.storage.stores import open_store
from tests.benchmarks.key_files import BANDS, strays, write_key_files
from tests.benchmarks.process_memory import PeakMemory
from tests.builds import build_parameters, silent, write_partner

PARTNER = "format: jsonl\nlicence: none\npriority: 1\ndeliveries: /nowhere"


class Bench:
    """Runs phases of tasks and notes the wall time and the peak memory of each."""

    def __init__(self, params: BuildParams, memory: PeakMemory) -> None:
        self.params, self.memory = params, memory
        self.phases: dict[str, dict[str, float]] = {}

    def phase(self, name: str, task: Task, work: list[Marked[Any]]) -> list[Marker]:
        self.memory.take()
        began = time.perf_counter()
        markers = map_marked(task, work, params=self.params, label=name, progress=silent)
        self.phases[name] = {
            "seconds": time.perf_counter() - began,
            "peak_bytes": self.memory.take(),
            "tasks": len(work),
        }
        return markers


def run(documents: int, bench: Bench) -> dict[str, Any]:
    place = grouping.Place(bench.params.corpus, "benchmark")
    pieces = 1 + documents * (BANDS + 1) // grouping.PARTITION_WORDS
    cut = grouping.Cut(documents, pieces)
    each = bench.params.shards.group_documents
    batches = [(n, min(each, documents - n)) for n in range(0, documents, each)]
    keys = bench.phase(
        "make keys and cut them",
        write_key_files,
        [
            Marked(place.at(f"k-{n}.json"), (place.at(f"k-{n}"), n, some, documents, pieces))
            for n, some in batches
        ],
    )
    files = tuple(marker["file"] for marker in keys)
    edges = bench.phase(
        "buckets",
        grouping._write_edges,
        [Marked(place.at(f"edges-{p}.json"), (place, p, files, cut)) for p in range(pieces)],
    )
    edge_files = tuple(marker["edges"] for marker in [*keys, *edges])
    grouped = bench.phase(
        "components",
        grouping._write_grouped,
        [Marked(place.at("grouped.json"), (place, edge_files, cut))],
    )[0]
    return {
        "words_exchanged": sum(marker["words"] for marker in keys),
        "edges_told_by_cutting": sum(marker["told"] for marker in keys),
        "cut_seconds_of_tasks": sum(marker["cut_seconds"] for marker in keys),
        "cut_store_seconds_of_tasks": sum(marker["store_seconds"] for marker in keys),
        **outcome(bench.params, grouped, edge_files, place),
    }


def outcome(
    params: BuildParams, marker: Marker, edge_files: tuple[str, ...], place: Any
) -> dict[str, Any]:
    store = open_store(params.storage)
    grouped = np.fromfile(store.location(marker["file"]), np.int32)
    edges_bytes = sum(store.size(file) or 0 for file in edge_files)
    sizes = np.bincount(grouped[grouped >= 0], minlength=1)
    names = (info.size_bytes for info in store.list(place.at("")))
    return {
        "edges": edges_bytes // 8,
        "documents_that_meet": int(sizes.sum()),
        "groups": marker["groups"],
        "largest_group": int(sizes.max()),
        "exact_copies_astray": int(strays(grouped)),
        "stored_bytes": sum(names),
    }


def main(documents: int = 1_000_000, workers: int = 2, folder: str = "/tmp") -> None:  # noqa: S108
    root = Path(tempfile.mkdtemp(prefix="heliu-benchmark-", dir=folder))
    load = os.getloadavg()[0]
    try:
        write_partner(root / "conf", "nobody", PARTNER)
        overrides = ("partners=[nobody]", f"compute.workers={workers}", f"minhash.bands={BANDS}")
        params = build_parameters(root / "conf", root / "store", *overrides)
        with ray_session(params.compute), PeakMemory(os.getpid(), every_seconds=0.5) as memory:
            bench = Bench(params, memory)
            found = run(documents, bench)
    finally:
        shutil.rmtree(root)
    report(documents, workers, bench.phases, {**found, "load_before": load})


def report(
    documents: int, workers: int, phases: dict[str, dict[str, float]], found: dict[str, Any]
) -> None:
    made = phases["make keys and cut them"]
    cut = (found["cut_seconds_of_tasks"] + found["cut_store_seconds_of_tasks"]) / workers
    counted = {"cutting": {**made, "seconds": cut}, **phases}
    del counted["make keys and cut them"]
    total = sum(phase["seconds"] for phase in counted.values())
    keys = documents * (BANDS + 1)
    lines = [f"{'phase':<12}{'seconds':>10}{'M keys/s':>10}{'peak MiB':>10}{'tasks':>7}"]
    lines += [
        f"{name:<12}{phase['seconds']:>10.1f}{keys / phase['seconds'] / 1e6:>10.1f}"
        f"{phase['peak_bytes'] / 2**20:>10.0f}{phase['tasks']:>7.0f}"
        for name, phase in counted.items()
    ]
    lines.append(f"{'all':<12}{total:>10.1f}{keys / total / 1e6:>10.1f}")
    whole = {"documents": documents, "workers": workers, "seconds": total, **found, **phases}
    sys.stdout.write("\n".join([*lines, json.dumps(whole), ""]))


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    main(
        documents=int(given.get("documents", 1_000_000)),
        workers=int(given.get("workers", 2)),
        folder=given.get("folder", tempfile.gettempdir()),
    )

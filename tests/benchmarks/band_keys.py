"""Deduplication at scale: band keys, buckets, components, groups, and all decisions.

    python -m tests.benchmarks.band_keys documents=10000000 workers=2 folder=/tmp

Makes the facts of that many documents without any text and runs the tasks of a real build on a
local Ray. Making facts is not in the seconds, but in the CPU seconds. Needs about 420 bytes of disk
per document in FOLDER. With `compare=10000000` that many documents are run first, and the growth
from there is printed.
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
import pyarrow.parquet as pq

from jobs.flow.dedup import candidate_groups
from jobs.flow.dedup.candidates import PARTITION_KEYS, Partitioning, WorkFolder
from jobs.flow.dedup.dedup_stage import decide_candidates
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import Checkpoint, CheckpointedTask, map_checkpointed
from jobs.on_ray.session import ray_session
from jobs.storage.stores import open_store
from tests.benchmarks.made_documents import BANDS, strays, write_candidate_files, write_key_files
from tests.benchmarks.process_memory import PeakMemory
from tests.builds import build_parameters, write_partner

PARTNER = "format: jsonl\nlicence: none\npriority: 1\ndeliveries: /nowhere"
MADE = ("keys", "candidates")  # phases that make facts, which only their tasks can subtract


class Phases:
    """Wall and CPU time, peak memory and tasks of each phase, as progress reports them."""

    def __init__(self, memory: PeakMemory) -> None:
        self.memory, self.last, self.used = memory, time.perf_counter(), 0.0
        self.found: dict[str, dict[str, float]] = {}

    def progress(self, label: str, done: int, total: int, *_: object) -> None:
        now, used = time.perf_counter(), self.memory.cpu_seconds()
        name = label.removeprefix("dedup: ")
        phase = self.found.setdefault(
            name, {"seconds": 0.0, "cpu": 0.0, "peak_bytes": 0, "tasks": 0}
        )
        phase["seconds"] += now - self.last
        phase["cpu"] += used - self.used
        phase["peak_bytes"] = max(phase["peak_bytes"], self.memory.take())
        phase["tasks"] += total if done == 0 else 0
        self.last, self.used = now, used


def run(documents: int, params: BuildParams, phases: Phases) -> dict[str, Any]:
    folder = WorkFolder(params.corpus, f"benchmark-{documents}")
    store = open_store(params.storage)
    partitions = 1 + documents * (BANDS + 1) // PARTITION_KEYS
    by = Partitioning(documents, first_frozen=documents, partitions=partitions)
    each = params.shards.group_documents
    batches = [(n, min(each, documents - n)) for n in range(0, documents, each)]
    keys = map_checkpointed(
        write_key_files,
        [
            CheckpointedTask(
                folder.at(f"k-{n}.json"), (folder.at(f"k-{n}"), n, some, documents, partitions)
            )
            for n, some in batches
        ],
        params=params,
        label="keys",
        progress=phases.progress,
    )
    grouped = candidate_groups.group_components(keys, by, folder, params, progress=phases.progress)
    exchanged = stored_bytes(params, folder)
    for checkpoint in keys:  # a build leaves them; here they are deleted to free disk space
        store.delete(checkpoint["file"])
        store.delete(checkpoint["edges"])
    made = map_checkpointed(
        write_candidate_files,
        [
            CheckpointedTask(
                folder.at(f"m-{n}.json"), (folder.at(f"m-{n}.arrow"), n, some, grouped["file"])
            )
            for n, some in batches
        ],
        params=params,
        label="candidates",
        progress=phases.progress,
    )
    phases.found["keys"]["made_seconds"] = task_seconds(keys, params)
    phases.found["candidates"]["made_seconds"] = task_seconds(made, params)
    candidates = candidate_groups.candidate_groups(made, grouped, each)
    drops = decide_candidates(candidates, by, folder, params, progress=phases.progress)
    sizes = np.array(list(candidates.sizes.values()))
    files = [store.location(checkpoint["file"]) for checkpoint in drops]
    return {
        "keys_exchanged": sum(checkpoint["keys"] for checkpoint in keys),
        "edges_of_keys_tasks": sum(checkpoint["edge_count"] for checkpoint in keys),
        "candidates": int(sizes.sum()),
        "groups": len(sizes),
        "largest_group": int(sizes.max()),
        "oversized_groups": len(candidates.oversized),
        "drops": sum(checkpoint["rows"] for checkpoint in drops),
        "dropped_twice": dropped_twice(files, documents),
        "exact_copies_astray": int(strays(np.fromfile(store.location(grouped["file"]), np.int32))),
        "stored_bytes": max(exchanged, stored_bytes(params, folder)),
    }


def task_seconds(checkpoints: list[Checkpoint], params: BuildParams) -> float:
    return sum(checkpoint["seconds"] for checkpoint in checkpoints) / (params.compute.workers or 1)


def stored_bytes(params: BuildParams, folder: WorkFolder) -> int:
    return sum(info.size_bytes for info in open_store(params.storage).list(folder.at("")))


def dropped_twice(files: list[str], documents: int) -> int:
    times = np.zeros(documents, np.uint8)
    for file in files:
        np.add.at(times, pq.read_table(file, columns=["ordinal"])["ordinal"].to_numpy(), 1)
    return int((times > 1).sum())


def measured(documents: int, workers: int, folder: str, group_documents: int) -> dict[str, Any]:
    root = Path(tempfile.mkdtemp(prefix="heliu-benchmark-", dir=folder))
    load = os.getloadavg()[0]
    try:
        write_partner(root / "conf", "empty", PARTNER)
        overrides = ("partners=[empty]", f"compute.workers={workers}", f"minhash.bands={BANDS}")
        overrides += (f"shards.group_documents={group_documents}",)
        params = build_parameters(root / "conf", root / "store", *overrides)
        with ray_session(), PeakMemory(os.getpid(), every_seconds=0.5) as memory:
            phases = Phases(memory)
            found = run(documents, params, phases)
    finally:
        shutil.rmtree(root)
    for name in MADE:
        phases.found[name]["seconds"] = phases.found[name].pop("made_seconds")
    seconds = sum(phase["seconds"] for phase in phases.found.values())
    return {"seconds": seconds, "load_before": load, **found, "phases": phases.found}


def report(documents: int, workers: int, whole: dict[str, Any]) -> None:
    lines = [f"{documents:,} documents, {workers} workers"]
    lines.append(
        f"{'phase':<16}{'seconds':>10}{'CPU s':>10}{'M docs/s':>10}{'peak MiB':>10}{'tasks':>7}"
    )
    lines += [
        f"{name:<16}{phase['seconds']:>10.1f}{phase['cpu']:>10.1f}"
        f"{documents / phase['seconds'] / 1e6:>10.2f}"
        f"{phase['peak_bytes'] / 2**20:>10.0f}{phase['tasks']:>10.0f}"
        for name, phase in whole["phases"].items()
    ]
    speed, cpu = documents / whole["seconds"] / 1e6, sum(p["cpu"] for p in whole["phases"].values())
    lines.append(f"{'all':<16}{whole['seconds']:>10.1f}{cpu:>10.1f}{speed:>10.2f}")
    lines.append(json.dumps({"documents": documents, "workers": workers, **whole}))
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    folder, workers = given.get("folder", tempfile.gettempdir()), int(given.get("workers", 2))
    group_documents = int(given.get("group_documents", 500_000))
    counts = [int(given[name]) for name in ("compare", "documents") if name in given]
    seconds = []
    for documents in counts or [1_000_000]:
        whole = measured(documents, workers, folder, group_documents)
        report(documents, workers, whole)
        seconds.append(whole["seconds"])
    if len(seconds) == 2:
        times = f"{counts[1] / counts[0]:.1f} times the documents"
        sys.stdout.write(f"{times}: {seconds[1] / seconds[0]:.1f} times the seconds\n")


if __name__ == "__main__":
    main()

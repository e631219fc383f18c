"""Corpora that are awkward to decide: a bucket, a component, a family of very many documents.

    python -m tests.benchmarks.awkward documents=1000000 group_documents=100000 folder=/tmp

Each runs the decisions of a real build in one process, without Ray, in groups of that size; text
is made for exact similarities only, of a tenth as many documents. Prints CPU seconds and peak
memory.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa

from jobs.flow.dedup.candidates import CandidateGroups, Partitioning
from jobs.flow.dedup.dedup_stage import decide_candidates
from jobs.flow.params import BuildParams
from jobs.flow.tasks.exchange import write_groups
from jobs.storage.stores import open_store
from tests.builds import in_this_process
from tests.candidates import FOLDER, parameters, signed

FILES = 10
HAN = np.array([chr(0x4E00 + n) for n in range(3000)])


def hot_bucket(count: int, random: np.random.Generator) -> np.ndarray:
    """All share one band and nothing else."""
    signatures = random.integers(0, 2**32, (count, 128), dtype=np.uint32)
    signatures[:, 8:16] = 7
    return signatures


def component(count: int, random: np.random.Generator) -> np.ndarray:
    """A chain: each differs from the one before it in one value of sixteen."""
    changes = random.random((count, 128)) < 1 / 16
    last = np.maximum.accumulate(np.where(changes, np.arange(count)[:, None], 0), axis=0)
    place = (last * 128 + np.arange(128)).astype(np.uint64)
    return ((place * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)).astype(np.uint32)


def one_text(count: int, random: np.random.Generator) -> np.ndarray:
    """Everything is a duplicate."""
    return np.broadcast_to(random.integers(0, 2**32, 128, dtype=np.uint32), (count, 128)).copy()


def forms(count: int, random: np.random.Generator) -> list[str]:
    """A form of 300 characters with 120 others filled in: all share one band."""
    form = "".join(random.choice(HAN, 300))
    return [form + "".join(random.choice(HAN, 120)) for _ in range(count)]


CASES = {
    "hot_bucket": hot_bucket,
    "component": component,
    "one_text": one_text,
    "exact_forms": hot_bucket,
}


def parameters_of(name: str, most: int, root: str) -> BuildParams:
    exact = ("minhash.verify=exact",) if name == "exact_forms" else ()
    return parameters(Path(root), *exact, f"shards.group_documents={most}")


def prepare(name: str, count: int, most: int, root: str) -> None:
    """Write the documents, shuffled, as the candidates tasks would."""
    random = np.random.default_rng(1)
    store = open_store(parameters_of(name, most, root).storage)
    ranked = signed(CASES[name](count, random), seed=1)
    if name == "exact_forms":
        ranked = ranked.append_column("canonical", pa.array(forms(count, random), "large_string"))
    shuffled = random.permutation(count)
    for n in range(FILES):
        rows = ranked.take(pa.array(shuffled[n::FILES]))
        write_groups(store, FOLDER.at("made", f"{n}.arrow"), rows, np.zeros(len(rows), np.int32))


def decide(name: str, count: int, most: int, root: str) -> None:
    """Decide them, and say what it took."""
    params = parameters_of(name, most, root)
    steps: Counter[str] = Counter()
    last = began = time.process_time()

    def progress(label: str, *_: object) -> None:
        nonlocal last
        steps[label.removeprefix("dedup: ")] += (now := time.process_time()) - last
        last = now

    made = open_store(params.storage).list(FOLDER.at("made/"))
    candidates = CandidateGroups(tuple(info.key for info in made), {0: count}, most)
    with in_this_process():
        by = Partitioning(count, first_frozen=count, partitions=1)
        checkpoints = decide_candidates(candidates, by, FOLDER, params, progress=progress)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    drops = sum(checkpoint["rows"] for checkpoint in checkpoints)
    parts = ", ".join(f"{label} {seconds:.1f}" for label, seconds in steps.items())
    sys.stdout.write(
        f"{name:<12}{count:>10,}{time.process_time() - began:>8.1f} CPU s{peak:>8,.0f} MiB"
        f"{drops:>10,} dropped  ({parts})\n"
    )


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    count, most = int(given.get("documents", 1_000_000)), int(given.get("group_documents", 100_000))
    context = multiprocessing.get_context("spawn")
    for name in given.get("cases", ",".join(CASES)).split(","):
        many = count // 10 if name == "exact_forms" else count
        with tempfile.TemporaryDirectory(dir=given.get("folder")) as root:
            for step in (prepare, decide):  # each in its own process, so that peaks are its own
                process = context.Process(target=step, args=(name, many, most, root))
                process.start()
                process.join()


if __name__ == "__main__":
    main()

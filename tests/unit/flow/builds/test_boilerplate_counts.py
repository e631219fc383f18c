"""Counting for site boilerplate: what a batch is given, and how many reads that takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.corpus.removal.line_keys import Keys
from jobs.corpus.removal.site_boilerplate import (
    BATCH_BITS,
    EDGE_KEY,
    EDGE_TEXT,
    KeyCounts,
    count_keys,
    unique_pairs,
)
from jobs.flow.builds import boilerplate_counts
from jobs.flow.builds.boilerplate_counts import count_edges, read_counts
from jobs.flow.builds.run_files import EDGE_PARTITIONS, read_edges, write_edges
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.storage.stores import open_store
from tests.builds import build_parameters, silent, write_partner

PARTNER = "deliveries: {folder}\nformat: jsonl\nlicence: CC0-1.0\npriority: 1\n"
BATCH_RUNS = 4
SIZES = {"BATCH_RUNS": BATCH_RUNS, "GROUP_BATCHES": 8, "GROUP_SPANS": 8, "TASK_PAIRS": 8000}
ROWS = 40  # keys of each run


@pytest.fixture
def params(tmp_path: Path) -> BuildParams:
    write_partner(tmp_path, "gov", PARTNER.format(folder=tmp_path))
    given = ("partners=[gov]", "paragraphs.min_documents=4")
    return build_parameters(tmp_path, tmp_path / "root", *given)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Runs tasks here; counts what they read of files, by what is done."""
    counts: Counter[str] = Counter()
    doing = ""

    def counting(read: Any) -> Any:
        def counted(*given: Any, **named: Any) -> Any:
            counts[doing] += 1
            return read(*given, **named)

        return counted

    def run(task: Any, specs: Any, *, label: str, **_: Any) -> Iterator[Any]:
        nonlocal doing
        doing = label.partition(": ")[2]
        yield from map(task, specs)
        doing = ""

    monkeypatch.setattr("jobs.flow.tasks.checkpoints.map_shards", run)
    for name in ("read_span", "read_edges"):
        monkeypatch.setattr(boilerplate_counts, name, counting(getattr(boilerplate_counts, name)))
    for name, value in SIZES.items():
        monkeypatch.setattr(boilerplate_counts, name, value)
    return counts


def at(*names: str) -> str:
    return "/".join(("corpus", "work", "counts", *names))


def written(params: BuildParams, runs: int) -> tuple[list[NormalizedShard], list[Keys]]:
    """Write the edges of shards of one run each, with keys that few or many of them have."""
    rng, store = np.random.default_rng(7), open_store(params.storage)
    shards, edges = [], []
    for number in range(runs):
        keys = rng.integers(1, 15 * runs, ROWS).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        texts = rng.integers(1, ROWS * runs, ROWS).astype(np.uint64) << np.uint64(BATCH_BITS)
        edges.append(unique_pairs(np.stack([keys & EDGE_KEY, texts], 1)))
        key = write_edges(store, at(f"normalized-{number}", "edges.bin"), edges[-1])
        run = Run("", "", "", edges_key=key)
        shards.append(NormalizedShard("gov", str(number), (run,), ROWS, (), 0, 0))
    return shards, edges


def counted(shards: list[NormalizedShard], params: BuildParams) -> list[KeyCounts]:
    parts = count_edges(shards, at, params, progress=silent)
    return [read_counts(open_store(params.storage), part) for part in parts]


@pytest.mark.parametrize("bound", ["runs", "documents"])
@pytest.mark.parametrize(("runs", "few"), [(1, 128), (4, 128), (30, 128), (30, 2), (90, 2)])
def test_batch_is_given_the_counts_of_its_keys(
    params: BuildParams,
    monkeypatch: pytest.MonkeyPatch,
    reads: Counter[str],
    runs: int,
    few: int,
    bound: str,
) -> None:
    monkeypatch.setattr(boilerplate_counts, "FEW_BATCHES", few)
    if bound == "documents":
        monkeypatch.setattr(boilerplate_counts, "BATCH_RUNS", 10 * runs)
        monkeypatch.setattr(boilerplate_counts, "BATCH_DOCUMENTS", BATCH_RUNS * ROWS)
    shards, edges = written(params, runs)
    expected = count_keys(np.concatenate(edges), least=4)
    assert runs == 1 or len(expected.keys) > 10
    found = counted(shards, params)
    for number in range(runs):
        first = number // BATCH_RUNS * BATCH_RUNS
        keys = np.concatenate(edges[first : first + BATCH_RUNS])[:, 0]
        has = np.isin(expected.keys, keys)
        assert found[number].keys.tolist() == expected.keys[has].tolist()
        assert found[number].documents.tolist() == expected.documents[has].tolist()
    assert ("gather-groups" in reads) == (runs > few * BATCH_RUNS)


def test_reads_of_many_batches_grow_as_the_corpus(
    params: BuildParams,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reads: Counter[str],
) -> None:
    monkeypatch.setattr(boilerplate_counts, "FEW_BATCHES", 2)
    found = []
    for runs in (128, 256):
        of_runs = replace(params, storage=replace(params.storage, root=f"{tmp_path}/{runs}"))
        shards, _ = written(of_runs, runs)
        reads.clear()
        counted(shards, of_runs)
        found.append(reads.copy())
    assert {"gather-groups", "count", "distribute"} < set(found[0])
    assert found[1].total() < 2.3 * found[0].total(), found


def test_an_edge_takes_twelve_bytes(params: BuildParams) -> None:
    rng, store = np.random.default_rng(3), open_store(params.storage)
    ends = np.array([[0, 0], [2**64 - 1, 2**64 - 1], [2**52, 1]], np.uint64)
    pairs = np.concatenate([ends, rng.integers(0, 2**64, (20_000, 2), np.uint64)])
    pairs = unique_pairs(pairs & np.array([EDGE_KEY, EDGE_TEXT], np.uint64))
    key = write_edges(store, at("normalized", "edges.bin"), pairs)
    size = Path(store.location(key)).stat().st_size - 8 * (EDGE_PARTITIONS + 1)
    assert size < 12.1 * len(pairs)
    spans = [(0, 1), (1, 7), (7, EDGE_PARTITIONS - 1), (EDGE_PARTITIONS - 1, EDGE_PARTITIONS)]
    parts = [read_edges(store, key, first=first, end=end) for first, end in spans]
    assert np.concatenate(parts).tolist() == pairs.tolist()
    assert (parts[0][:, 0] < np.uint64(2**52)).all()
    assert (parts[-1][:, 0] >= np.uint64(2**64 - 2**52)).all()

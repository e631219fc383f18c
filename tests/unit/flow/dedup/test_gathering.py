"""An exchange through a second pass gives every part what it has without one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from jobs.flow.dedup.frozen import FrozenShard, Origin
from jobs.flow.dedup.gathering import FEW_FILES, gathered, gatherings
from jobs.flow.dedup.shard_batches import read_batch, write_batches
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.exchange import (
    gather_group,
    gather_groups,
    gather_partitions,
    read_partition,
    write_groups,
    write_partitions,
)
from tests.memory_store import MemoryStore

FILES = [FEW_FILES + 1, 100, 1000]
PARTS = [1, 3, 16, 37]


def key(name: str) -> str:
    return f"demo/work/drops/k/{name}/parts.bin"


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("files", FILES)
def test_every_part_is_gathered_once(files: int, parts: int):
    names = [f"{number}" for number in range(files)]
    work = gatherings(names, parts)
    assert sorted(
        (part, file) for one in work for part in range(*one.span) for file in one.files
    ) == sorted((part, file) for part in range(parts) for file in names)
    found = gathered(names, parts, [f"{one.span.first}/{one.files[0]}" for one in work])
    assert [part for _, span in found for part in range(*span)] == list(range(parts))
    for held, span in found:
        assert held == tuple(f"{span.first}/{first}" for first in names[::32])
    assert sum(len(one.files) for one in work) <= 16 * files  # reads of the pass are linear


def test_few_files_are_read_as_they_are():
    names = [f"{number}" for number in range(FEW_FILES)]
    assert gatherings(names, 9) == []
    assert gathered(names, 9, []) == [(tuple(names), (0, 9))]


def test_keys_of_a_partition_are_the_same():
    store, rng, parts = MemoryStore(), np.random.default_rng(1), 19
    files = []
    for number in range(FEW_FILES + 9):
        bounds = np.append(0, np.cumsum(rng.integers(0, 9, parts)))
        packed = rng.integers(0, 1 << 60, bounds[-1], np.uint64)
        files.append(write_partitions(store, key(f"{number}"), packed, bounds))
    second = [
        write_partitions(
            store, key(f"g{n}"), *gather_partitions(store, one.files, *one.span, parts)
        )
        for n, one in enumerate(gatherings(files, parts))
    ]
    for held, (first, end) in gathered(files, parts, second):
        for part in range(first, end):
            expected = read_partition(store, files, part, parts)
            assert (
                read_partition(store, held, part - first, end - first).tolist() == expected.tolist()
            )


def test_rows_of_a_group_are_the_same():
    store, rng, groups = MemoryStore(), np.random.default_rng(2), 21
    files = []
    for number in range(FEW_FILES + 9):
        rows = pa.table({"ordinal": rng.integers(0, 1 << 40, 30), "text": ["甲"] * 30})
        grouped = rng.integers(0, groups, 30, np.int32)
        files.append(write_groups(store, key(f"{number}"), rows, grouped))
    second = [
        write_groups(store, key(f"g{n}"), *gather_groups(store, one.files, *one.span))
        for n, one in enumerate(gatherings(files, groups))
    ]
    for held, span in gathered(files, groups, second):
        for group in range(*span):
            assert gather_group(store, held, group).equals(gather_group(store, files, group))


def test_groups_are_stored_compressed():
    store = MemoryStore()
    rows = pa.table({"number": range(4000), "text": ["一二三四五六七八"] * 4000})
    file = write_groups(store, key("same"), rows, np.arange(4000, dtype=np.int32) % 2)
    assert len(store.objects[file]) < rows.nbytes / 3
    for group in (0, 1):
        expected = rows.take(list(range(group, 4000, 2)))
        assert gather_group(store, [file], group).equals(expected)


def test_no_rows_are_no_groups():
    store = MemoryStore()
    empty = pa.table({"ordinal": pa.array([], pa.int64())})
    file = write_groups(store, key("none"), empty, np.empty(0, np.int32))
    assert gather_group(store, [file], 3).equals(empty)


def test_batches_of_shards_come_back_as_dedup_reads_them():
    store = MemoryStore()
    run = Run("d", "f", "r", "e", "c", 5, 9)
    bad = (("intake", "bad_json", 3),)
    shard = NormalizedShard("甲", "k", (run, run), 9, bad, 70, 100)
    noted = NormalizedShard("甲", "k", (run, run), 9, bad, 70, 100, boundaries=((1, 2, 3),) * 99)
    frozen = FrozenShard("q", "f", None, 4, -2, Origin.TOMBSTONE, 200)
    batches = write_batches(store, key("shards"), [[noted], [frozen, noted], []])
    assert [read_batch(store, batch) for batch in batches] == [[shard], [frozen, shard], []]

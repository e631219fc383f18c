"""Buckets, edges, components and groups, on documents few enough to follow, and on a million."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jobs.corpus.dedup.components import (
    Edges,
    buckets,
    forest,
    groups,
    ordinal_bits,
    packed_keys,
    reduced_buckets,
    unite,
)
from jobs.corpus.text.kernels import mix
from jobs.errors import ConfigError
from jobs.flow.dedup.dedup_stage import deduplicate
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.exchange import read_numbers, read_partition, write_numbers, write_partitions
from jobs.storage.directory import DirectoryStore
from tests.builds import build_parameters, silent, write_partner

BITS = 8


def keys_of(*rows: tuple[int, int]) -> np.ndarray:
    """Packed keys of (key, ordinal)."""
    return np.array([(key << BITS) | ordinal for key, ordinal in rows], np.uint64)


def pairs(edges: Edges) -> list[tuple[int, int]]:
    return [(int(edge) >> 32, int(edge) & 0xFFFFFFFF) for edge in edges]


def grouped(count: int, edges: list[tuple[int, int]], group_documents: int) -> list[int]:
    parents = forest(count)
    unite(parents, np.array([(a << 32) | b for a, b in edges], np.uint64))
    return groups(parents, group_documents=group_documents).tolist()


def test_groups_leave_out_components_of_frozen_documents_alone() -> None:
    parents = forest(6)
    unite(parents, np.array([(0 << 32) | 4, (3 << 32) | 5, (1 << 32) | 2], np.uint64))
    assert groups(parents, group_documents=2, first_frozen=2).tolist() == [0, 1, 1, -1, 0, -1]


def test_buckets_of_any_order_tie_all_to_the_smallest_ordinal() -> None:
    first, edges = buckets(keys_of((5, 9), (3, 4), (5, 2), (5, 7), (8, 1)), bits=BITS)
    assert pairs(edges) == [(2, 7), (2, 9)]
    assert first.tolist() == keys_of((3, 4), (5, 2), (8, 1)).tolist()


def test_buckets_shared_twice_give_their_edge_once() -> None:
    _, edges = buckets(keys_of((5, 2), (5, 7), (6, 7), (6, 2)), bits=BITS)
    assert pairs(edges) == [(2, 7)]


def test_buckets_of_no_documents_are_empty() -> None:
    first, edges = buckets(keys_of(), bits=BITS)
    assert (len(first), len(edges)) == (0, 0)
    packed, bounds, edges = reduced_buckets([], bits=BITS, partitions=3)
    assert (len(packed), bounds.tolist(), len(edges)) == (0, [0, 0, 0, 0], 0)


@pytest.mark.parametrize(("count", "bits"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (2**32, 32)])
def test_ordinal_bits_hold_every_ordinal(count: int, bits: int) -> None:
    assert ordinal_bits(count) == bits


def test_packed_keys_of_document_without_text_are_its_id_alone() -> None:
    keys = np.array([[1 << 63, 7 << 40], [1 << 63, 9 << 40]], np.uint64)
    has_text, ordinals = np.array([True, False]), np.array([0, 1])
    packed, bounds = packed_keys(keys, has_text, ordinals, bits=1, partitions=2)
    assert bounds.tolist() == [0, 2, 3]
    assert packed.tolist() == [7 << 41, (9 << 41) | 1, 0]


def test_packed_keys_of_equal_keys_lie_in_one_partition() -> None:
    keys = np.array([[mix(np.uint64(doc % 50))] for doc in range(1000)], np.uint64)
    has_text = np.ones(1000, np.bool_)
    packed, bounds = packed_keys(keys, has_text, np.arange(1000), bits=10, partitions=7)
    parts = [packed[bounds[p] : bounds[p + 1]].copy() for p in range(7)]
    assert min(map(len, parts)) > 0
    assert sum(len(buckets(part, bits=10)[0]) for part in parts) == 50


def test_groups_are_whole_components_and_no_single_document() -> None:
    edges = [(0, 3), (1, 2), (5, 6), (6, 8)]
    assert grouped(9, edges, group_documents=2) == [0, 1, 1, 0, -1, 2, 2, -1, 2]
    assert grouped(9, edges, group_documents=100) == [0, 0, 0, 0, -1, 0, 0, -1, 0]
    assert grouped(0, [], group_documents=2) == []


def test_groups_take_the_memory_of_the_forest() -> None:
    parents = forest(10)
    assert np.shares_memory(groups(parents, group_documents=3), parents)


def test_bucket_of_a_million_documents_sends_one_key_per_task_and_is_one_group() -> None:
    documents, tasks = 1_000_000, 4
    bits = ordinal_bits(documents)
    own = mix(np.uint64(1)) ^ np.arange(documents, dtype=np.uint64)
    keys = np.stack([np.full(documents, mix(np.uint64(2)), np.uint64), own], axis=1)
    parents = forest(documents)
    sent = []
    for ordinals in np.array_split(np.arange(documents), tasks):
        has_text = np.ones(len(ordinals), np.bool_)
        part = packed_keys(keys[ordinals], has_text, ordinals, bits=bits, partitions=1)
        packed, _, edges = reduced_buckets([part], bits=bits, partitions=1)
        assert len(edges) == len(ordinals) - 1
        unite(parents, edges)
        sent.append(packed)
    assert sum(map(len, sent)) == documents + tasks
    _, edges = buckets(np.concatenate(sent), bits=bits)
    assert len(edges) == tasks - 1
    unite(parents, edges)
    assert set(groups(parents, group_documents=1000).tolist()) == {0}


def test_parts_of_several_objects_are_read_as_one_partition(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    keys = [
        write_partitions(store, "t/a.bin", np.array(packed, np.uint64), np.array(bounds))
        for packed, bounds in (([1, 2, 3], [0, 1, 3]), ([4], [0, 1, 1]))
    ]
    assert read_partition(store, keys, 0, 2).tolist() == [1, 4]
    assert read_partition(store, keys, 1, 2).tolist() == [2, 3]
    assert read_partition(store, [], 0, 2).tolist() == []


def test_numbers_are_read_from_the_ordinal_asked_for(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    key = write_numbers(store, "t/grouped.bin", np.array([5, -1, 7, 8], np.int32))
    assert read_numbers(store, key, 1, 2).tolist() == [-1, 7]
    assert read_numbers(store, key, 4, 0).tolist() == []


def test_build_of_more_rows_than_an_edge_can_name_is_refused(tmp_path: Path) -> None:
    write_partner(tmp_path, "gov", "format: jsonl\nlicence: x\npriority: 1\ndeliveries: /nowhere")
    params = build_parameters(tmp_path, tmp_path, "partners=[gov]")
    shard = NormalizedShard("gov", "k", (), 2**32 + 1, (), content_bytes=0, base=0)
    with pytest.raises(ConfigError, match="4,294,967,297 rows"):
        deduplicate([shard], params, progress=silent)

"""Groups do not depend on how keys are cut, batched and partitioned: a plain search finds them."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.components import (
    buckets,
    forest,
    groups,
    ordinal_bits,
    packed_keys,
    reduced_buckets,
    unite,
)
from jobs.corpus.text.kernels import mix


@st.composite
def keyed_documents(draw: st.DrawFn) -> tuple[list[list[int]], list[bool]]:
    """Keys of some documents, small numbers so that many are shared, and which have text."""
    count, columns = draw(st.integers(1, 60)), draw(st.integers(1, 4))
    most = draw(st.integers(1, 200))
    row = st.lists(st.integers(0, most), min_size=columns, max_size=columns)
    keys = draw(st.lists(row, min_size=count, max_size=count))
    return keys, draw(st.lists(st.booleans(), min_size=count, max_size=count))


def searched(keys: list[list[int]], has_text: list[bool]) -> list[int]:
    """The smallest document of the component of each, by walking from it through shared keys."""
    own = [set(row if text else row[-1:]) for row, text in zip(keys, has_text, strict=True)]
    label = [-1] * len(keys)
    for start in range(len(keys)):
        reached = [start] if label[start] < 0 else []
        for doc in reached:
            label[doc] = start
            for other, shared in enumerate(own):
                if label[other] < 0 and other not in reached and shared & own[doc]:
                    reached.append(other)
    return label


def packed(label: list[int], group_documents: int) -> list[int]:
    """The group of each document, filling groups with components in order of their labels."""
    sizes = Counter(label)
    group, before = {}, 0
    for name in sorted(sizes):
        group[name] = before // group_documents if sizes[name] > 1 else -1
        before += sizes[name] if sizes[name] > 1 else 0
    return [group[name] for name in label]


@given(
    documents=keyed_documents(),
    batch=st.integers(1, 60),
    runs=st.integers(1, 3),
    partitions=st.integers(1, 9),
    group_documents=st.integers(1, 20),
    seed=st.integers(0, 9),
)
@settings(max_examples=150, deadline=None)
def test_groups_of_any_partitioning_equal_a_search_through_shared_keys(
    documents: tuple[list[list[int]], list[bool]],
    batch: int,
    runs: int,
    partitions: int,
    group_documents: int,
    seed: int,
) -> None:
    count = len(documents[0])
    keys = np.array([[mix(np.uint64(key)) for key in row] for row in documents[0]], np.uint64)
    has_text, bits = np.array(documents[1]), ordinal_bits(count)
    parents, sent = forest(count), []
    ordinals = np.random.default_rng(seed).permutation(count)
    for start in range(0, count, batch):
        parts = np.array_split(ordinals[start : start + batch], runs)
        partitioned = [
            packed_keys(keys[part], has_text[part], part, bits=bits, partitions=partitions)
            for part in parts
        ]
        packed_part, bounds, edges = reduced_buckets(partitioned, bits=bits, partitions=partitions)
        unite(parents, edges)
        sent.append((packed_part, bounds))
    for partition in reversed(range(partitions)):
        rows = [part[at[partition] : at[partition + 1]] for part, at in sent]
        unite(parents, buckets(np.concatenate(rows), bits=bits)[1])
    got = groups(parents, group_documents=group_documents).tolist()
    assert got == packed(searched(*documents), group_documents)

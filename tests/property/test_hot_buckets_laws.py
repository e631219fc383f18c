"""Laws of hot buckets: no match is missed, however common a segment is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.hot_buckets import (
    empty_counters,
    most_differing,
    prefix_segments,
    segment_length,
    tally,
)

Documents = list[list[int]]


def counted(documents: Documents) -> np.ndarray:
    counters = empty_counters(sum(len(tokens) for tokens in documents))
    for tokens in documents:
        tally(counters, np.array(tokens, np.uint64))
    return counters


def looked_up(tokens: list[int], counters: np.ndarray, differing: int) -> list[int]:
    return prefix_segments(np.array(tokens, np.uint64), counters, differing).tolist()


@given(
    documents=st.lists(
        st.lists(st.integers(1, 40), min_size=6, max_size=6, unique=True), min_size=2, max_size=30
    ),
    differing=st.integers(0, 5),
)
@settings(max_examples=300, deadline=None)
def test_documents_that_differ_in_few_segments_share_one_that_is_looked_up(
    documents: Documents, differing: int
) -> None:
    counters = counted(documents)
    for number, one in enumerate(documents):
        for other in documents[:number]:
            if len(set(one) & set(other)) >= 6 - differing:
                found = set(looked_up(one, counters, differing))
                assert found & set(looked_up(other, counters, differing))


@pytest.mark.parametrize("others", [2, 300, 70_000])
def test_the_most_common_segments_are_spared(others: int) -> None:
    tokens = [11, 12, 13, 14, 15, 16]
    counters = counted([tokens, *[[12, 15]] * others, *[[11, 13, 14, 16]]])
    assert sorted(looked_up(tokens, counters, differing=3)) == [11, 13, 14, 16]


def test_a_segment_of_one_document_is_not_looked_up() -> None:
    assert looked_up([1, 2, 3], counted([[1, 2, 3], [3, 4]]), differing=2) == [3]


@pytest.mark.parametrize(("threshold", "differing"), [(0.8, 25), (0.5, 64), (1.0, 0), (0.8125, 24)])
def test_a_match_leaves_more_whole_segments_than_differ(threshold: float, differing: int) -> None:
    assert most_differing(128, threshold) == differing
    length = segment_length(128, 8, threshold)
    assert length == 0 or 128 // length - (8 // length + 2) > differing

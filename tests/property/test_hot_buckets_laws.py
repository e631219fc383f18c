"""Laws of hot buckets: nobody who matches is missed, however common a piece is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.hot_buckets import (
    most_differing,
    no_counters,
    piece_words,
    prefix_pieces,
    tally,
)

Documents = list[list[int]]


def counted(documents: Documents) -> np.ndarray:
    counters = no_counters(sum(len(pieces) for pieces in documents))
    for pieces in documents:
        tally(counters, np.array(pieces, np.uint64))
    return counters


def looked_up(pieces: list[int], counters: np.ndarray, differing: int) -> list[int]:
    return prefix_pieces(np.array(pieces, np.uint64), counters, differing).tolist()


@given(
    documents=st.lists(
        st.lists(st.integers(1, 40), min_size=6, max_size=6, unique=True), min_size=2, max_size=30
    ),
    differing=st.integers(0, 5),
)
@settings(max_examples=300, deadline=None)
def test_who_differs_in_few_pieces_shares_one_that_is_looked_up(
    documents: Documents, differing: int
) -> None:
    counters = counted(documents)
    for number, one in enumerate(documents):
        for other in documents[:number]:
            if len(set(one) & set(other)) >= 6 - differing:
                found = set(looked_up(one, counters, differing))
                assert found & set(looked_up(other, counters, differing))


@pytest.mark.parametrize("others", [2, 300, 70_000])
def test_the_most_common_pieces_are_spared(others: int) -> None:
    pieces = [11, 12, 13, 14, 15, 16]
    counters = counted([pieces, *[[12, 15]] * others, *[[11, 13, 14, 16]]])
    assert sorted(looked_up(pieces, counters, differing=3)) == [11, 13, 14, 16]


def test_a_piece_of_one_document_is_nobodys() -> None:
    assert looked_up([1, 2, 3], counted([[1, 2, 3], [3, 4]]), differing=2) == [3]


@pytest.mark.parametrize(("threshold", "differing"), [(0.8, 25), (0.5, 64), (1.0, 0), (0.8125, 24)])
def test_a_match_leaves_more_whole_pieces_than_differ(threshold: float, differing: int) -> None:
    assert most_differing(128, threshold) == differing
    words = piece_words(128, 8, threshold)
    assert words == 0 or 128 // words - (8 // words + 2) > differing

"""Sections depend on rows and their order, not on how rows come in tables."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import xxhash

from jobs.corpus.release import sections
from jobs.corpus.release.sections import Boundaries, boundaries, section_starts

GRAIN = 1000


@pytest.fixture(autouse=True)
def _fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "GRAIN_BYTES", GRAIN)


def documents(names: list[int], first: int = 0) -> pa.Table:
    """One document of 3 to 300 bytes for each name."""
    texts = [None if name % 17 == 3 else "书" * (1 + name * 7919 % 100) for name in names]
    ids = [xxhash.xxh3_128_digest(str(name).encode()) for name in names]
    return pa.table(
        {
            "doc_id": pa.array(ids, pa.binary(16)),
            "position": pa.array(range(first, first + len(names)), pa.int64()),
            "content": pa.array(texts, pa.large_string()),
        }
    )


def size(table: pa.Table) -> int:
    return sum(len((text or "").encode()) for text in table["content"].to_pylist())


def starts(names: list[int], most: int) -> list[int]:
    """The names of the documents with which sections begin."""
    table = documents(names)
    found = boundaries(table, 0)
    chosen = section_starts(found, size(table), most_bytes=most)
    return [names[found.positions[at]] for at in chosen]


def test_boundaries_are_those_of_rows_however_they_come_in_tables() -> None:
    names = list(range(2000))
    whole = boundaries(documents(names), 0)
    parts, before = [], 0
    for first, end in pairwise([0, 1, 2, 700, 701, 2000]):
        table = documents(names[first:end], first)
        parts.append(boundaries(table, before))
        before += size(table)
    for one, many in zip(whole, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(one, np.concatenate(many))
    # About one in GRAIN bytes, and each with the bytes before it.
    assert 0.8 < len(whole.positions) * GRAIN / before < 1.2
    for position, bytes_before in zip(whole.positions[:9], whole.content_bytes, strict=False):
        assert size(documents(names[:position])) == bytes_before


def test_sections_have_half_of_what_they_may_hold_or_more() -> None:
    most = 20 * GRAIN
    table = documents(list(range(9000)))
    found = boundaries(table, 0)
    at = found.content_bytes[section_starts(found, size(table), most_bytes=most)]
    sizes = np.diff([0, *at, size(table)])
    assert len(sizes) > 40
    assert sizes.max() <= most
    assert sizes[:-1].min() >= most // 2


def test_without_a_boundary_inside_a_section_it_ends_at_the_next_one() -> None:
    found = Boundaries(*np.array([[5, 6, 9], [500, 600, 900], [7, 9, 8]]))
    assert section_starts(found, 1000, most_bytes=200) == [0, 1, 2]
    assert section_starts(found, 1000, most_bytes=1000) == []
    assert section_starts(Boundaries(*np.zeros((3, 0), np.int64)), 10**9, most_bytes=2) == []


def test_a_row_more_moves_few_sections() -> None:
    names = list(range(9000))
    before = starts(names, 20 * GRAIN)
    after = starts([*names[:100], 10_000, *names[100:]], 20 * GRAIN)
    assert len(set(before) ^ set(after)) <= len(before) // 4

"""Which of two documents comes first, key by key, and never by where they were delivered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from jobs.corpus.dedup.ranking import RANK_COLUMNS, RankParams, rank_order
from jobs.corpus.model.tables import ranked_schema

SCHEMA = ranked_schema(16)
PLAIN = {
    "doc_id": bytes(16),
    "text_hash": bytes(16),
    "record_hash": bytes(16),
    "content_chars": 9,
    "published": "2023-11-29",
    "priority": 1,
    "partner": "甲",
    "is_frozen": False,
    "is_taken_down": False,
    "is_template": False,
}
LAST = bytes(15) + b"\x01"


def ordered(*rows: dict[str, Any], prefer: tuple[str, ...] = ()) -> list[int]:
    """The ordinals, best rank first."""
    numbered = [{**PLAIN, "ordinal": number, **row} for number, row in enumerate(rows)]
    table = pa.Table.from_pylist(numbered, schema=SCHEMA)
    return rank_order(table.select(RANK_COLUMNS), params=RankParams(prefer)).tolist()


@pytest.mark.parametrize(
    ("first", "prefer"),
    [
        ({"is_frozen": True, "priority": 9}, ()),
        ({"priority": 0, "content_chars": 1}, ("longest",)),
        ({"content_chars": 10, "text_hash": LAST}, ("longest",)),
        ({"published": "2023-11-30", "text_hash": LAST}, ("newest",)),
        ({"published": "2023-11-28", "text_hash": LAST}, ("oldest",)),
    ],
)
def test_better_document_comes_first_wherever_it_was_delivered(
    first: dict[str, Any], prefer: tuple[str, ...]
) -> None:
    assert ordered({}, first, prefer=prefer) == [1, 0]
    assert ordered(first, {}, prefer=prefer) == [0, 1]


@pytest.mark.parametrize("name", ["text_hash", "doc_id", "record_hash"])
@pytest.mark.parametrize("place", [0, 15])
def test_documents_equal_so_far_are_ordered_by_each_hash(name: str, place: int) -> None:
    later = bytearray(16)
    later[place] = 1
    assert ordered({name: bytes(later)}, {}) == [1, 0]
    assert ordered({}, {name: bytes(later)}) == [0, 1]


@pytest.mark.parametrize("prefer", ["newest", "oldest"])
def test_undated_document_comes_last(prefer: str) -> None:
    assert ordered({"published": None}, {}, prefer=(prefer,)) == [1, 0]
    assert ordered({}, {"published": None, "priority": 1}, prefer=(prefer,)) == [0, 1]


def test_documents_that_no_reader_tells_apart_stay_as_delivered() -> None:
    assert ordered({}, {}, {}) == np.arange(3).tolist()

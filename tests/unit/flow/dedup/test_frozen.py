"""Frozen documents rank before new ones, and what was taken down before all."""

from __future__ import annotations

from dataclasses import replace

from jobs.flow.dedup.frozen import FrozenShard, Origin
from jobs.flow.params import _MOST_PRIORITY


def test_what_was_taken_down_ranks_first_then_the_parent_then_new_documents() -> None:
    parent = FrozenShard("", "", None, 1, _MOST_PRIORITY, Origin.PARENT)
    taken_down = replace(parent, origin=Origin.TOMBSTONE)
    best_of_parent = replace(parent, priority=-_MOST_PRIORITY)
    assert taken_down.rank < best_of_parent.rank < parent.rank < -_MOST_PRIORITY

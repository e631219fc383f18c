"""Batches of shards that dedup tasks read: written once as one object, so specifications are small.

A specification names the object, and where in it the task's batch lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, NamedTuple

import orjson

from jobs.flow.dedup.frozen import FrozenShard, Origin
from jobs.flow.dedup.ranked_facts import Shard
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.sealed_objects import open_sealed, seal
from jobs.storage.canonical_json import canonical_json
from jobs.storage.objects import ObjectStore

_OF_ACCOUNTS = ("columns", "empty", "benchmarks", "items_found", "files", "private_data")
_UNREAD: dict[str, Any] = dict.fromkeys((*_OF_ACCOUNTS, "boundaries"), ())


class Batch(NamedTuple):
    """Where the shards of a task are described: an object, and bytes of it."""

    key: str
    start: int
    size_bytes: int


def write_batches(store: ObjectStore, key: str, batches: Sequence[Sequence[Shard]]) -> list[Batch]:
    """Write batches of shards as one object; return where each is.

    Args:
        store: takes the object.
        key: where; a digest is added to its name.
        batches: of shards, whose facts are all that is read.
    """
    parts = [canonical_json([_plain(shard) for shard in batch]) for batch in batches]
    starts = accumulate(map(len, parts), initial=0)
    sealed = seal(store, key, b"".join(parts))
    return [Batch(sealed, start, len(part)) for start, part in zip(starts, parts, strict=False)]


def read_batch(store: ObjectStore, batch: Batch) -> list[Shard]:
    """Return the shards of a batch.

    Raises:
        DamagedTable: the object is not what was written.
    """
    with open_sealed(store, batch.key) as file:
        return list(map(_shard, orjson.loads(file.read_at(batch.size_bytes, batch.start))))


def _plain(shard: Shard) -> tuple[bool, Shard]:
    """Return a shard without what dedup does not read."""
    if isinstance(shard, NormalizedShard):
        shard = replace(shard, **_UNREAD)
    return isinstance(shard, FrozenShard), shard


def _shard(plain: tuple[bool, dict[str, Any]]) -> Shard:
    is_frozen, values = plain
    if is_frozen:
        return FrozenShard(**{**values, "origin": Origin(values["origin"])})
    runs = tuple(Run(**run) for run in values["runs"])
    rejected = tuple((stage, reason, count) for stage, reason, count in values["rejected"])
    return NormalizedShard(**{**values, **_UNREAD, "runs": runs, "rejected": rejected})

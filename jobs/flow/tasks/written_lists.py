"""Lists that many tasks read: written once, so that a specification names them by one key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial

import orjson

from jobs.flow.tasks.sealed_objects import read_sealed, seal
from jobs.storage.canonical_json import canonical_json
from jobs.storage.objects import ObjectStore


def write_list(store: ObjectStore, key: str, names: Sequence[str]) -> str:
    """Write a list of names; return the key of the object, to which a digest is added.

    Args:
        store: takes the object.
        key: where.
        names: keys of other objects, mostly.
    """
    return seal(store, key, canonical_json(names))


def list_writer(store: ObjectStore, key: str) -> Callable[[tuple[str, ...]], str]:
    """Return `write_list` for lists that are given again and again, each written once."""
    return cache(partial(write_list, store, key))


@lru_cache(maxsize=8)
def read_list(store: ObjectStore, key: str) -> tuple[str, ...]:
    """Return the names that `write_list` wrote; a process reads a list once.

    Raises:
        DamagedTable: the object is not what was written.
    """
    return tuple(orjson.loads(read_sealed(store, key)))

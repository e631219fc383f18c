"""Shard tasks that leave a marker: the unit of resuming.

A marker is the task's result, written by the task itself after everything it names. Who finds a
marker skips the task; who is killed before it repeats the task, and writes the same bytes again.
A marker holds a digest of itself: an empty or damaged one is none.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson
import xxhash

from jobs.errors import ConfigError, ObjectMissing
from jobs.flow.params import BuildParams
from jobs.flow.tasks.libraries import libraries
from jobs.on_ray.shards import map_shards
from jobs.storage.manifests import canonical_json, fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

Spec = TypeVar("Spec")
Marker = dict[str, Any]
Task = Callable[..., Marker]
Progress = Callable[[str, int, int], None]
"""Called with (what is being done, tasks done, tasks in all)."""


@dataclass(frozen=True)
class Marked(Generic[Spec]):
    """A task's specification and where its marker goes."""

    key: str
    spec: Spec

    def __str__(self) -> str:
        """What the specification calls itself, for errors."""
        return str(self.spec)


def map_marked(
    task: Task,
    work: Sequence[Marked[Spec]],
    *,
    params: BuildParams,
    label: str,
    progress: Progress,
    is_whole: Callable[[Marker], bool] | None = None,
) -> list[Marker]:
    """The marker of each piece of work, in order; only work without one is done.

    Args:
        task: called as task(spec, params=params); returns what JSON can hold.
        work: specifications with their marker keys.
        params: of the build.
        label: what progress calls this.
        progress: told of every finished task.
        is_whole: whether all is still there that a marker found names; a task's own is believed.
    """
    store = open_store(params.storage)
    found = _found(store, work)
    stale = _stale(found, is_whole)
    markers = {key: marker for key, marker in found.items() if key not in stale}
    missing = [piece for piece in work if piece.key not in markers]
    progress(label, len(markers), len(work))
    run = partial(_run_marked, task=task, params=params, code=code_digest(), stale=stale)
    for key, marker in map_shards(
        run,
        missing,
        compute=params.compute,
        label=label,
        found=partial(_made_meanwhile, store, stale),
    ):
        markers[key] = marker
        progress(label, len(markers), len(work))
    return [markers[piece.key] for piece in work]


@cache
def code_digest() -> str:
    """Digest of what decides what work tables hold, beside inputs and parameters.

    That is the code that reads, decodes and computes, and the versions of `libraries`: tables that
    others made are not read on.
    """
    digest = xxhash.xxh3_128(canonical_json(libraries()))
    package = Path(__file__).parents[2]
    folders = ("corpus", "flow", "storage")
    for path in sorted(path for folder in folders for path in (package / folder).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_marker(store: ObjectStore, key: str) -> Any:
    """What a task, or whoever else, noted; None if that is not there, or not as it was written."""
    try:
        stored = orjson.loads(store.get(key))
        made = stored["made"]
    except (ObjectMissing, orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return made if stored.get("digest") == fingerprint(key, made) else None


def write_marker(store: ObjectStore, key: str, made: Any) -> Any:
    """Note something that `canonical_json` can write; what `read_marker` will give."""
    plain = orjson.loads(canonical_json(made))  # dataclasses keep the order of their fields
    store.put(key, canonical_json({"made": plain, "digest": fingerprint(key, plain)}))
    return plain


def _found(store: ObjectStore, work: Sequence[Marked[Spec]]) -> dict[str, Marker]:
    """The markers that are there, by their keys."""
    keys = [piece.key for piece in work]
    with ThreadPoolExecutor(16) as pool:
        there = zip(keys, pool.map(lambda key: read_marker(store, key), keys), strict=True)
        return {key: marker for key, marker in there if marker is not None}


def _stale(found: dict[str, Marker], is_whole: Callable[[Marker], bool] | None) -> frozenset[str]:
    """The keys of markers that name what is not there any more."""
    if is_whole is None:
        return frozenset()
    with ThreadPoolExecutor(16) as pool:
        checked = zip(found, pool.map(is_whole, found.values()), strict=True)
        return frozenset(key for key, is_good in checked if not is_good)


def _made_meanwhile(
    store: ObjectStore, stale: frozenset[str], work: Sequence[Marked[Spec]]
) -> list[tuple[str, Marker] | None]:
    """The markers that tasks have written by now, in order; None for others and for stale ones."""
    made = _found(store, [piece for piece in work if piece.key not in stale])
    return [(piece.key, made[piece.key]) if piece.key in made else None for piece in work]


def _run_marked(
    piece: Marked[Spec], *, task: Task, params: BuildParams, code: str, stale: frozenset[str]
) -> tuple[str, Marker]:
    if code_digest() != code:
        raise ConfigError(
            f"{platform.node()} has other code or libraries than where the build was started, and "
            f"one release must not be made by both: install the same everywhere (it has {_told()})"
        )
    store = open_store(params.storage)
    # The node on which the task was done may have vanished before its result arrived.
    done: Marker | None = None if piece.key in stale else read_marker(store, piece.key)
    if done is not None:
        return piece.key, done
    return piece.key, write_marker(store, piece.key, task(piece.spec, params=params))


def _told() -> str:
    return ", ".join(f"{name} {version}" for name, version in libraries().items())

"""Shard tasks that leave a marker: the unit of resuming.

A marker is the task's result, written by the task itself after everything it names. Who finds a
marker skips the task; who is killed before it repeats the task, and writes the same bytes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson
import xxhash

from jobs.errors import ObjectMissing
from jobs.flow.params import BuildParams
from jobs.on_ray.shards import map_shards
from jobs.storage.manifests import canonical_json
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
    task: Task, work: Sequence[Marked[Spec]], *, params: BuildParams, label: str, progress: Progress
) -> list[Marker]:
    """The marker of each piece of work, in order; only work without one is done.

    Args:
        task: called as task(spec, params=params); returns what JSON can hold.
        work: specifications with their marker keys.
        params: of the build.
        label: what progress calls this.
        progress: told of every finished task.
    """
    store = open_store(params.storage)
    markers = _found(store, work)
    missing = [piece for piece in work if piece.key not in markers]
    progress(label, len(markers), len(work))
    run = partial(_run_marked, task=task, params=params)
    for key, marker in map_shards(run, missing, compute=params.compute, label=label):
        markers[key] = marker
        progress(label, len(markers), len(work))
    return [markers[piece.key] for piece in work]


@cache
def code_digest() -> str:
    """Digest of the code that decides what work tables hold: those of other code are not reused."""
    digest = xxhash.xxh3_128()
    package = Path(__file__).parents[1]
    for path in sorted([*package.glob("corpus/*.py"), *package.glob("flow/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _found(store: ObjectStore, work: Sequence[Marked[Spec]]) -> dict[str, Marker]:
    with ThreadPoolExecutor(16) as pool:
        found = pool.map(lambda piece: (piece.key, _read(store, piece.key)), work)
        return {key: marker for key, marker in found if marker is not None}


def _read(store: ObjectStore, key: str) -> Marker | None:
    try:
        marker: Marker = orjson.loads(store.get(key))
    except ObjectMissing:
        return None
    return marker


def _run_marked(piece: Marked[Spec], *, task: Task, params: BuildParams) -> tuple[str, Marker]:
    body = canonical_json(task(piece.spec, params=params))
    open_store(params.storage).put(piece.key, body)
    return piece.key, orjson.loads(body)

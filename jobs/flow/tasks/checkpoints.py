"""Shard tasks that leave a checkpoint: the unit of resuming.

A checkpoint is the result of a task. The task writes it last, after everything that it names. A
task with a checkpoint is not run again; one killed before that is, and writes the same bytes. A
checkpoint holds a digest of itself: an empty or damaged one counts as none.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import orjson
import xxhash

from jobs.errors import ConfigError, ObjectMissing
from jobs.flow.params import BuildParams
from jobs.flow.tasks.libraries import libraries
from jobs.on_ray.shards import map_shards
from jobs.storage.canonical_json import canonical_json, fingerprint
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

Spec = TypeVar("Spec")
Checkpoint = dict[str, Any]
Task = Callable[..., Checkpoint]
IsWhole = Callable[..., bool]
"""Called as is_whole(checkpoint, params=params): is all that a checkpoint names still there?"""

PROVISIONAL = "bad_files"
"""The key of a task's result that is no checkpoint: its inputs must be others."""

_CHECKED_HERE = 8  # the files of so many are hashed in less time than Ray takes to start


class TaskCounts(NamedTuple):
    """What one task did, for progress.

    Attributes:
        partner: Whose rows; empty for rows of several.
        rows: Rows read.
        text_bytes: UTF-8 bytes of text in them.
        kept: Rows kept.
        dropped: Rows dropped.
        rejected: Rows rejected.
    """

    partner: str = ""
    rows: int = 0
    text_bytes: int = 0
    kept: int = 0
    dropped: int = 0
    rejected: int = 0


_NO_COUNTS = TaskCounts()


class Progress(Protocol):
    """Called when work begins, with what is done of it already, and after every finished task."""

    def __call__(
        self, label: str, done: int, total: int, counts: Sequence[TaskCounts] = (), /
    ) -> None:
        """Show progress.

        Args:
            label: what is being done.
            done: tasks that are done.
            total: tasks in all.
            counts: of the tasks that are done since the last call.
        """


@dataclass(frozen=True)
class CheckpointedTask(Generic[Spec]):
    """A task's specification and the key of its checkpoint.

    Attributes:
        key: Of the checkpoint.
        spec: What the task is called with.
        if_killed: Its result if its workers die again and again; None where that ends the build.
        counted: Returns what the task did, of `spec` and its result; None if nothing is counted.
    """

    key: str
    spec: Spec
    if_killed: Checkpoint | None = None
    counted: Callable[[Spec, Checkpoint], TaskCounts] | None = None

    def __str__(self) -> str:
        """Return the name of the specification, for errors."""
        return str(self.spec)


def map_checkpointed(
    task: Task,
    work: Sequence[CheckpointedTask[Spec]],
    *,
    params: BuildParams,
    label: str,
    progress: Progress,
    is_whole: IsWhole | None = None,
) -> list[Checkpoint]:
    """Run the tasks that have no checkpoint yet; return all checkpoints, in order of the work.

    Args:
        task: called as task(spec, params=params); returns what JSON can hold. What holds
            PROVISIONAL is no checkpoint: it is returned, and the task is run again the next time.
        work: specifications with their checkpoint keys.
        params: of the build.
        label: name of this work for progress.
        progress: called after every finished task.
        is_whole: asked of checkpoints that exist, by their tasks where there are many, since it
            reads what they name; None if checkpoints are used as they are.
    """
    store = open_store(params.storage)
    found = found_checkpoints(store, work)
    unchecked = frozenset(found) if is_whole is not None else frozenset()
    if is_whole is not None and len(found) > _CHECKED_HERE:
        found = {}
    elif is_whole is not None:
        found = {key: one for key, one in found.items() if is_whole(one, params=params)}
    checkpoints = found
    missing = [one for one in work if one.key not in checkpoints]
    tasks = {one.key: one for one in work}
    found_counts = [_counts(tasks[key], one) for key, one in checkpoints.items()]
    progress(label, len(checkpoints), len(work), found_counts)
    run = partial(
        _run_checkpointed, task=task, params=params, code=code_digest(), is_whole=is_whole
    )
    for key, checkpoint in map_shards(
        run,
        missing,
        compute=params.compute,
        label=label,
        found=partial(_made_meanwhile, store, unchecked),
        if_killed=_result_if_killed,
    ):
        checkpoints[key] = checkpoint
        progress(label, len(checkpoints), len(work), [_counts(tasks[key], checkpoint)])
    return [checkpoints[one.key] for one in work]


def _counts(one: CheckpointedTask[Spec], checkpoint: Checkpoint) -> TaskCounts:
    """Return what a task did; nothing if its result is no checkpoint."""
    if one.counted is None or PROVISIONAL in checkpoint:
        return _NO_COUNTS
    return one.counted(one.spec, checkpoint)


def run_checkpointed(
    task: Task, work: Sequence[CheckpointedTask[Spec]], *, params: BuildParams
) -> list[Checkpoint]:
    """Do what `map_checkpointed` does in threads of this process: for less than Ray's start takes.

    Args:
        task: called as task(spec, params=params); returns what JSON can hold.
        work: specifications with their checkpoint keys.
        params: of the build.
    """
    store, code = open_store(params.storage), code_digest()

    def checkpoint(one: CheckpointedTask[Spec]) -> Checkpoint:
        found: Checkpoint | None = read_checkpoint(store, one.key)
        if found is not None:
            return found
        return _run_checkpointed(one, task=task, params=params, code=code, is_whole=None)[1]

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(checkpoint, work))


@cache
def code_digest() -> str:
    """Return the digest of what decides work tables, beside inputs and parameters.

    That is the code that reads, decodes and computes, and the versions of `libraries`: tables made
    by other code or other versions are not read.
    """
    digest = xxhash.xxh3_128(canonical_json(libraries()))
    package = Path(__file__).parents[2]
    folders = ("corpus", "flow", "storage")
    for path in sorted(path for folder in folders for path in (package / folder).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_checkpoint(store: ObjectStore, key: str) -> Any:
    """Return what `write_checkpoint` wrote at a key; None if nothing is there, or it is damaged."""
    try:
        stored = orjson.loads(store.get(key))
        made = stored["made"]
    except (ObjectMissing, orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return made if stored.get("digest") == fingerprint(key, made) else None


def write_checkpoint(store: ObjectStore, key: str, made: Any) -> Any:
    """Write a checkpoint; return it as `read_checkpoint` will.

    Args:
        store: takes it.
        key: of the checkpoint.
        made: the result of a task, of what `canonical_json` can hold.
    """
    plain = orjson.loads(canonical_json(made))  # dataclasses keep the order of their fields
    store.put(key, canonical_json({"made": plain, "digest": fingerprint(key, plain)}))
    return plain


def _result_if_killed(one: CheckpointedTask[Any]) -> tuple[str, Checkpoint] | None:
    return None if one.if_killed is None else (one.key, one.if_killed)


def found_checkpoints(
    store: ObjectStore, work: Sequence[CheckpointedTask[Spec]]
) -> dict[str, Checkpoint]:
    """Return the checkpoints that exist, by their keys."""
    keys = [one.key for one in work]
    with ThreadPoolExecutor(16) as pool:
        there = zip(keys, pool.map(lambda key: read_checkpoint(store, key), keys), strict=True)
        return {key: checkpoint for key, checkpoint in there if checkpoint is not None}


def _made_meanwhile(
    store: ObjectStore, unchecked: frozenset[str], work: Sequence[CheckpointedTask[Spec]]
) -> list[tuple[str, Checkpoint] | None]:
    """Return the checkpoints that tasks wrote by now, in order; None for others.

    Those that were there before a task checked them are others.
    """
    made = found_checkpoints(store, [one for one in work if one.key not in unchecked])
    return [(one.key, made[one.key]) if one.key in made else None for one in work]


def _run_checkpointed(
    one: CheckpointedTask[Spec],
    *,
    task: Task,
    params: BuildParams,
    code: str,
    is_whole: IsWhole | None,
) -> tuple[str, Checkpoint]:
    if code_digest() != code:
        raise ConfigError(
            f"{platform.node()} has other code or libraries than where the build was started, and "
            "one release must not be made by both: install the same everywhere "
            f"(it has {_versions()})"
        )
    store = open_store(params.storage)
    # The node on which the task was done may have vanished before its result arrived.
    done: Checkpoint | None = read_checkpoint(store, one.key)
    if done is not None and (is_whole is None or is_whole(done, params=params)):
        return one.key, done
    made = task(one.spec, params=params)
    if PROVISIONAL in made:
        return one.key, made
    return one.key, write_checkpoint(store, one.key, made)


def _versions() -> str:
    return ", ".join(f"{name} {version}" for name, version in libraries().items())

"""Ray Data as the scheduler of shard tasks: specifications go out, small results come back.

Text never travels through Ray. A task reads its shard from storage, writes its results there under
names derived from its specification, and may run twice without harm.
"""

from __future__ import annotations

import pickle
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import ray
import ray.data
import ray.exceptions

from jobs.errors import HeliuError, StorageError, TaskError
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.session import ray_session, start_ray

# Before a task whose storage failed is tried again; each of its requests was sent again before.
_PAUSES_SECONDS = (1.0, 10.0)
_NAMED = re.compile(r"\s*(?!ray\.|UserCode)[\w.]+?(Error|Exception|Exit|Interrupt|\.Arrow\w+)\b")

Spec = TypeVar("Spec")
Result = TypeVar("Result")


def map_shards(
    task: Callable[[Spec], Result], specs: Sequence[Spec], *, compute: ComputeParams, label: str
) -> Iterator[Result]:
    """The result of `task` for each specification, as they finish, so in any order.

    Args:
        task: A module-level function; the specification and the result must pickle.
        specs: One per task; a task should be worth a second or more (Ray Data adds 20 ms).
        compute: How many tasks run at once.
        label: What errors call the task.

    Raises:
        HeliuError: What a task raised on purpose, as it raised it; a `StorageError` only once the
            task was tried again.
        TaskError: Anything else that ended a task for good, with Ray's account of it.
    """
    if not specs:
        return
    with ray_session():
        start_ray(compute)
        yield from _mapped(task, specs, compute, label)


def _mapped(
    task: Callable[[Spec], Result], specs: Sequence[Spec], compute: ComputeParams, label: str
) -> Iterator[Result]:
    rows = [{"spec": pickle.dumps(spec)} for spec in specs]
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Guarded(task),
        compute=ray.data.TaskPoolStrategy(size=_at_once(compute.workers, len(rows))),
        **_resources(compute),
    )
    try:
        for row in dataset.iter_rows():
            yield _unwrapped(row["outcome"])
    except ray.exceptions.RayError as error:
        raise TaskError(f"a task of {label} failed: {_account(error)}") from error


class _Guarded(Generic[Spec, Result]):
    """Turns our own exceptions into results: Ray would replace their type by one of its own."""

    def __init__(self, task: Callable[[Spec], Result]) -> None:
        self.task = task

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        outcome: Result | HeliuError
        try:
            outcome = self._tried(pickle.loads(row["spec"]))  # noqa: S301
        except HeliuError as error:
            outcome = error
        return {"outcome": pickle.dumps(outcome)}

    def _tried(self, spec: Spec) -> Result:
        for pause_seconds in _PAUSES_SECONDS:
            try:
                return self.task(spec)
            except StorageError as error:
                if type(error) is not StorageError:  # what is missing or forbidden stays so
                    raise
                time.sleep(pause_seconds)
        return self.task(spec)


def _unwrapped(outcome: bytes) -> Any:
    result = pickle.loads(outcome)  # noqa: S301
    if isinstance(result, HeliuError):
        raise result
    return result


def _at_once(workers: int | None, tasks: int) -> int | None:
    # Ray Data warns, on people's terminals, of a pool larger than there are tasks.
    return None if workers is None else min(workers, tasks)


def _resources(compute: ComputeParams) -> dict[str, int]:
    return {"memory": compute.task_memory_bytes} if compute.task_memory_bytes else {}


def _account(error: BaseException) -> str:
    """The line of Ray's long report that names the original exception."""
    named = [line.strip() for line in str(error).splitlines() if _NAMED.match(line)]
    return named[0] if named else f"{type(error).__name__}: {error}".splitlines()[0]

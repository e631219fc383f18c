"""Ray Data as the scheduler of shard tasks: specifications go out, small results come back.

Text never travels through Ray. A task reads its shard from storage, writes its results there under
names derived from its specification, and may run twice without harm. One whose worker dies is run
again, but not for ever: what kills a worker three times is named, once all else is done.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from jobs.errors import HeliuError, StorageError, TaskError
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.session import ray_session, start_ray

# Before a task whose storage failed is tried again; each of its requests was sent again before.
_PAUSES_SECONDS = (1.0, 10.0)
_MOST_DEATHS = 3
_NAMED_CHARS = 500
_NAMED_TASKS = 20

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
        label: What errors call the task; they add `str` of the specification.

    Raises:
        HeliuError: What a task raised on purpose, as it raised it; a `StorageError` only once the
            task was tried again.
        TaskError: Anything else that a task raised, or the tasks whose workers died again and
            again, when all others are done.
    """
    if not specs:
        return
    with ray_session():
        start_ray(compute)
        yield from _mapped(task, specs, compute, label)


def _mapped(
    task: Callable[[Spec], Result], specs: Sequence[Spec], compute: ComputeParams, label: str
) -> Iterator[Result]:
    import ray.data  # noqa: PLC0415  as in `session`
    import ray.exceptions  # noqa: PLC0415

    rows = [{"spec": pickle.dumps(spec)} for spec in specs]
    deadly: list[str] = []
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Guarded(task, label),
        compute=ray.data.TaskPoolStrategy(size=_at_once(compute.workers, len(rows))),
        **_resources(compute),
    )
    try:
        for row in dataset.iter_rows():
            result = _unwrapped(row["outcome"])
            if isinstance(result, _Deadly):
                deadly.append(result.name)
            else:
                yield result
    except ray.exceptions.RayError as error:
        account = str(error).strip().splitlines()[-1]  # of a long report, the exception itself
        raise TaskError(f"tasks of {label} failed: {account}") from error
    if deadly:
        raise TaskError(_deaths(label, sorted(deadly)))


class _Deadly(NamedTuple):
    """The outcome of a task whose workers have died too often."""

    name: str


class _Guarded(Generic[Spec, Result]):
    """Turns exceptions into results: Ray would replace their type by one of its own."""

    def __init__(self, task: Callable[[Spec], Result], label: str) -> None:
        self.task, self.label = task, label

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        outcome: Result | HeliuError | _Deadly
        spec = pickle.loads(row["spec"])  # noqa: S301
        if _deaths_so_far() >= _MOST_DEATHS:
            return {"outcome": pickle.dumps(_Deadly(_named(spec)))}
        try:
            outcome = self._tried(spec)
        except HeliuError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told with where it was)
            account = "".join(traceback.format_exception_only(error)).strip()
            outcome = TaskError(f"a task of {self.label} failed: {account} ({_named(spec)})")
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


def _named(spec: object) -> str:
    name = str(spec)
    return name if len(name) <= _NAMED_CHARS else f"{name[:_NAMED_CHARS]}…"


def _deaths_so_far() -> int:
    """How often this task was begun before: Ray begins it again for ever, whatever it died of."""
    import ray  # noqa: PLC0415  as in `session`

    attempts: int = ray.get_runtime_context().worker.core_worker.get_current_task_attempt_number()
    return attempts


def _deaths(label: str, names: Sequence[str]) -> str:
    listed = "\n".join(f"  {name}" for name in names[:_NAMED_TASKS])
    more = f"\n  and {len(names) - _NAMED_TASKS:,} more" if len(names) > _NAMED_TASKS else ""
    return (
        f"{label}: {len(names):,} tasks killed their worker {_MOST_DEATHS} times each, for want of "
        f"memory or by what they read:\n{listed}{more}\n"
        "all other tasks are done and kept: look at these files, take them out of the delivery or "
        "give workers more memory (compute.workers, compute.task_memory_bytes), and run again"
    )

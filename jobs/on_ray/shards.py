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
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from jobs.errors import HeliuError, StorageError, TaskError, unforeseen
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.progress import report_no_progress, with_pauses
from jobs.on_ray.session import is_initialized, ray_session, start_ray
from jobs.on_ray.small_work import WorkerDied, called_beside, is_small

if TYPE_CHECKING:
    import ray.data

# Before a task whose storage failed is tried again; each of its requests was sent again before.
_PAUSES_SECONDS = (1.0, 10.0)
_MOST_DEATHS = 3
_QUIET_SECONDS = 45.0
_NAMED_CHARS = 500
_NAMED_TASKS = 20

Spec = TypeVar("Spec")
Result = TypeVar("Result")
Found = Callable[[Sequence[Spec]], Sequence[Result | None]]
"""What tasks left where their results are kept, None for those that left nothing."""


def map_shards(
    task: Callable[[Spec], Result],
    specs: Sequence[Spec],
    *,
    compute: ComputeParams,
    label: str,
    found: Found[Spec, Result] | None = None,
    if_killed: Callable[[Spec], Result | None] = lambda _: None,
) -> Iterator[Result]:
    """The result of `task` for each specification, as they finish, so in any order.

    Args:
        task: A module-level function; the specification and the result must pickle.
        specs: One per task; a task should be worth a second or more (Ray Data adds 20 ms).
        compute: How many tasks run at once.
        label: What errors call the task; they add `str` of the specification.
        found: Asked of the tasks that are not done when none has finished for a while: a node may
            have vanished with the results, and Ray may take minutes to notice.
        if_killed: The result of a task whose workers died again and again; None to raise for it.

    Raises:
        HeliuError: What a task raised on purpose, as it raised it; a `StorageError` only once the
            task was tried again.
        TaskError: Anything else that a task raised, or the tasks whose workers died again and
            again, when all others are done.
    """
    if not specs:
        return
    with ray_session():
        if is_small(compute) and not is_initialized():
            done = 0
            for result in _beside(task, specs, label):
                done += 1
                yield result
            specs = specs[done:]
            if not specs:
                return
        start_ray(compute)
        dataset = _dataset(task, specs, compute, label)
        yield from _mapped(dataset, specs, label, found, if_killed)


def _beside(task: Callable[[Spec], Result], specs: Sequence[Spec], label: str) -> Iterator[Result]:
    """Yield the results of tasks run in one process beside this, up to one that kills it."""
    pickled = pickle.dumps(task)
    with suppress(WorkerDied):
        for spec in specs:
            yield _unwrapped(called_beside(_outcome_of, pickled, label, spec))


def _dataset(
    task: Callable[[Spec], Result], specs: Sequence[Spec], compute: ComputeParams, label: str
) -> ray.data.Dataset:
    import ray.data  # noqa: PLC0415  as in `session`

    rows = [{"number": number, "spec": pickle.dumps(spec)} for number, spec in enumerate(specs)]
    return ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Guarded(task, label),
        compute=ray.data.TaskPoolStrategy(size=_at_once(compute.workers, len(rows))),
        **_resources(compute),
    )


def _mapped(
    dataset: ray.data.Dataset,
    specs: Sequence[Spec],
    label: str,
    found: Found[Spec, Result] | None,
    if_killed: Callable[[Spec], Result | None],
) -> Iterator[Result]:
    import ray.exceptions  # noqa: PLC0415

    left = dict(enumerate(specs))
    deadly: list[str] = []
    try:
        for row in with_pauses(dataset.iter_rows(), _QUIET_SECONDS):
            if row is None:
                report_no_progress(label, len(left), _QUIET_SECONDS)
                yield from _found_meanwhile(left, found)
                if not left:
                    break
            elif row["number"] in left:
                del left[row["number"]]
                spec = specs[row["number"]]
                results = _results(_unwrapped(row["outcome"]), spec, if_killed)
                yield from results
                if not results:
                    deadly.append(_named(spec))
    except ray.exceptions.RayError as error:
        account = str(error).strip().splitlines()[-1]  # of a long report, the exception itself
        undone = _listed(sorted(map(_named, left.values())))
        raise TaskError(f"tasks of {label} failed: {account}; not done are:\n{undone}") from error
    if deadly:
        raise TaskError(deaths(label, sorted(deadly)))


def _results(outcome: Any, spec: Spec, if_killed: Callable[[Spec], Result | None]) -> list[Result]:
    """The result of a task, or what stands for it; none if its workers died and nothing does."""
    if not isinstance(outcome, _Deadly):
        return [outcome]
    instead = if_killed(spec)
    return [] if instead is None else [instead]


def _found_meanwhile(left: dict[int, Spec], found: Found[Spec, Result] | None) -> Iterator[Result]:
    """The results that tasks left behind, which `left` then lacks."""
    if found is not None:
        numbers = list(left)
        for number, result in zip(numbers, found([*left.values()]), strict=True):
            if result is not None:
                del left[number]
                yield result


class _Deadly(NamedTuple):
    """The outcome of a task whose workers have died too often."""

    number: int


class _Guarded(Generic[Spec, Result]):
    """Turns exceptions into results: Ray would replace their type by one of its own."""

    def __init__(self, task: Callable[[Spec], Result], label: str) -> None:
        from ray import cloudpickle  # noqa: PLC0415

        # Loaded only where deaths are counted: what it imports may be what a worker dies of.
        self.task, self.label = cloudpickle.dumps(task), label

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"number": row["number"], "outcome": self._outcome(row)}

    def _outcome(self, row: dict[str, Any]) -> bytes:
        if _deaths_so_far() >= _MOST_DEATHS:
            return pickle.dumps(_Deadly(row["number"]))
        return _outcome_of(self.task, self.label, pickle.loads(row["spec"]))  # noqa: S301


def _outcome_of(task: bytes, label: str, spec: Any) -> bytes:
    """Return the pickled result of a pickled task, or the error that it raises."""
    outcome: list[Any] = []
    with unforeseen(lambda error: outcome.append(_failure(error, label, spec))):
        outcome.append(_tried(pickle.loads(task), spec))  # noqa: S301
    return pickle.dumps(outcome[0])


def _failure(error: Exception, label: str, spec: object) -> HeliuError:
    if isinstance(error, HeliuError):
        return error
    account = "".join(traceback.format_exception_only(error)).strip()
    return TaskError(f"a task of {label} failed: {account} ({_named(spec)})")


def _tried(task: Callable[[Spec], Result], spec: Spec) -> Result:
    for pause_seconds in _PAUSES_SECONDS:
        try:
            return task(spec)
        except StorageError as error:
            if type(error) is not StorageError:  # what is missing or forbidden stays so
                raise
            time.sleep(pause_seconds)
    return task(spec)


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


def deaths(label: str, names: Sequence[str]) -> str:
    """Return what to say of tasks whose workers died again and again.

    Args:
        label: what errors call the tasks.
        names: of their specifications.
    """
    return (
        f"{label}: {len(names):,} tasks killed their worker {_MOST_DEATHS} times each, for want of "
        f"memory, by what they read or by never ending:\n{_listed(names)}\n"
        "all other tasks are done and kept: look at these files, take them out of the delivery or "
        "give workers more memory (compute.workers, compute.task_memory_bytes), and run again"
    )


def _listed(names: Sequence[str]) -> str:
    more = f"\n  and {len(names) - _NAMED_TASKS:,} more" if len(names) > _NAMED_TASKS else ""
    return "\n".join(f"  {name}" for name in names[:_NAMED_TASKS]) + more

"""A session of Ray is one for all that is inside, and none where there is nothing to do."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import ClassVar

import pytest
import ray

from jobs.errors import (
    ComputeError,
    ConfigError,
    HeliuError,
    ObjectMissing,
    OutcomeUnknown,
    StorageError,
    StorageUnwritable,
)
from jobs.on_ray import shards
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.progress import with_pauses
from jobs.on_ray.session import interrupted_afterwards, ray_session
from jobs.on_ray.shards import map_shards

COMPUTE = ComputeParams(address=None, workers=2, task_memory_bytes=None)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often Ray was ended, as in a process that has not connected; to start it is an error."""
    calls: list[str] = []
    monkeypatch.setattr("jobs.on_ray.session._IS_OPEN", ContextVar("of this test", default=False))
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray was started"))
    monkeypatch.setattr(ray, "shutdown", lambda: calls.append("ended"))
    return calls


def test_session_without_tasks_starts_no_ray(ended: list[str]) -> None:
    with ray_session():
        assert list(map_shards(str, [], compute=COMPUTE, label="nothing")) == []
    assert ended == ["ended"]


@pytest.mark.parametrize(("address", "said"), [(None, "less busy"), ("10.0.0.1:1", "correct")])
def test_ray_that_does_not_come_up_in_time_is_no_defect(
    ended: list[str], monkeypatch: pytest.MonkeyPatch, address: str | None, said: str
) -> None:
    def overloaded(**_: object) -> None:
        raise Exception("The current node timed out during startup.")  # noqa: TRY002  as Ray does

    monkeypatch.setattr(ray, "init", overloaded)
    monkeypatch.setattr("jobs.on_ray.addresses.cluster_address", lambda _: address)
    # A token of its own would take that of other tests' Ray away from this process.
    monkeypatch.setattr("jobs.on_ray.isolation._read_environment_again", lambda: None)
    with pytest.raises(ComputeError, match=rf"\(The current node timed out.*{said}"), ray_session():
        list(map_shards(str, ["a"], compute=COMPUTE, label="one"))
    assert ended == ["ended"]


def test_sessions_inside_another_leave_ray_to_it(ended: list[str]) -> None:
    with ray_session():
        with ray_session():
            pass
        assert ended == []
    with ray_session():
        pass
    assert len(ended) == 2


class Task:
    """Fails as often as it is told; calls of the newest are counted, also of its copies."""

    calls: ClassVar[int]

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        Task.calls = 0

    def __call__(self, spec: str) -> str:
        Task.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return spec


def outcome(task: Task, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(shards, "_PAUSES_SECONDS", (0.0, 0.0))
    row = {"number": 0, "spec": pickle.dumps("片")}
    return shards._unwrapped(shards._Guarded(task, "片")(row)["outcome"])


def test_task_whose_storage_failed_is_tried_again_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures = [StorageError(f"s3://桶/键: 第{number}次") for number in range(3)]
    assert outcome(Task(*failures[:2]), monkeypatch) == "片"
    hopeless = Task(*failures)
    with pytest.raises(StorageError, match="s3://桶/键: 第2次"):
        outcome(hopeless, monkeypatch)
    assert hopeless.calls == 3


@pytest.mark.parametrize("kind", [ObjectMissing, StorageUnwritable, OutcomeUnknown, ConfigError])
def test_task_that_would_fail_again_is_not_tried_again(
    kind: type[HeliuError], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(kind("没有"), kind("没有"))
    with pytest.raises(kind):
        outcome(task, monkeypatch)
    assert task.calls == 1


def test_stages_are_loaded_without_what_only_some_tasks_need() -> None:
    """A finished build ends before Ray would have been loaded."""
    heavy = ("ray", "boto3", "datasketch", "scipy.linalg", "trafilatura", "pandas")
    code = f"""
import sys
import jobs.command.parameters, jobs.command.reports, jobs.flow.builds.pipeline
print(*[name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def test_rows_come_as_they_are_read_with_pauses_between() -> None:
    def rows() -> Iterator[int]:
        yield 1
        time.sleep(0.5)
        yield 2
        raise ZeroDivisionError("三")

    got: list[int | None] = []
    with pytest.raises(ZeroDivisionError, match="三"):
        got.extend(with_pauses(rows(), 0.1))
    assert got[0] == 1
    assert got[-1] == 2
    assert 1 <= got.count(None) <= 5


def test_thread_that_reads_ends_when_nobody_wants_more() -> None:
    read: list[int] = []

    def rows() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            time.sleep(0.01)
            yield number

    for _ in with_pauses(rows(), 10.0):
        break
    time.sleep(0.2)
    at = len(read)
    time.sleep(0.1)
    assert len(read) == at < 100


def started(presses: int, fault: Exception | None = None) -> None:
    """Start what Ctrl-C is pressed at, and press it again if it may be; it may fail."""
    steps = ["begun"]
    try:
        with interrupted_afterwards():
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)
            steps.append("done")
            if fault is not None:
                raise fault
    finally:
        assert steps[1:] == ["done"] * (presses < 2)


@pytest.mark.parametrize("presses", [1, 2])
def test_interrupt_waits_until_ray_is_started_and_a_second_one_does_not(
    presses: int, caplog: pytest.LogCaptureFixture
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        started(presses)
    assert [record.message for record in caplog.records] == [
        "heliu: stopping as soon as Ray has started; press again to stop at once"
    ]
    with pytest.raises(KeyboardInterrupt):
        started(presses, ConfigError("it cannot start without what was interrupted"))
    with pytest.raises(ConfigError):
        started(0, ConfigError("it cannot start"))
    assert signal.getsignal(signal.SIGINT) is before

"""A session of Ray is one for all that is inside, and none where there is nothing to do."""

from __future__ import annotations

import pickle
from contextvars import ContextVar

import pytest
import ray

from jobs.errors import (
    ConfigError,
    HeliuError,
    ObjectMissing,
    OutcomeUnknown,
    StorageError,
    StorageUnwritable,
)
from jobs.on_ray import shards
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.session import ray_session
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


def test_sessions_inside_another_leave_ray_to_it(ended: list[str]) -> None:
    with ray_session():
        with ray_session():
            pass
        assert ended == []
    with ray_session():
        pass
    assert len(ended) == 2


class Task:
    """Fails as often as it is told, and counts its calls."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self, spec: str) -> str:
        self.calls += 1
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

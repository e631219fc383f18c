"""A session of Ray is one for all that is inside, and none where there is nothing to do."""

from __future__ import annotations

from contextvars import ContextVar

import pytest
import ray

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

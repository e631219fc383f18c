"""Small work is done in one process beside this one, and by Ray what kills that process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray

from jobs.errors import TaskError
from jobs.on_ray import shards, small_work
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.session import ray_session
from jobs.on_ray.shards import map_shards

COMPUTE = ComputeParams(address=None, workers=2, task_memory_bytes=None, is_small=True)
PROCESS = "__import__('os').getpid()"
DEATH = "__import__('os')._exit(1)"


@pytest.fixture(autouse=True)
def _without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has not connected to Ray; to start one is an error."""
    monkeypatch.setattr("jobs.on_ray.session._IS_OPEN", ContextVar("of this test", default=False))
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray was started"))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def done(*specs: str) -> list[Any]:
    """The results of expressions as tasks."""
    return list(map_shards(eval, specs, compute=COMPUTE, label="算"))


def is_running(process: int) -> bool:
    return Path(f"/proc/{process}/cmdline").exists()


def test_tasks_of_a_session_share_one_process_that_ends_with_it() -> None:
    with ray_session():
        processes = {*done(PROCESS, PROCESS), *done(PROCESS)}
        assert len(processes) == 1
        assert os.getpid() not in processes
    assert not any(map(is_running, processes))


def test_error_of_a_task_names_it() -> None:
    with pytest.raises(TaskError, match=r"a task of 算 failed: ZeroDivisionError.*\(1 / 0\)"):
        done("2 + 2", "1 / 0")


def test_ray_does_what_kills_the_process_and_all_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Sequence[str]] = []

    def mapped(specs: Sequence[str], *_: Any) -> Iterator[str]:
        given.append(specs)
        yield from specs

    monkeypatch.setattr(shards, "start_ray", lambda _: None)
    monkeypatch.setattr(shards, "_dataset", lambda _task, specs, *_: specs)
    monkeypatch.setattr(shards, "_mapped", mapped)
    assert done("2 + 2", DEATH, "3 + 3") == [4, DEATH, "3 + 3"]
    assert given == [(DEATH, "3 + 3")]


def test_cluster_does_small_work_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert small_work.is_small(COMPUTE)
    assert not small_work.is_small(replace(COMPUTE, is_small=False))
    assert not small_work.is_small(replace(COMPUTE, address="auto"))
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    assert not small_work.is_small(COMPUTE)


def test_process_ends_when_the_program_is_killed() -> None:
    program = f"""
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.shards import map_shards
for process in map_shards(eval, [{PROCESS!r}], compute={COMPUTE!r}, label="算"):
    print(process, flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        process = int(running.stdout.readline())
        assert is_running(process)
        running.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(process)

"""A task that kills its worker is told by name, after the third time, and costs no other task."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.errors import TaskError
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.shards import map_shards

pytestmark = [pytest.mark.ray, pytest.mark.timeout(120), pytest.mark.usefixtures("local_ray")]

COMPUTE = ComputeParams(address=None, workers=2, task_memory_bytes=None)


def killing() -> Callable[[str], str]:
    """A task that returns the name it is given, or dies of it; each start leaves a file."""

    def killed(name: str) -> str:
        path = Path(name)
        path.with_name(f"{path.name}-{os.getpid()}").touch()
        if path.name.startswith("坏"):
            os.kill(os.getpid(), signal.SIGKILL)
        return name

    return killed


def failing() -> Callable[[str], str]:
    """A task with a fault."""

    def wrong(name: str) -> str:
        raise ZeroDivisionError(f"在 {name}")

    return wrong


def test_task_that_kills_its_worker_thrice_is_named_when_all_others_are_done(
    tmp_path: Path,
) -> None:
    good = [str(tmp_path / f"好{number}") for number in range(4)]
    bad = str(tmp_path / "坏.parquet")
    done: list[str] = []
    mapped = map_shards(killing(), [good[0], bad, *good[1:]], compute=COMPUTE, label="读")
    with pytest.raises(TaskError) as caught:
        done.extend(mapped)
    assert sorted(done) == good
    assert bad in str(caught.value)
    assert not any(name in str(caught.value) for name in good)
    assert len([*tmp_path.glob("坏*")]) == 3


def test_what_nobody_foresaw_is_told_with_where_it_was() -> None:
    with pytest.raises(TaskError, match=r"读 failed: ZeroDivisionError: 在 甲\.jsonl \(甲\.jsonl"):
        list(map_shards(failing(), ["甲.jsonl"], compute=COMPUTE, label="读"))

"""A task that kills its worker is told by name, after the third time, and costs no other task."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jobs.errors import TaskError
from jobs.on_ray import shards
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.shards import map_shards

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

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


def dying() -> Callable[[str], str]:
    """A task that kills every other process which so much as loads it."""
    here = os.getpid()

    def load(home: int) -> Callable[[str], str]:
        if os.getpid() != home:
            os.kill(os.getpid(), signal.SIGKILL)
        return str

    class Dying:
        def __call__(self, name: str) -> str:
            return name

        def __reduce__(self) -> tuple[Callable[[int], Callable[[str], str]], tuple[int]]:
            return load, (here,)

    return Dying()


def test_workers_that_die_before_a_task_begins_are_not_tried_for_ever() -> None:
    with pytest.raises(
        TaskError, match=r"读: 1 tasks killed their worker 3 times each.*:\n  甲\.jsonl\n"
    ):
        list(map_shards(dying(), ["甲.jsonl"], compute=COMPUTE, label="读"))


def test_result_in_place_of_a_task_that_kills_its_workers() -> None:
    found = map_shards(
        dying(), ["甲.jsonl"], compute=COMPUTE, label="读", if_killed=lambda name: f"{name}?"
    )
    assert list(found) == ["甲.jsonl?"]


def lingering() -> Callable[[str], str]:
    """A task that leaves its result at once and is long in coming back."""

    def late(name: str) -> str:
        Path(name).touch()
        time.sleep(10)
        Path(f"{name}回").touch()
        return name

    return late


def test_results_are_looked_for_while_none_comes_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shards, "_QUIET_SECONDS", 1.0)
    names = [str(tmp_path / name) for name in ("甲", "乙")]

    def found(left: Sequence[str]) -> list[str | None]:
        return [name if Path(name).exists() else None for name in left]

    done = map_shards(lingering(), names, compute=COMPUTE, label="读", found=found)
    assert sorted(done) == sorted(names)
    assert len([*tmp_path.iterdir()]) == 2
    assert "读: no task has finished for 1 s, 2 are not done (1 node)" in caplog.text

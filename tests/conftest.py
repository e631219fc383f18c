"""What many tests share: one Ray, one demo corpus, one S3 server, each started once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from jobs.on_ray.compute import ComputeParams
from jobs.synthesis import write_demo

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
# Machines are busy, and kernels compile: no example has a deadline. The same examples each time,
# so that a change is judged by what it changes; `--hypothesis-profile=search` looks for others.
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, derandomize=False)
settings.load_profile("fixed")
os.environ.pop("COLUMNS", None)  # tables are as wide as they are, whatever terminal this is


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


@pytest.fixture(scope="session", autouse=True)
def _impatience() -> Iterator[None]:
    """A server that a test takes away does not come back: nobody need wait a minute for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobs.storage.s3_clients._ATTEMPTS", 5)
        yield


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo corpus: deliveries of three partners, their conf/ and truth.parquet."""
    out = tmp_path_factory.mktemp("demo") / "demo"
    write_demo(out, size_bytes=3_000_000, seed=1, report=lambda _done: None)
    return out


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, so small that its build starts no Ray."""
    out = tmp_path_factory.mktemp("small_demo") / "demo"
    write_demo(out, size_bytes=1_200_000, seed=1, report=lambda _done: None)
    return out


@pytest.fixture
def tasks_here() -> Iterator[None]:
    """Tasks run in this process, as `tests.builds.in_this_process` says."""
    from tests.builds import in_this_process

    with in_this_process():
        yield


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """One local Ray for the whole session: starting one takes seconds."""
    from jobs.on_ray.session import ray_session, start_ray

    with ray_session():
        start_ray(ComputeParams(address=None, workers=2, task_memory_bytes=None))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real deliveries, benchmark sets and dirty files, where this machine has them."""
    folder = os.environ.get("HELIU_REAL_DATA")
    if not folder:
        pytest.skip("HELIU_REAL_DATA is not set: the test on real deliveries did NOT run")
    return Path(folder)

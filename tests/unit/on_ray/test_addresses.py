"""A Ray that is not there, or cannot be started here, is told in seconds and with the cure."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
import ray

from jobs.errors import ComputeError, ConfigError
from jobs.on_ray import addresses
from jobs.on_ray.addresses import cluster_address, short_folder
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.session import start_ray

TEMPORARY = "/tmp"  # noqa: S108
CONNECT = """
import sys
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.session import start_ray
start_ray(ComputeParams(address=sys.argv[1], workers=1, task_memory_bytes=None))
"""


@pytest.fixture
def listener() -> Iterator[int]:
    """A port where somebody listens who is no Ray."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_SECONDS", 1)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def start(address: str | None) -> None:
    start_ray(ComputeParams(address=address, workers=1, task_memory_bytes=None))


@pytest.fixture
def _not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has not connected; what would wait for minutes is an error."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray was asked"))
    # The Ray of other tests in this process keeps its token.
    monkeypatch.setattr("jobs.on_ray.isolation.show_token", lambda: None)


@pytest.mark.usefixtures("_not_connected")
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_nobody_at_the_address_is_told_in_seconds(scheme: str, closed_port: int) -> None:
    begin = time.monotonic()
    address = f"{scheme}127.0.0.1:{closed_port}"
    with pytest.raises(ComputeError, match=rf"compute\.address={address} .*refused.*correct"):
        start(address)
    assert time.monotonic() - begin < 5


@pytest.mark.usefixtures("_not_connected")
def test_address_of_something_else_is_told_in_seconds(listener: int) -> None:
    with pytest.raises(ComputeError, match="something else listens there"):
        start(f"127.0.0.1:{listener}")


@pytest.mark.usefixtures("_not_connected")
@pytest.mark.parametrize("address", ["无此机.invalid:6379", "127.0.0.1:端口", "127.0.0.1:99999"])
def test_address_of_no_machine_is_told(address: str) -> None:
    with pytest.raises(ComputeError, match="no Ray answers at"):
        start(address)


def test_address_that_ray_cannot_read_is_named() -> None:
    """In a process of its own: who connects forgets the token of the Ray of other tests."""
    done = subprocess.run(
        [sys.executable, "-c", CONNECT, "head"], capture_output=True, text=True, check=False
    )
    assert re.search(
        r"ComputeError: Ray at head cannot be reached .*compute\.address", done.stderr
    ), done.stderr


@pytest.mark.usefixtures("_not_connected")
def test_address_for_submitting_jobs_is_not_one_to_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:8265")
    with pytest.raises(ConfigError, match=r"^RAY_ADDRESS=http://127.0.0.1:8265 .*address=auto"):
        start(None)
    with pytest.raises(ConfigError, match=r"^compute\.address=https://head"):
        start("https://head")


def test_address_where_ray_may_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        assert cluster_address(address) == address
        monkeypatch.setenv("RAY_ADDRESS", address)
        assert cluster_address(None) == address
    finally:
        server.stop(None)
    monkeypatch.delenv("RAY_ADDRESS")
    assert cluster_address(None) is None


def test_ray_of_this_machine_is_looked_for_even_where_jobs_are_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setattr("ray._private.services.find_gcs_addresses", set)
    monkeypatch.setenv("RAY_ADDRESS", "http://127.0.0.1:8265")
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    with pytest.raises(ComputeError, match="no Ray runs on this machine"):
        cluster_address("auto")
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{closed_port}")
    with pytest.raises(ComputeError, match="no Ray answers"):  # what a killed head leaves
        cluster_address("auto")


def test_folder_whose_sockets_would_have_too_long_paths_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.setenv("TMPDIR", TEMPORARY)
    assert short_folder() == f"{TEMPORARY}/ray"
    long = tmp_path / ("长" * 20)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    assert short_folder().startswith(f"{TEMPORARY}/ray-")


def test_folder_that_cannot_be_written_is_passed_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "file"
    taken.touch()
    monkeypatch.setattr(addresses, "_FOLDER_BYTES", 4096)
    monkeypatch.setenv("RAY_TMPDIR", str(taken))
    assert short_folder().startswith(f"{TEMPORARY}/ray-")
    monkeypatch.setattr(addresses, "_LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(
        ComputeError, match=r"file/ray cannot be written .*ray-\d+ cannot be.*RAY_TMPDIR"
    ):
        short_folder()

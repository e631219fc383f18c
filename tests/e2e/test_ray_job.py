"""A build submitted as a job to a Ray head started by hand, as docs/running.md says."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import ROOT, build_arguments, environment, heliu

# As the page says to start a cluster.
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "5a" * 32}

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def ray_head() -> Iterator[str]:
    """The dashboard's address of a Ray head of our own; other Rays here are left alone."""
    port, dashboard, agent, client = free_ports(4)
    address = f"http://127.0.0.1:{dashboard}"
    options = {
        "port": port,
        "dashboard-port": dashboard,
        "dashboard-agent-listen-port": agent,  # fixed by default: a second Ray would have none
        "ray-client-server-port": client,
        "dashboard-host": "127.0.0.1",
        "num-cpus": 2,
        "temp-dir": f"{tempfile.gettempdir()}/heliu-{os.getpid()}",  # socket paths must be short
    }
    head = subprocess.Popen(
        ["ray", "start", "--head", "--block", *(f"--{k}={v}" for k, v in options.items())],
        env=environment(**TOKEN),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", dashboard)):
            break
        time.sleep(0.5)
    yield address
    head.send_signal(signal.SIGTERM)
    head.wait(timeout=60)


def submit(address: str, *entrypoint: str) -> subprocess.CompletedProcess[str]:
    """A finished job; a head that has just started says for a moment that it has no agent yet."""
    command = ["ray", "job", "submit", "--address", address, "--working-dir", ".", "--"]
    deadline = time.monotonic() + 60
    while True:
        done = subprocess.run(
            [*command, *entrypoint],
            cwd=ROOT,
            env=environment(**TOKEN),
            capture_output=True,
            text=True,
            check=False,
            timeout=800,
        )
        if "No available agent" not in done.stderr or time.monotonic() > deadline:
            return done
        time.sleep(2)


def test_build_submitted_as_a_job_publishes_the_release(
    ray_head: str, demo: Path, tmp_path: Path
) -> None:
    verb, *arguments = build_arguments(demo, tmp_path)
    done = submit(ray_head, "python", "-m", f"jobs.{verb}", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "demo 1.0.0 published" in done.stdout
    assert heliu("verify", f"storage.root={tmp_path}").returncode == 0

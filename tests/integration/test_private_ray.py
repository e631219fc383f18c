"""A Ray that heliu starts is its own: others on the network or machine run nothing in it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray._raylet import AuthenticationTokenLoader

from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.shards import map_shards

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

COMPUTE = ComputeParams(address=None, workers=2, task_memory_bytes=None)
LISTENING = "0A"
INTRUDER = """
import logging, sys, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)
print("ran", ray.get(ray.remote(lambda text: text).remote("甲"), timeout=30))
"""


def processes() -> list[int]:
    """This process and all below it."""
    found = [os.getpid()]
    for pid in found:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def listening(pid: int) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses at which a process listens."""
    sockets = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            sockets.add(str(file.readlink()))
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets:
                packed = bytes.fromhex(fields[1].partition(":")[0])
                words = [packed[at : at + 4][::-1] for at in range(0, len(packed), 4)]
                yield ipaddress.ip_address(b"".join(words))


def is_loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def intrusion(**environment: str) -> subprocess.CompletedProcess[str]:
    """Another program of this machine that knows the address."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    quick = {"RAY_NUM_REDIS_GET_RETRIES": "1", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    address = ray.get_runtime_context().gcs_address
    return subprocess.run(
        [sys.executable, "-c", INTRUDER, address],
        env={**clean, **quick, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_ray_listens_on_the_loopback_alone() -> None:
    assert list(map_shards(str, ["甲"], compute=COMPUTE, label="片")) == ["甲"]
    found = {pid: [*listening(pid)] for pid in processes()}
    addresses = [address for ones in found.values() for address in ones]
    assert len(addresses) > 5
    assert [address for address in addresses if not is_loopback(address)] == []


def test_who_has_no_token_runs_no_task() -> None:
    refused = intrusion(RAY_AUTH_MODE="disabled")
    assert refused.returncode
    assert "InvalidAuthToken" in refused.stderr
    assert "ran" not in refused.stdout
    token = AuthenticationTokenLoader.instance().get_raw_token()
    let_in = intrusion(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)
    assert let_in.stdout == "ran 甲\n", let_in.stderr
    assert os.environ.get("RAY_AUTH_TOKEN") != token

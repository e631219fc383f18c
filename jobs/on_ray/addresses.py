"""Where Ray is, or may be started: known in seconds, where Ray itself would try for minutes."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import grpc
from ray._private.services import canonicalize_bootstrap_address
from ray.util import get_node_ip_address

from jobs.config_errors import UnfitAddress
from jobs.errors import ComputeError

_SECONDS = 10
_DIRECT = (("grpc.enable_http_proxy", 0),)
_CLIENT_SCHEME = "ray://"
_HTTP = ("http://", "https://")
_LOOPBACK = ("localhost", "127.0.0.1")
# A socket's path may have 107 bytes, and below its folder Ray needs
# session_YYYY-MM-DD_HH-MM-SS_MICROS_PID/sockets/plasma_store.
_FOLDER_BYTES = 107 - 66
_LEAST_FREE_BYTES = 16 << 20


def cluster_address(configured: str | None) -> str | None:
    """Return the address of the Ray to connect to, where one answers; None to start one here.

    Args:
        configured: `compute.address`; without it RAY_ADDRESS counts, which Ray sets in its jobs.

    Raises:
        ConfigError: it is where jobs are submitted, not where a cluster is joined.
        ComputeError: no Ray answers there.
    """
    address = configured or os.environ.get("RAY_ADDRESS") or ""
    name = "compute.address" if configured else "RAY_ADDRESS"
    if address.startswith(_HTTP):
        raise UnfitAddress(
            f"{name}={address} is where jobs are submitted (ray job submit --address), not where "
            f"a program joins the cluster: on its head give compute.address=auto, elsewhere HOST:"
            "PORT as ray start --head said (6379 unless you chose another)"
        )
    if address == "auto":
        address = _running_here(name)
    if ":" in address:
        _require_answer(address, name)
    return address or None


def short_folder() -> str:
    """Return the folder for a local Ray's files: the usual one unless socket paths get too long.

    Raises:
        ComputeError: none of the usual folders can be used.
    """
    usual = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp"  # noqa: S108
    names = [f"{usual}/ray", f"/tmp/ray-{os.getuid()}", f"/var/tmp/ray-{os.getuid()}"]  # noqa: S108
    complaints = []
    for name in names:
        complaint = _complaint(Path(name).absolute())
        if complaint is None:
            return name
        complaints.append(f"{name} {complaint}")
    raise ComputeError(
        f"Ray finds no folder for its files: {'; '.join(complaints)}. Free some space or set "
        "RAY_TMPDIR to another short path"
    )


def _complaint(folder: Path) -> str | None:
    """Return why the folder will not do; None if it will."""
    if len(os.fsencode(folder)) > _FOLDER_BYTES:
        return f"has a path of more than {_FOLDER_BYTES} bytes"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _LEAST_FREE_BYTES)
    except OSError as error:
        return f"cannot be written ({error.strerror})"
    return None


def _running_here(name: str) -> str:
    """Return the address of the Ray that runs on this machine, or that a Ray recorded here."""
    if os.environ.get("RAY_ADDRESS", "").startswith(_HTTP):
        del os.environ["RAY_ADDRESS"]  # Ray would take it for the answer
    try:
        return str(canonicalize_bootstrap_address("auto"))
    except (OSError, ValueError) as error:
        raise ComputeError(
            f"{name}=auto, but no Ray runs on this machine: start one (ray start), or leave it out "
            "to work on this machine alone"
        ) from error


def _require_answer(address: str, name: str) -> None:
    host, _, port = address.removeprefix(_CLIENT_SCHEME).rpartition(":")
    # Ray takes the loopback for the node's own address, the only one its head may listen to.
    hosts = [host, get_node_ip_address()] if host in _LOOPBACK else [host]
    complaints = [_unanswered(host.strip("[]"), port) for host in hosts]
    if all(complaints):
        raise ComputeError(
            f"no Ray answers at {name}={address} ({complaints[0]}): start it, correct the address "
            "(HOST:PORT as ray start --head said, 6379 unless you chose another), or leave it out "
            "to work on this machine alone"
        )


def _unanswered(host: str, port: str) -> str | None:
    """Return what was found in place of Ray; None if Ray answers."""
    try:
        socket.create_connection((host, int(port)), timeout=_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        return str(error)
    if os.environ.get("RAY_USE_TLS") == "1":
        return None
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    with grpc.insecure_channel(target, options=_DIRECT) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=_SECONDS)
        except grpc.FutureTimeoutError:
            return "something else listens there"
    return None

"""A node of a cluster that stops answering in the midst of a build, and is not dead.

usage: python -m tests.drills.frozen_node FOLDER

Starts a cluster of two nodes on this machine, by hand and with the settings of docs/running.md,
builds a corpus on it, and stops the second node (SIGSTOP to its raylet and workers) when it has
begun to normalize. Prints what standard error said, when, and the exit code. Fails unless the build
ends within five minutes with the digest that it has on one node.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands import heliu, start

SETTINGS = {
    "RAY_AUTH_MODE": "token",
    "RAY_health_check_period_ms": "2000",
    "RAY_health_check_timeout_ms": "5000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_grpc_client_keepalive_time_ms": "10000",
    "RAY_grpc_client_keepalive_timeout_ms": "5000",
}
_PORT = 7_379  # below the ports that Ray gives its workers
_NODE_SECONDS, _REGISTERED_SECONDS, _MOST_SECONDS = 120, 10, 300


class Node:
    """A node of a cluster, with all processes that it starts."""

    def __init__(self, log: Path, *arguments: str) -> None:
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--num-cpus=1"]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--node-ip-address=127.0.0.1", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if not _wait_for(self.raylet, _NODE_SECONDS):
            self.end()
            raise RuntimeError(f"no node has started:\n{log.read_text(encoding='utf-8')}")

    def processes(self) -> list[int]:
        """Return the numbers of its processes, parents first."""
        parents = dict(_parents())
        found = [self._process.pid]
        for number in found:
            found += [child for child, parent in parents.items() if parent == number]
        return found

    def raylet(self) -> list[int]:
        """Return the numbers of its raylet and what that started; none before it runs."""
        found = self.processes()
        names = [Path(f"/proc/{number}/cmdline") for number in found]
        at = [place for place, name in enumerate(names) if b"raylet/raylet" in _content(name)]
        return found[at[0] :] if at else []

    def signal(self, what: signal.Signals, numbers: list[int]) -> None:
        """Send a signal to processes of its own."""
        for number in numbers:
            if number in self.processes():
                os.kill(number, what)

    def end(self) -> None:
        """Kill all of it."""
        self.signal(signal.SIGKILL, self.processes()[::-1])
        self._process.wait()


def _parents() -> Iterator[tuple[int, int]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        content = _content(stat).rpartition(b")")[2].split()
        if content:
            yield int(stat.parent.name), int(content[1])


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@contextmanager
def cluster(folder: Path) -> Iterator[Node]:
    """Two nodes; the second is given."""
    os.environ |= {**SETTINGS, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    log = folder.with_suffix(".log")
    how = ("--head", f"--port={_PORT}", "--include-dashboard=false", f"--temp-dir={folder}")
    nodes = [Node(log, *how)]
    try:
        nodes.append(Node(log, f"--address=127.0.0.1:{_PORT}"))
        time.sleep(_REGISTERED_SECONDS)
        yield nodes[1]
    finally:
        for node in nodes[::-1]:
            node.end()


def _wait_for(condition: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def _found(folder: Path) -> bool:
    return any(folder.glob("**/*"))


def _digest(root: Path) -> str:
    answer = heliu("releases", f"storage.root={root}", "corpus.name=demo", "format=json")
    return str(json.loads(answer.stdout)[0]["digest"])


def main() -> None:
    """Build on one node and on two, of which one is stopped."""
    folder = Path(sys.argv[1])
    heliu("demo", f"out={folder / 'demo'}", "size=20MB")
    build = [
        *("build", "--config-dir", str(folder / "demo" / "conf"), "partners=[gov,news,papers]"),
        *("corpus.name=demo", "corpus.version=1.0.0", "shards.input_bytes=500000"),
        *("alarms=warn", "progress=lines"),
    ]
    alone = heliu(*build, f"storage.root={folder / 'alone'}")
    root = folder / "root"
    with cluster(folder / "ray") as node:
        address = f"compute.address=127.0.0.1:{_PORT}"
        running = start(*build, f"storage.root={root}", address, **SETTINGS)
        work = root / "demo" / "work" / "normalized"
        is_begun = _wait_for(lambda: running.poll() is not None or _found(work), _MOST_SECONDS)
        frozen = node.raylet()
        node.signal(signal.SIGSTOP, frozen)
        at = time.monotonic()
        sys.stdout.write(f"stopped {len(frozen)} processes: {is_begun}\n")
        try:
            said, _ = running.communicate(timeout=_MOST_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            said, _ = running.communicate()
        seconds = time.monotonic() - at
    sys.stdout.write(f"{said}\nended {running.returncode} after {seconds:.0f} s\n")
    is_well = not alone.returncode and not running.returncode
    is_well = is_well and _digest(root) == _digest(folder / "alone")
    sys.stdout.write("well\n" if is_well else "BAD\n")
    sys.exit(not is_well)


if __name__ == "__main__":
    main()

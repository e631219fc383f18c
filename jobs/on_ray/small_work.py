"""Small work: tasks in one plain process beside this one, which begins in a third of Ray's time.

The process is another one for the same reason that Ray's workers are: what kills it does not kill
the program, and its tasks then go to Ray. It ends with the session, and with the program, however
that ends.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from jobs.on_ray.compute import ComputeParams

_SERVE = "from jobs.on_ray.small_work import serve; serve()"


class WorkerDied(Exception):
    """The process ended while it ran a task."""


class _Worker(NamedTuple):
    process: subprocess.Popen[bytes]
    calls: Connection


_workers: list[_Worker] = []


def is_small(compute: ComputeParams) -> bool:
    """Whether tasks are to run beside this process: they are small, and no cluster is there."""
    return compute.is_small and not (compute.address or os.environ.get("RAY_ADDRESS"))


def called_beside(call: Callable[..., bytes], *given: Any) -> bytes:
    """Return what a function returns in the other process, which is started if there is none.

    Raises:
        WorkerDied: the process died.
    """
    if not _workers:
        _workers.append(_started())
    calls = _workers[0].calls
    try:
        calls.send_bytes(pickle.dumps((call, given)))
        return calls.recv_bytes()
    except (EOFError, OSError) as error:
        end_worker()
        raise WorkerDied from error


def end_worker() -> None:
    """End the other process, if there is one."""
    while _workers:
        worker = _workers.pop()
        worker.calls.close()
        worker.process.kill()
        worker.process.wait()


def serve() -> None:
    """Run in the other process what is asked of it, until this one ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other one is interrupted, and ends this one
    calls = Connection(int(sys.argv[1]))
    while True:
        try:
            call, given = pickle.loads(calls.recv_bytes())  # noqa: S301
        except EOFError:
            return
        calls.send_bytes(call(*given))


def _started() -> _Worker:
    here, there = Pipe()
    surroundings = {"OMP_NUM_THREADS": "1", **os.environ}  # as Ray gives its workers
    surroundings["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    with there:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _SERVE, str(there.fileno())],
            env=surroundings,
            pass_fds=[there.fileno()],
        )
    return _Worker(process, here)

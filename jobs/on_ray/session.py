"""A Ray to work on: the cluster this process belongs to, or a local one that ends with it.

Ray is loaded when it is started: 1.2 s that a build in which everything is done need not wait.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar

from jobs.errors import ComputeError
from jobs.on_ray.compute import ComputeParams
from jobs.on_ray.small_work import end_worker

_IS_OPEN = ContextVar("a session of Ray is open", default=False)
_FAILURES = (OSError, RuntimeError, ValueError)  # the last of what it cannot parse


@contextlib.contextmanager
def ray_session() -> Iterator[None]:
    """Let all work inside share one Ray; the first task starts it, the outermost session ends it.

    Where everything is done already, no Ray is started. A Ray already connected to is left
    as it was.
    """
    if _IS_OPEN.get() or is_initialized():
        yield
        return
    token = _IS_OPEN.set(True)
    try:
        yield
    finally:
        _IS_OPEN.reset(token)
        end_worker()
        if "ray" in sys.modules:
            import ray  # noqa: PLC0415

            ray.shutdown()


def start_ray(params: ComputeParams) -> None:
    """Connect to Ray, unless that is done.

    Raises:
        ComputeError: there is none to connect to, or none can be started here.
    """
    if is_initialized():
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from jobs.on_ray.addresses import cluster_address  # noqa: PLC0415

    with interrupted_afterwards():
        if address := cluster_address(params.address):
            _connect(address)
        else:
            _start_here(params.workers)
        _silence_ray_data()


@contextlib.contextmanager
def interrupted_afterwards() -> Iterator[None]:
    """Let Ctrl-C end what is within once it is done; a second one ends it at once.

    A Ray that is interrupted while it starts warns in words of its own.

    Raises:
        KeyboardInterrupt: also where what is within failed, as it may because of Ctrl-C.
    """
    pressed: list[int] = []

    def note(number: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        logging.getLogger(__name__).warning(
            "heliu: stopping as soon as Ray has started; press again to stop at once"
        )

    if threading.current_thread() is not threading.main_thread():  # where signals do not arrive
        yield
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt


def is_initialized() -> bool:
    """Whether this process is connected to a Ray."""
    if "ray" not in sys.modules:
        return False
    import ray  # noqa: PLC0415

    return ray.is_initialized()


def _connect(address: str) -> None:
    import ray  # noqa: PLC0415

    from jobs.on_ray.isolation import show_token  # noqa: PLC0415

    show_token()
    cure = (
        "start it, correct compute.address (or RAY_ADDRESS), or unset both to work on this "
        "machine alone"
    )
    with _Starting(f"Ray at {address} cannot be reached", cure):
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)


def _start_here(workers: int | None) -> None:
    import ray  # noqa: PLC0415

    from jobs.on_ray.addresses import short_folder  # noqa: PLC0415
    from jobs.on_ray.isolation import isolated  # noqa: PLC0415

    folder = short_folder()
    cure = (
        "look for space in that folder and in /dev/shm, set RAY_TMPDIR to another short path, or "
        "run again when the machine is less busy: Ray gives itself 30 seconds"
    )
    with _Starting(f"Ray cannot be started here, with its files in {folder}", cure), isolated():
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=folder,
        )


class _Starting:
    """Raise ComputeError for what Ray raises if it does not come up: of a timeout just Exception.

    Attributes:
        failure: What is the case then.
        cure: What to do.
    """

    def __init__(self, failure: str, cure: str) -> None:
        self.failure, self.cure = failure, cure

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        if isinstance(error, _FAILURES) or (isinstance(error, Exception) and kind is Exception):
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ComputeError(f"{self.failure} ({first}): {self.cure}") from error


def _silence_ray_data() -> None:
    import ray.data  # noqa: PLC0415

    # Heliu shows its own progress; Ray Data's plan and operator logs are for Ray's developers.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False

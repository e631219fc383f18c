"""A Ray to work on: the cluster this process belongs to, or a local one that ends with it."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from contextvars import ContextVar

import ray
import ray.data

from jobs.on_ray.compute import ComputeParams

_IS_OPEN = ContextVar("a session of Ray is open", default=False)


@contextlib.contextmanager
def ray_session() -> Iterator[None]:
    """Let all work inside share one Ray; the first task starts it, the outermost session ends it.

    Where everything is done already, nobody waits for a start. A Ray already connected to is left
    as it was.
    """
    if _IS_OPEN.get() or ray.is_initialized():
        yield
        return
    token = _IS_OPEN.set(True)
    try:
        yield
    finally:
        _IS_OPEN.reset(token)
        ray.shutdown()


def start_ray(params: ComputeParams) -> None:
    """Connect to Ray, unless that is done."""
    if ray.is_initialized():
        return
    # Unset, Ray switches token authentication on and leaves a token file in the home directory.
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = params.address or os.environ.get("RAY_ADDRESS")
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        ray.init(address=address, **quiet)
    else:
        ray.init(address="local", num_cpus=params.workers, include_dashboard=False, **quiet)
    _silence_ray_data()


def _silence_ray_data() -> None:
    # Heliu shows its own progress; Ray Data's plan and operator logs are for Ray's developers.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False

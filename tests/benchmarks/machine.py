"""What a measurement depends on besides the code, and how often it is repeated."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any


def circumstances(*packages: str) -> dict[str, Any]:
    """Date, machine, load average and versions, for the line of JSON."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def least_seconds(actions: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The fewest CPU seconds of several runs of each: others on the machine only ever add.

    They take turns, so that a busy minute falls on all of them.
    """
    rounds = [{name: _seconds(action) for name, action in actions.items()} for _ in range(runs)]
    return {name: min(seconds[name] for seconds in rounds) for name in actions}


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def _cpu() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
        return next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")

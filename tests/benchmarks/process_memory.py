"""Peak memory and CPU time of this process and all it started, shared pages counted once."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Self


class PeakMemory:
    """Samples the proportional set size (PSS) of the process tree until it is stopped.

    And the CPU time: of a process that has ended, as much as was seen of it.
    """

    def __init__(self, pid: int, *, every_seconds: float) -> None:
        self.peak_bytes = 0
        self._ticks: dict[int, int] = {}
        self._pid, self._every = pid, every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def take(self) -> int:
        """The peak since the last call."""
        peak, self.peak_bytes = self.peak_bytes, 0
        return peak

    def cpu_seconds(self) -> float:
        """What all processes have used until they were last looked at."""
        return sum(self._ticks.copy().values()) / os.sysconf("SC_CLK_TCK")

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            pids = _tree(self._pid)
            self.peak_bytes = max(self.peak_bytes, sum(map(_pss, pids)))
            self._ticks.update((pid, ticks) for pid in pids if (ticks := _ticks(pid)))


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return sum(map(int, stat.rpartition(")")[2].split()[11:13]))

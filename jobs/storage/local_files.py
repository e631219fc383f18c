"""Files on a disk, and how it is seen that one has changed."""

from __future__ import annotations

import os
import stat
import time
from functools import cache
from pathlib import Path

from jobs.errors import DeliveryUnreadable

_KERNEL = ("/proc", "/sys")  # of which a file may be what the operator alone should see

# Two writes within one tick of a file system's clock leave the same time: 10 ms at most on Linux,
# 2 s where only whole seconds are kept.
_TICK_NS, _COARSE_TICK_NS, _SECOND_NS = 20_000_000, 2_000_000_000, 1_000_000_000
_LOOKS = 3


def require_regular(path: str) -> os.stat_result:
    """Return the status of a file; refuse anything but one on a disk under this very name.

    Raises:
        DeliveryUnreadable: it is a link, a device, a pipe, or shown by the kernel.
    """
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode) or found.st_dev in kernel_devices():
        raise DeliveryUnreadable(f"{path} is not a regular file: deliver files only")
    return found


def version_of(status: os.stat_result) -> str:
    """Return the version of a file on a disk.

    The time of the last change of the inode is part of it: no program can set that one back.
    """
    return f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_ctime_ns:x}"


def settled(path: str) -> os.stat_result:
    """Return the status of a file, late enough that any later write leaves another time."""
    status = require_regular(path)
    for _ in range(_LOOKS):
        age = time.time_ns() - status.st_ctime_ns
        tick = _TICK_NS if status.st_ctime_ns % _SECOND_NS else _COARSE_TICK_NS
        if not 0 <= age < tick:
            break
        time.sleep((tick - age) / _SECOND_NS)
        status = require_regular(path)
    return status


@cache
def kernel_devices() -> set[int]:
    """Return the devices of which no file is a delivery."""
    return {folder.stat().st_dev for folder in map(Path, _KERNEL) if folder.is_dir()}

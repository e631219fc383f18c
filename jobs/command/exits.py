"""Ends of a program: the exit code of each error, by the person that has to act."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from jobs.command.escapes import visible
from jobs.errors import StorageUnwritable, unforeseen
from jobs.redaction import redacted

UNFORESEEN = 70
INTERRUPTED = 130
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@contextmanager
def foreseen() -> Iterator[None]:
    """End the program with 130 when it is interrupted, and with 70 for an unforeseen error.

    Modules are imported within: a library that does not load is reported like any other failure.
    """
    try:
        with unforeseen(_end):
            yield
    except KeyboardInterrupt:
        fail("interrupted; the same command continues where it stopped", INTERRUPTED)


def _end(error: Exception) -> None:
    if isinstance(error, BrokenPipeError):
        # The reader of the output has closed it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        fail(f"{error}: free some space there or choose another place", StorageUnwritable.exit_code)
    show(visible(redacted("".join(traceback.format_exception(error)))))
    fail("this is a defect of heliu: please report it with the lines above", UNFORESEEN)


def fail(message: str, code: int) -> NoReturn:
    """Print the reason on standard error and end the program."""
    sys.stdout.flush()
    show(visible(redacted(f"heliu: {message}\n")))
    sys.exit(code)


def show(text: str) -> None:
    """Write to standard error; that it was closed stops no build."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

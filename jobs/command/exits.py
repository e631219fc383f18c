"""Ends of a program: the exit code of each error, by the person that has to act."""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, TextIO

from jobs.command.escapes import visible
from jobs.errors import Defect, DiskFull, HeliuError, unforeseen
from jobs.redaction import redacted

INTERRUPTED = 130
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
_COLOURS = {"bold": 1, "dim": 2, "red": 31, "green": 32}


@contextmanager
def foreseen() -> Iterator[None]:
    """End the program with an error's message and exit code, with 130 when it is interrupted.

    Modules are imported within: a library that does not load is reported like any other failure.
    """
    try:
        with unforeseen(_end):
            yield
    except KeyboardInterrupt:
        _stop("heliu: interrupted; the same command continues where it stopped", INTERRUPTED)


def _end(error: Exception) -> None:
    if isinstance(error, BrokenPipeError):
        # The reader of the output has closed it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        error = DiskFull(f"{error}: free some space there or choose another place")
    if not isinstance(error, HeliuError):
        show(visible(redacted("".join(traceback.format_exception(error)))))
        error = Defect("this is a defect of heliu: please report it with the lines above")
    code = error.code()
    name = coloured(f"heliu: {code}:", "red", sys.stderr)
    see = coloured(f"see: heliu help {code}", "dim", sys.stderr)
    text = _ERRNO.sub("", visible(redacted(str(error))))
    _stop(f"{name} {text}\n{see}", error.exit_code)


def _stop(text: str, code: int) -> NoReturn:
    """Print the reason on standard error and end the program."""
    sys.stdout.flush()
    show(f"{text}\n")
    sys.exit(code)


def coloured(text: str, colour: str, stream: TextIO) -> str:
    """Return the text in a colour, `dim` or `bold`, if the stream is a terminal that shows it.

    NO_COLOR in the environment (no-color.org) or TERM=dumb mean that none is wanted.
    """
    is_wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if is_wanted and stream.isatty() else text


def show(text: str) -> None:
    """Write to standard error; that it was closed stops no build."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

"""What a person sees of a command: it runs in a pseudo-terminal, whose screen is printed as text.

    python -m tests.screens columns=80 at=6,12 [interrupt=15] -- heliu build …

prints the screen after 6 and 12 seconds and at the end; `interrupt` presses Ctrl-C. docs/screens.md
is made of it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from typing import NamedTuple

import pyte

_LINES = 44


class Seen(NamedTuple):
    """Screens in the order of time, the last of them at the end, the exit code, and all bytes."""

    screens: list[list[str]]
    exit_code: int
    written: bytes


def watch(
    command: Sequence[str],
    *,
    columns: int,
    at: Sequence[float] = (),
    interrupt: float = 0.0,
    until: str = "",
) -> Seen:
    """Run a command in a terminal of so many columns.

    Args:
        command: with its arguments.
        columns: of the terminal.
        at: seconds after which its screen is kept.
        interrupt: seconds after which Ctrl-C is pressed; 0 for never.
        until: a text whose first screen is kept; empty for none.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, columns, 0, 0))
    screen = pyte.Screen(columns, _LINES)
    stream = pyte.ByteStream(screen)
    began, times, kept, is_pressed = time.monotonic(), [*at], [], False
    written = bytearray()
    while True:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        try:
            body = os.read(terminal, 1 << 16) if ready else b""
        except OSError:  # the other end is closed
            break
        if ready and not body:
            break
        stream.feed(body)
        written += body
        if until and any(until in line for line in screen.display):
            until = ""
            kept.append(shown(screen))
        seconds = time.monotonic() - began
        if times and seconds >= times[0]:
            times.pop(0)
            kept.append(shown(screen))
        if interrupt and seconds >= interrupt and not is_pressed:
            is_pressed = True
            os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    code = -signal.SIGKILL if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return Seen([*kept, shown(screen)], code, bytes(written))


def shown(screen: pyte.Screen) -> list[str]:
    """Return the lines of a screen, without empty ones at the end."""
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def main() -> None:
    """Print the screens of a command."""
    split = sys.argv.index("--")
    given = dict(one.split("=") for one in sys.argv[1:split])
    seen = watch(
        sys.argv[split + 1 :],
        columns=int(given.get("columns", "80")),
        at=[float(one) for one in given.get("at", "").split(",") if one],
        interrupt=float(given.get("interrupt", "0")),
    )
    for lines in seen.screens:
        sys.stdout.write("\n".join(["```", *lines, "```", ""]))
    sys.stdout.write(f"exit code {seen.exit_code}\n")


if __name__ == "__main__":
    main()

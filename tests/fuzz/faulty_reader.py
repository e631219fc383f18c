"""A reader with faults: it does what the format of a case says, so that tests see it noticed."""

from __future__ import annotations

import os
import signal
import sys
import time

_HELD: list[bytes] = []


def main() -> None:
    """Answer each line of the input, or do worse."""
    for line in sys.stdin:
        if '"format": "crash"' in line:
            os.kill(os.getpid(), signal.SIGSEGV)
        while '"format": "busy"' in line:
            pass
        if '"format": "asleep"' in line:
            time.sleep(3600)
        while '"format": "greedy"' in line:
            _HELD.append(b"x" * (1 << 20))
            time.sleep(0.002)
        sys.stdout.write('{"delivered": 1, "bytes_held": 0}\n')
        sys.stdout.flush()


if __name__ == "__main__":
    main()

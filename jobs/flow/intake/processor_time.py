"""A limit to the processor time that a few rows may take: what never ends costs its own task.

Decoders and parsers of other projects read what strangers wrote, some of them without ever coming
back to Python. So the limit is the system's: the process that uses it up is ended, its death is
counted as that of any task, and after the third the files are named.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_SECONDS = 900.0
"""From one table of rows to the next. The longest page that is read takes a tenth of that."""


@contextmanager
def limited(seconds: float = MOST_SECONDS) -> Iterator[Callable[[], None]]:
    """End this process when it uses more processor time than that inside, in all its threads.

    Args:
        seconds: from the beginning, or the last call of what is given.

    Yields:
        Called when there was progress: the time begins anew.
    """

    def renew() -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)

    renew()
    try:
        yield renew
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)

"""Progress: rows of tasks that may take long, and a warning while none arrives."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from multiprocessing.pool import ThreadPool
from typing import TypeVar, cast

from jobs.quantities import counted

Row = TypeVar("Row")

_END = object()


def with_pauses(rows: Iterable[Row], seconds: float) -> Iterator[Row | None]:
    """Yield the rows of an iterable, which another thread reads, and raise what it raises.

    The other thread ends with the next row after the iteration is closed, and with the program.

    Args:
        rows: read by the other thread.
        seconds: yield None after each such time without a row.
    """
    unread = iter(rows)
    with ThreadPool(1) as reader:
        while True:
            coming = reader.apply_async(next, (unread, _END))
            coming.wait(seconds)
            while not coming.ready():
                yield None
                coming.wait(seconds)
            row = coming.get()
            if row is _END:
                return
            yield cast("Row", row)


def report_no_progress(label: str, outstanding: int, seconds: float) -> None:
    """Warn on standard error that no task has finished for so long, and how many nodes are left.

    Args:
        label: of the tasks.
        outstanding: number of tasks that are not done.
        seconds: since the last task finished.
    """
    import ray  # noqa: PLC0415  as in `session`

    nodes = ray.nodes()
    alive = sum(node["Alive"] for node in nodes)
    lost = f", {len(nodes) - alive} lost" if alive < len(nodes) else ""
    logging.getLogger(__name__).warning(
        "heliu: %s: no task has finished for %.0f s, %d are not done (%s%s)",
        *(label, seconds, outstanding, counted(alive, "node"), lost),
    )

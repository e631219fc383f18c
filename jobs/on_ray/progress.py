"""Progress: rows of tasks that may take long, and a warning while none arrives."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar, cast

Row = TypeVar("Row")

_END = object()


def with_pauses(rows: Iterable[Row], seconds: float) -> Iterator[Row | None]:
    """Yield the rows of an iterable, which another thread reads.

    The other thread ends with the next row after the iteration is closed.

    Args:
        rows: read by the other thread.
        seconds: yield None after each such time without a row.
    """
    found: queue.SimpleQueue[Row | Exception | object] = queue.SimpleQueue()
    is_enough = threading.Event()
    threading.Thread(target=_read, args=(rows, found, is_enough), daemon=True).start()
    try:
        while True:
            try:
                row = found.get(timeout=seconds)
            except queue.Empty:
                yield None
                continue
            if row is _END:
                return
            if isinstance(row, Exception):
                raise row
            yield cast("Row", row)
    finally:
        is_enough.set()


def _read(
    rows: Iterable[Row],
    found: queue.SimpleQueue[Row | Exception | object],
    is_enough: threading.Event,
) -> None:
    try:
        for row in rows:
            found.put(row)
            if is_enough.is_set():
                return
        found.put(_END)
    except Exception as error:  # noqa: BLE001  raised again in the thread that iterates
        found.put(error)


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
        "heliu: %s: no task has finished for %.0f s, %d are not done (%d nodes%s)",
        *(label, seconds, outstanding, alive, lost),
    )

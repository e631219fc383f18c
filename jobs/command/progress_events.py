"""A build as JSON events, one a line: for programs on standard error, and as a log in the store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson

from jobs.command.exits import show
from jobs.command.progress_state import Snapshot
from jobs.errors import StorageError
from jobs.redaction import redacted_values
from jobs.storage.layout import work_key
from jobs.storage.objects import ObjectStore

LEAST_SECONDS = 10.0  # between two reports of work that goes on
_LOG_SHARE = 0.01  # of the time since the build began, so that a log has some hundred lines
_NUMBERS = ("label", "done", "total", "found", "seconds", "share", "seconds_left")
_RATES = ("rows_per_second", "bytes_per_second")


def progress_event(snapshot: Snapshot, *, is_new: bool) -> dict[str, Any]:
    """Return the event `stage` for work that begins, else `progress`.

    Args:
        snapshot: of the build.
        is_new: whether the work begins.
    """
    return {
        "event": "stage" if is_new else "progress",
        **{name: _rounded(getattr(snapshot, name)) for name in (*_NUMBERS, *_RATES)},
        **asdict(snapshot.rows),
        "partners": {name: asdict(rows) for name, rows in snapshot.partners.items()},
    }


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def event_line(event: dict[str, Any]) -> str:
    """Return an event as a line of JSON, with the time; secrets in addresses are taken out."""
    timed = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **event}
    return orjson.dumps(redacted_values(timed)).decode() + "\n"


class EventStream:
    """Writes events on standard error."""

    def update(self, take: Callable[[], Snapshot], *, is_new: bool, is_due: bool) -> None:
        """Write what has changed, at most every ten seconds while work goes on.

        Args:
            take: returns the state of the build.
            is_new: whether work has begun.
            is_due: whether ten seconds have passed, or work has ended.
        """
        if is_new or is_due:
            self.emit(progress_event(take(), is_new=is_new))

    def warn(self, text: str) -> None:
        """Write a warning."""
        self.emit({"event": "warning", "message": text})

    def emit(self, event: dict[str, Any]) -> None:
        """Write an event."""
        show(event_line(event))

    def pause(self) -> None:
        """Do nothing: events stand where they are."""

    def close(self, event: dict[str, Any], _text: str) -> None:
        """Write the last event."""
        self.emit(event)


class BuildLog:
    """The log of one run of a build, as an object in its work folder.

    An object is only ever written whole, so it is written again with every event; events of work
    that goes on become rarer as the build gets older. A store that refuses it stops no build.

    Args:
        store: takes the log.
        corpus: its name.
        version: that is built.
        warn: called once if the store refuses the log.
    """

    def __init__(
        self, store: ObjectStore, corpus: str, version: str, warn: Callable[[str], None]
    ) -> None:
        began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        name = f"{version.replace('+', '=')}-{began}-{os.getpid()}.jsonl"
        self.key = work_key(corpus, "logs", name)
        self._store, self._warn = store, warn
        self._lines: list[str] = []
        self._began = self._written = time.monotonic()
        self._is_refused = False

    @property
    def location(self) -> str:
        """Where a user finds it."""
        return self._store.location(self.key)

    def begin(self, event: dict[str, Any]) -> None:
        """Keep the first event until there is another one: a build that cannot begin has no log."""
        self._lines = [event_line(event)]

    def update(self, take: Callable[[], Snapshot], *, is_new: bool, is_complete: bool) -> None:
        """Log what has changed; raises nothing.

        Args:
            take: returns the state of the build.
            is_new: whether work has begun.
            is_complete: whether its last task is done.
        """
        now = time.monotonic()
        pause = max(LEAST_SECONDS, _LOG_SHARE * (now - self._began))
        if is_new or is_complete or now - self._written > pause:
            self.emit(progress_event(take(), is_new=is_new))

    def emit(self, event: dict[str, Any]) -> None:
        """Add an event and write the log."""
        self._lines.append(event_line(event))
        self._written = time.monotonic()
        if self._is_refused:
            return
        try:
            self._store.put(self.key, "".join(self._lines).encode())
        except StorageError as error:
            self._is_refused = True
            self._warn(f"heliu: the log of this build is not kept: {error}")

    @property
    def is_begun(self) -> bool:
        """Whether there is anything in the store."""
        return len(self._lines) > 1

"""Progress of a build for people and programs: on standard error, and in a log in its root."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

from jobs import __version__
from jobs.command.exits import INTERRUPTED
from jobs.command.progress_events import LEAST_SECONDS, BuildLog, EventStream
from jobs.command.progress_state import BuildProgress, Snapshot
from jobs.command.terminal import is_chatty, note
from jobs.errors import ConfigError, Defect, HeliuError
from jobs.quantities import Share, Size, approximate, count, duration, rate
from jobs.storage.stores import open_store

if TYPE_CHECKING:
    from jobs.flow.params import BuildParams
    from jobs.flow.tasks.checkpoints import TaskCounts

_LOGGER = logging.getLogger("jobs")
_FORMS = ("auto", "lines", "json")


class _Handler(logging.Handler):
    """Shows warnings as progress does."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.warn(record.getMessage())


class _View(Protocol):
    def update(self, take: Callable[[], Snapshot], /, *, is_new: bool, is_due: bool) -> None: ...
    def warn(self, text: str, /) -> None: ...
    def emit(self, event: dict[str, Any], /) -> None: ...
    def pause(self) -> None: ...
    def close(self, event: dict[str, Any], text: str, /) -> None: ...


class _Lines:
    """Lines for people: when work begins and ends, and one every ten seconds."""

    def update(self, take: Callable[[], Snapshot], *, is_new: bool, is_due: bool) -> None:
        if is_new or is_due:
            note(progress_line(take()))

    def warn(self, text: str) -> None:
        note(text)

    def emit(self, event: dict[str, Any]) -> None:
        """Do nothing: events are for programs."""

    def pause(self) -> None:
        """Do nothing: lines stand where they are."""

    def close(self, _event: dict[str, Any], text: str) -> None:
        note(text)


def progress_line(snapshot: Snapshot) -> str:
    """Return the state of a build as a line."""
    said = [f"{snapshot.label}: {count(snapshot.done)}/{count(snapshot.total)}"]
    if 0 < snapshot.share < 1:
        said.append(f"{Share(snapshot.share)} of the build")
    rows = snapshot.rows
    if rows.rows:
        said.append(f"{count(rows.rows)} rows, {Size(rows.text_bytes)}")
    verdicts = {"kept": rows.kept, "dropped": rows.dropped, "rejected": rows.rejected}
    said += [f"{count(number)} {name}" for name, number in verdicts.items() if number]
    if snapshot.bytes_per_second is not None:
        said.append(rate(snapshot.bytes_per_second))
    said.append(duration(snapshot.seconds))
    if snapshot.seconds_left is not None and snapshot.share < 1:
        said.append(f"about {approximate(snapshot.seconds_left)} left")
    return ", ".join(said)


class Watch:
    """The progress of one run of a build: a `Progress` that shows and logs what it is called with.

    Entered around the build, it shows warnings of heliu as well, and how the build ends.

    Args:
        params: of the build.
        form: auto, lines or json.
        weights: how much work each label is.
    """

    def __init__(self, params: BuildParams, form: str, weights: Mapping[str, float]) -> None:
        self._state, self._lock = BuildProgress(weights), threading.Lock()
        self._shown = time.monotonic()
        self._is_chatty = is_chatty()
        self._is_open, self._seconds = True, 0.0
        self._handler = _Handler(self)
        self._view = _view(form, f"{params.corpus} {params.version}", self.snapshot)
        self.log = BuildLog(open_store(params.storage), params.corpus, params.version, self.warn)
        begin = {
            "event": "begin",
            "heliu": __version__,
            "corpus": params.corpus,
            "version": params.version,
            "partners": sorted(partner.name for partner in params.partners),
            "root": params.storage.root,
            "log": self.log.location,
        }
        self._view.emit(begin)
        self.log.begin(begin)

    def __enter__(self) -> Self:
        """Take warnings over, which would stand in the middle of a view."""
        _LOGGER.addHandler(self._handler)
        _LOGGER.propagate = False
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _place: object
    ) -> None:
        """Show how the build ended, and give warnings back."""
        _LOGGER.removeHandler(self._handler)
        _LOGGER.propagate = True
        self.close(error)

    def snapshot(self) -> Snapshot:
        """Return the state now."""
        with self._lock:
            return self._state.snapshot()

    def __call__(
        self, label: str, done: int, total: int, counts: Sequence[TaskCounts] = ()
    ) -> None:
        """Show and log progress; as `Progress`."""
        with self._lock:
            is_new = self._state.advance(label, done, total, counts)
        now = time.monotonic()
        is_due = done == total or self._is_chatty or now - self._shown > LEAST_SECONDS
        if is_new or is_due:
            self._shown = now
        self._view.update(self.snapshot, is_new=is_new, is_due=is_due)
        self.log.update(self.snapshot, is_new=is_new, is_complete=done == total)

    def warn(self, text: str) -> None:
        """Show and log a warning."""
        self._view.warn(text)
        if self.log.is_begun:
            self.log.emit({"event": "warning", "message": text})

    @property
    def run(self) -> dict[str, Any]:
        """How long the build took, and where its log is, for its report."""
        return {"seconds": round(self._seconds, 1), "log": self.log.location}

    def before(self, report: Callable[[Sequence[Any]], None]) -> Callable[[Sequence[Any]], None]:
        """Return a report that is printed once the view is off the screen."""

        def reported(found: Sequence[Any]) -> None:
            self._view.pause()
            report(found)

        return reported

    def close(self, error: BaseException | None = None) -> None:
        """Show and log how the build ended; a second time does nothing.

        Args:
            error: what ended it, if anything did.
        """
        if not self._is_open:
            return
        self._is_open = False
        snapshot = self.snapshot()
        self._seconds = snapshot.seconds
        code = 0 if error is None else _exit_code(error)
        event = {"event": "end", "exit_code": code, "seconds": round(snapshot.seconds, 1)}
        if error is not None:
            event["message"] = "interrupted" if code == INTERRUPTED else str(error)
        self._view.close(event, _last_line(snapshot, code))
        if self.log.is_begun:
            self.log.emit(event)


def watched(params: BuildParams, form: str) -> Watch:
    """Return the progress of a build, to be entered around it.

    Args:
        params: of the build.
        form: auto, a live view on a terminal and else lines; lines; or json, events.

    Raises:
        ConfigError: no such form.
    """
    from jobs.flow.builds.stage_costs import stage_costs  # noqa: PLC0415  reads a file

    if form not in _FORMS:
        raise ConfigError(f"progress={form!r}: choose one of {', '.join(_FORMS)}")
    return Watch(params, form, {name: cost.cpu_seconds for name, cost in stage_costs().items()})


def _view(form: str, title: str, take: Callable[[], Snapshot]) -> _View:
    if form == "json":
        return EventStream()
    is_live = sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}
    if form == "lines" or is_chatty() or not is_live:
        return _Lines()
    from jobs.command.progress_view import LiveView  # noqa: PLC0415  loads rich

    return LiveView(title, take)


def _exit_code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return error.exit_code if isinstance(error, HeliuError) else Defect.exit_code


def _last_line(snapshot: Snapshot, code: int) -> str:
    rows = f": {count(snapshot.rows.rows)} rows, {Size(snapshot.rows.text_bytes)} of text"
    if code == 0:
        return f"done in {duration(snapshot.seconds)}{rows}"
    said = f"stopped after {duration(snapshot.seconds)}"
    if not snapshot.label:
        return said
    done = f"{count(snapshot.done)} of {count(snapshot.total)} tasks of {snapshot.label}"
    return f"{said}: {done} are done; all that is done is kept"

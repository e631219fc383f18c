"""What people see: progress on standard error, tables and JSON on standard output."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from jobs.command.columns import table, table_width
from jobs.command.escapes import visible, visible_line
from jobs.command.exits import coloured, show
from jobs.config_errors import unknown_choice
from jobs.errors import ConfigError
from jobs.quantities import Share, Size, count, duration
from jobs.redaction import redacted

_QUIET_SECONDS = 10


def say(text: str = "") -> None:
    """Print a line on standard output, for people and pipes; control characters are escaped."""
    sys.stdout.write(visible(text) + "\n")


def note(text: str) -> None:
    """Print a line on standard error, for people only."""
    show(visible(redacted(text)) + "\n")


@contextmanager
def in_progress(text: str) -> Iterator[None]:
    """Show on a terminal what takes seconds, and nothing of it once that is done."""
    if not sys.stderr.isatty():
        yield
        return
    show(f"{visible(text)}\r")  # a warning is written over it
    try:
        yield
    finally:
        show("\r\x1b[K")


def open_streams() -> None:
    """Give a program that was started without standard output or error somewhere to write.

    Raises:
        ConfigError: this locale cannot name every file.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    if (encoding := sys.getfilesystemencoding()) != "utf-8":
        raise ConfigError(
            f"names of files are {encoding} in this locale, which has no Han characters: set "
            "LC_ALL=C.UTF-8 or PYTHONUTF8=1"
        )


def command(verb: str, *words: str) -> str:
    """Return a command quoted for a shell."""
    return shlex.join(["heliu", verb, *words])


def is_json(form: str) -> bool:
    """Whether `format=` is JSON.

    Raises:
        ConfigError: it is neither `table` nor `json`.
    """
    if form not in {"table", "json"}:
        raise unknown_choice("format", form, ("table", "json"))
    return form == "json"


def require_format(form: str, known: Sequence[str]) -> None:
    """Raise ConfigError if `format=` is none of those that a verb knows."""
    if form not in known:
        raise unknown_choice("format", form, known)


def say_json(value: Any) -> None:
    """Print a value as indented JSON on standard output."""
    say(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


def say_jsonl(values: Iterable[Any]) -> None:
    """Print values as JSON on standard output, one a line."""
    for value in values:
        say(orjson.dumps(value).decode())


def say_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print aligned columns, numbers to the right; on a terminal long texts are cut to fit it."""
    texts = [list(header), *([_cell(value) for value in row] for row in rows)]
    numbers = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    first, *others = table(texts, numbers=numbers, limit=table_width())
    sys.stdout.write(coloured(visible(first), "bold", sys.stdout) + "\n")
    for line in others:
        say(line)


def is_chatty() -> bool:
    """Whether HELIU_PROGRESS in the environment asks for a line for every finished task."""
    return os.environ.get("HELIU_PROGRESS") == "every"


class ProgressLine:
    """Progress of a verb that is no build: one line kept up to date on a terminal, else a few."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.is_chatty = is_chatty()
        self.shown = 0.0
        self.label = ""

    def __call__(self, label: str, done: int, total: int, _counts: Sequence[Any] = (), /) -> None:
        """Show that `done` of `total` of what `label` names is finished."""
        now = time.monotonic()
        is_news = label != self.label or done == total or self.is_chatty
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            show(f"\r\x1b[K{self._text(label, done, total, now)}{end}")
        elif is_news or now - self.shown > _QUIET_SECONDS:
            note(self._text(label, done, total, now))
            self.shown = now
        self.label = label

    def _text(self, label: str, done: int, total: int, now: float) -> str:
        return f"{label}: {count(done)}/{count(total)}, {duration(now - self.started)}"


def _cell(value: Any) -> str:
    if isinstance(value, Share | Size):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else visible_line(" ".join(str(value).split()))

"""Markdown in which no value of a release is markup: tables, text and code."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

_MARKUP = re.compile(r"[\\`*\[\]|]")  # html.escape leaves no other of Markdown's own
_BACKTICKS = re.compile(r"`+")


class Markup(str):
    """Finished Markdown."""

    __slots__ = ()


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of a table; whole numbers get thousands separators."""
    return [
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(map(_cell, row))} |" for row in rows),
    ]


def text(value: Any) -> str:
    """Return a value as text on one line."""
    return _MARKUP.sub(r"\\\g<0>", html.escape(" ".join(str(value).split()), quote=False))


def code(value: Any) -> Markup:
    """Return a value as code in a table: only the bar would still be markup, and is escaped."""
    shown = str(value)
    fence = "`" * (1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    space = " " if len(fence) > 1 else ""
    return Markup(f"{fence}{space}{shown}{space}{fence}".replace("|", "\\|"))


def _cell(value: Any) -> str:
    if isinstance(value, Markup):
        return value
    return f"{value:,}" if isinstance(value, int) else text(value)

"""Texts side by side in a terminal, and excerpts on one line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from jobs.command.columns import cells, cut, padded
from jobs.command.escapes import visible_line

LEAST_WIDTH = 80
_MOST_WIDTH = 160
_CUT = "…"


def terminal_width() -> int:
    """Return the columns of the terminal, from 80 to 160; 80 where there is none."""
    return min(max(shutil.get_terminal_size((LEAST_WIDTH, 24)).columns, LEAST_WIDTH), _MOST_WIDTH)


def excerpt(text: str, width: int) -> str:
    """Return a text on one line in at most `width` cells of a terminal, see `columns.cut`."""
    return cut(visible_line(" ".join(text.split())), width)


def _parts(text: str, width: int) -> Iterator[str]:
    """Yield a line in parts of at most `width` columns; none for an empty one."""
    part, size = "", 0
    for one in text:
        if size + cells(one) > width and part:
            yield part
            part, size = "", 0
        part += one
        size += cells(one)
    if part:
        yield part


def side_by_side(before: str, after: str, width: int, most_lines: int) -> list[str]:
    """Return two texts in columns, lines that differ beside each other, from the first difference.

    Args:
        before: on the left.
        after: on the right.
        width: of both together.
        most_lines: how many are shown.
    """
    half = (width - 3) // 2
    lines: list[str] = []
    old, new = before.splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    if not codes:
        codes = [("equal", 0, len(old), 0, len(new))]
    for _, i, j, k, m in codes:
        lines += _beside(old[i:j], new[k:m], half)
        if len(lines) >= most_lines:
            break
    shown = lines[:most_lines]
    return shown if len(lines) <= most_lines else [*shown, f"{padded(_CUT, half)} │ {_CUT}"]


def _beside(old: Sequence[str], new: Sequence[str], half: int) -> list[str]:
    left = [part for line in old for part in (list(_parts(visible_line(line), half)) or [""])]
    right = [part for line in new for part in (list(_parts(visible_line(line), half)) or [""])]
    rows = max(len(left), len(right))
    left += [""] * (rows - len(left))
    right += [""] * (rows - len(right))
    return [f"{padded(a, half)} │ {b}".rstrip() for a, b in zip(left, right, strict=True)]

"""Aligned columns for people: Han characters take two cells of a terminal, lines fit into it.

What is written to a pipe or file is neither cut nor wrapped to a terminal that may not be there,
unless COLUMNS in the environment says how wide it is.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence

_GAP = "  "
_LEAST = 8  # cells of a column of text that is cut
_WIDEST = 160
_LEAST_WIDTH = 24
_TOKENS = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]+|\s+"
)
_SENTENCE = re.compile(r"[\s，。；：！？]")  # which names do not hold
_CUT = "…"


def text_width() -> int:
    """Return how many cells a line of running text may take: the terminal's, 160 at most."""
    return min(shutil.get_terminal_size().columns, _WIDEST)


def table_width() -> int | None:
    """Return how many cells a line of a table may take; None if nothing limits them."""
    if os.environ.get("COLUMNS", "").isdecimal() or sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return None


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(_cells(letter) for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def padded(text: str, width: int, *, to_right: bool = False) -> str:
    """Return the text with spaces behind it, or before it, up to a width."""
    space = " " * (width - cells(text))
    return space + text if to_right else text + space


def cut(text: str, width: int) -> str:
    """Return a text that takes at most `width` cells: of a name both ends, else the beginning."""
    if cells(text) <= width:
        return text
    tail = "" if _SENTENCE.search(text) else _within(text[::-1], (width - 1) // 2)[::-1]
    return f"{_within(text, width - 1 - cells(tail))}{_CUT}{tail}"


def _within(text: str, width: int) -> str:
    taken = 0
    for at, letter in enumerate(text):
        taken += _cells(letter)
        if taken > width:
            return text[:at]
    return text


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, broken at spaces and between Han characters.

    A word that is longer than a line stands alone, whole: an address stays one that can be copied.
    """
    lines = [""]
    for token in _TOKENS.findall(text):
        if cells(lines[-1] + token.rstrip()) > width and lines[-1].strip():
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += token if lines[-1] or token.strip() else ""
    return [lines[0].rstrip(), *(line.rstrip() for line in lines[1:])]


def table(
    rows: Sequence[Sequence[str]], *, numbers: Sequence[bool], limit: int | None
) -> Iterator[str]:
    """Yield the lines of a table.

    Args:
        rows: of cells, the first one the header; all of one length.
        numbers: per column whether it holds numbers, which stand to the right and are never cut.
        limit: cells that a line may take; None for any.
    """
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    floors = [max(_LEAST, cells(name)) for name in rows[0]]
    while limit is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > limit:
        spare = [
            (width, at) for at, width in enumerate(widths) if not numbers[at] and width > floors[at]
        ]
        if not spare:
            break
        widths[max(spare)[1]] -= 1
    for row in rows:
        columns = zip(row, widths, numbers, strict=True)
        yield _GAP.join(
            padded(cut(text, width), width, to_right=right) for text, width, right in columns
        ).rstrip()


def described(
    rows: Sequence[tuple[str, str, list[str]]], *, width: int, most: int
) -> Iterator[list[str]]:
    """Yield the lines of each row: name, value and a description that is wrapped to the width.

    Args:
        rows: names, values and paragraphs of descriptions.
        width: of a line.
        most: cells of the second column; a longer value stands alone in its line.
    """
    first = max((cells(name) for name, _, _ in rows), default=0)
    second = max((cells(value) for _, value, _ in rows if cells(value) <= most), default=0)
    indent = " " * (first + second + 3 * len(_GAP))
    most_text = max(width - len(indent), _LEAST_WIDTH)
    for name, value, paragraphs in rows:
        lines = [line for one in paragraphs for line in wrapped(one, most_text)] or [""]
        begin = f"{_GAP}{padded(name, first)}{_GAP}{padded(value, second)}"
        if cells(value) > second:
            yield [begin.rstrip(), *(f"{indent}{line}" for line in lines)]
        else:
            yield [
                f"{begin}{_GAP}{lines[0]}".rstrip(),
                *(f"{indent}{line}" for line in lines[1:]),
            ]

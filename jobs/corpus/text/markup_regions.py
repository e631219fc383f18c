"""Regions of a text that are not prose: Markdown code, comments, scripts and styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Its first character decides, which `re` finds fifty times as fast as any of several beginnings.
_OPENING = re.compile(
    r"[<`~](?:(?<=<)(?:!--|(?ai:(script|style))(?=[\s/>])[^<>]*>)|(?<=`)`*|(?<=~)~~+)"
)
_FENCE_CHARS = 3
_LANGUAGE = re.compile(
    r"(?a: ?[a-z][\w+#.-]*)(?: [^\n<>`]*|\{[^\n<>`]*\})?$", re.MULTILINE | re.IGNORECASE
)
# A fence's quoting and language, or a span of code, is not longer: looking further would be
# quadratic for a book on one line.
_LINE_CHARS = 400


class Region(NamedTuple):
    """A stretch of a text in characters, and whether it is code."""

    start: int
    end: int
    is_code: bool  # else a comment, script or style


def regions(text: str) -> Iterator[Region]:
    """Yield the regions that are not prose. A backtick inside a comment opens no region."""
    position = 0
    unclosed: set[str] = set()
    while opening := _OPENING.search(text, position):
        start, closing, limit = _closing(text, opening)
        position = opening.end()
        if closing in unclosed:
            continue
        if end := re.compile(closing).search(text, position, limit):
            position = end.end()
            yield Region(start, position, opening[0][0] != "<")
        elif limit == len(text):
            # It closes no later region either; searching again would be quadratic.
            unclosed.add(closing)


def _closing(text: str, opening: re.Match[str]) -> tuple[int, str, int]:
    """Return where a region starts, the pattern that closes it, and how far to search for that."""
    mark, (start, end) = opening[0], opening.span()
    if mark[0] == "<":
        return start, rf"(?i)</{opening[1]}\s*>" if opening[1] else "-->", len(text)
    line_start = text.rfind("\n", max(start - _LINE_CHARS, 0), start) + 1
    line_end = text.find("\n", end, end + _LINE_CHARS)
    line_end = min(len(text), end + _LINE_CHARS) if line_end < 0 else line_end
    if (
        len(mark) >= _FENCE_CHARS
        and start - line_start < _LINE_CHARS
        and not text[line_start:start].strip(" \t>")
        and "`" not in text[end:line_end]
    ):
        # What names its language and is closed by nothing goes on to the end.
        rest = r"|\Z" if _LANGUAGE.match(text, end) else ""
        return line_start, rf"(?m)^[ \t>]*{mark}+[ \t]*${rest}", len(text)
    if mark[0] == "`" and text[end : end + 1] == "<":
        # An example of a tag goes on over lines, though not over empty ones.
        paragraph = text.find("\n\n", end, end + _LINE_CHARS)
        line_end = min(len(text), end + _LINE_CHARS) if paragraph < 0 else paragraph
    return start, rf"(?<!`){mark}(?!`)", line_end if mark[0] == "`" else start


def fenced_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of Markdown's fenced code in `text`, in whole lines."""
    for region in regions(text):
        if region.is_code and "\n" in text[region.start : region.end]:
            yield region.start, region.end

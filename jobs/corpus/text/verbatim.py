"""Verbatim blocks: what a text quotes as a program wrote it or reads it.

Changes of files, what a shell printed, rows of values and settings have marks between Han
characters as prose has them, but there they are signs of a notation. A block is known by its first
line (the prompt, the header of a change) or because all its lines are alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from jobs.corpus.text.code_blocks import code_blocks
from jobs.corpus.text.markup_regions import fenced_blocks

Span = tuple[int, int]

# A formula that begins a line is closed by another $.
_PRINTED = re.compile(
    r"^(?:(?P<change>@@ -\d[\d,]* \+\d[\d,]* @@|diff --git |--- [^\n]*\n\+\+\+ )"
    r"|\$ (?:[a-z][\w-]+|[./~])(?![^\n$]*\$(?:[^\w{(]|\Z))|>>> ?\S"
    r"|\w[\w.-]*@\w[\w.-]*:[^\n$#]{0,60}\$ |\[\w[\w@ .~/-]*\][$#] |[A-Z]:\\[^\n>]{0,60}>)",
    re.MULTILINE,
)
_CHANGE = re.compile(
    r"(?:[-+ @\\]|diff --git |index [0-9a-f]|(?:new|deleted|old) (?:file|mode)|rename )[^\n]*\n?|\n"
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---(?=\n|\Z)", re.DOTALL)
_QUOTED = re.compile(r'"[^"\n]*"')
_SENTENCE = re.compile("[。？！…]|[\u4e00-\u9fff][.!?]")
_DIGIT = re.compile("[0-9]")
_LEAST_FIELDS, _LEAST_ROWS, _LEAST_KEYS = 3, 3, 2
_KEY = r"(?:\"[^\"\n]*\"|[^\s\"'\-#:：，。；！？,、（）()][^\s:：，。；！？,、（）()]{0,30})"
_MAPPING = re.compile(rf"\s*(?:- )?{_KEY}:(?: +\S.*)?\Z")
_ITEM = re.compile(r"\s*- \S|\s*#(?: |\Z)|\s+\S.*[^。；，]\Z")
_OPENS = re.compile(rf"(\s*)(?:- )?{_KEY}:\Z")
_SECTION = re.compile(r"\[{1,2}[\w. \"'-]+\]{1,2}\Z")
_ASSIGNMENT = re.compile(r"\s*(?:export )?[\w.-]{1,40} ?=(?!=) ?\S.*\Z|\s*[#;]")
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")


def apply_outside(text: str, spans: list[Span], rule: Callable[[str], str]) -> str:
    """Apply `rule` to what stands outside of `spans`, which may overlap."""
    parts: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if end > position:
            begin = max(start, position)
            parts += [rule(text[position:begin]), text[begin:end]]
            position = end
    return "".join([*parts, rule(text[position:])])


def program_blocks(text: str) -> list[Span]:
    """Return start and end of the code in a text, with fences and without."""
    return [*fenced_blocks(text), *code_blocks(text)]


def data_blocks(text: str) -> list[Span]:
    """Return start and end of rows of values, of settings and of what programs printed."""
    blocks = [*_printed_blocks(text), *(front.span() for front in _FRONT_MATTER.finditer(text))]
    characters = len(text.strip("\n"))
    for paragraph in _PARAGRAPH.finditer(text):
        lines = paragraph[0].split("\n")
        starts = [paragraph.start()]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        is_whole = len(paragraph[0]) == characters
        found = [(0, len(lines))] if _are_settings(lines) else _rows(lines, is_whole=is_whole)
        blocks += [(starts[first], starts[last] - 1) for first, last in found]
    return blocks


def _printed_blocks(text: str) -> Iterator[Span]:
    """Yield changes of files, and lines from a prompt to the next empty one."""
    position = 0
    while first := _PRINTED.search(text, position):
        start = end = first.start()
        if first["change"]:
            while (line := _CHANGE.match(text, end)) and line.end() > end:
                end = line.end()
        else:
            end = text.find("\n\n", start)
        position = max(len(text) if end < 0 else end, first.end())
        yield start, position


def _are_settings(lines: list[str]) -> bool:
    """Whether lines are keys with values, and show by what is nested that none is prose."""
    if any(map(_SECTION.match, lines[:1])):
        return all(_ASSIGNMENT.match(line) or _SECTION.match(line) for line in lines)
    if len(lines) >= _LEAST_KEYS and all(map(_ASSIGNMENT.match, lines)):
        return True
    keys = sum(_MAPPING.match(line) is not None for line in lines)
    if keys < _LEAST_KEYS or not all(_MAPPING.match(line) or _ITEM.match(line) for line in lines):
        return False
    return any(_is_nested(line, below) for line, below in pairwise(lines))


def _is_nested(line: str, below: str) -> bool:
    opening = _OPENS.match(line)
    indent = len(below) - len(below.lstrip(" "))
    return opening is not None and (below.startswith("- ", indent) or indent > len(opening[1]))


def _rows(lines: list[str], *, is_whole: bool) -> Iterator[Span]:
    """Yield the first and the last line of every run of rows with as many fields in each.

    Numbers show that fields are values; where the lines are a whole text and all of them rows,
    nothing else need show it.
    """
    first, kind = 0, None
    for number, line in enumerate([*lines, ""]):
        found = _divided(line)
        if found == kind and kind:
            continue
        if kind and number - first >= _LEAST_ROWS:
            is_all = is_whole and number - first == len(lines)
            numbers = sum(_DIGIT.search(row) is not None for row in lines[first:number])
            if is_all or 2 * numbers >= number - first:
                yield first, number
        first, kind = number, found


def _divided(line: str) -> tuple[str, int] | None:
    """Return the sign that divides a line into fields, and how often; None if it is no row."""
    if _SENTENCE.search(line):
        return None
    bare = _QUOTED.sub("", line)
    for sign in ",;":
        if (count := bare.count(sign)) >= _LEAST_FIELDS - 1:
            return sign, count
    return None

"""The lines of an element of a page: paragraphs, cells of a layout, items, rows, and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from jobs.corpus.intake.page_elements import Element
from jobs.corpus.text.alphabets import HAN

_BLOCKS = frozenset(
    {
        *("p", "div", "td", "th", "tr", "li", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("pre", "section", "article", "main", "header", "footer", "nav", "aside", "table"),
        *("tbody", "ul", "ol", "dl", "dd", "dt", "blockquote", "center", "form", "figure"),
        *("figcaption", "address"),
    }
)

_LINKED_SHARE = 0.6
_LONG_CELL, _BROKEN = 150, 3
_BROKEN_LINE = re.compile(rf"(?<=[{HAN}，。、；：！？])[ \t]{{0,8}}\n[ \t\n]{{0,80}}(?=[{HAN}])")
_SPACE = re.compile(r"[\s\u3000]+")


class Kind(Enum):
    """What a line is: text, mostly links, or code or a row that stays as it is written."""

    TEXT = 0
    LINKED = 1
    AS_WRITTEN = 2


class Line(NamedTuple):
    """A line of the text; an empty one stands for what was taken out."""

    text: str
    kind: Kind


def page_lines(article: Element) -> Iterator[Line]:
    """Yield the lines of an element; by a stack, since pages nest deeply."""
    parts: list[_Part] = []
    stack: list[Element | str | _End | None] = [article]
    links = 0  # that are open
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(_Part(item, links > 0))
            continue
        if item is None or item.tag in _BLOCKS:
            yield from _line(parts)
        if item is None:
            yield Line("", Kind.LINKED)
        elif isinstance(item, _End):
            links -= item.tag == "a"
        elif (whole := _whole(item)) is not None:
            yield from whole
        else:
            links += item.tag == "a"
            stack += [_End(item.tag), *reversed(item.items)]
    yield from _line(parts)


class _Part(NamedTuple):
    """A text, and whether it is inside a link."""

    text: str
    is_linked: bool


class _End(NamedTuple):
    """Where an element ends."""

    tag: str


def _line(parts: list[_Part]) -> Iterator[Line]:
    """Yield the line of these parts, if there is any text, and empty them."""
    text = _plain("".join(part.text for part in parts))
    linked = sum(len(_SPACE.sub("", part.text)) for part in parts if part.is_linked)
    parts.clear()
    if text:
        is_linked = linked >= _LINKED_SHARE * len(_SPACE.sub("", text))
        yield Line(text, Kind.LINKED if is_linked else Kind.TEXT)


def _whole(element: Element) -> list[Line] | None:
    """Return the lines of code, or the rows of a table of data, None for anything else."""
    if element.tag == "pre":
        return [Line(line, Kind.AS_WRITTEN) for line in _code(element)]
    if element.tag == "table" and not _is_layout(element):
        return [Line(row, Kind.AS_WRITTEN) for row in _rows(element)]
    return None


def _plain(text: str) -> str:
    return _SPACE.sub(" ", _BROKEN_LINE.sub("", text.strip())).strip()


def _code(element: Element) -> list[str]:
    text = "".join(texts_of(element)).replace("\xa0", " ")
    return text.strip("\n").split("\n")


def texts_of(element: Element) -> Iterator[str]:
    """Yield the texts in an element in order, a newline for each break."""
    stack: list[Element | str | None] = [element]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Element):
            if item.tag == "br":
                yield "\n"
            stack += reversed(item.items)


def _rows(table: Element) -> Iterator[str]:
    for row in _descendants(table, "tr"):
        cells = [_plain(" ".join(texts_of(cell))) for cell in row.elements()]
        if any(cells):
            yield f"| {' | '.join(cells)} |"


def _is_layout(table: Element) -> bool:
    """Whether a table only places what is in it: nested, of one column, or of whole texts."""
    if next(_descendants(table, "table"), None) is not None:
        return True
    most = 0
    for row in _descendants(table, "tr"):
        cells = [cell for cell in row.elements() if cell.chars]
        most = max(most, len(cells))
        for cell in cells:
            breaks = sum(1 for one in cell.elements() if one.tag in {"p", "br", "div"})
            if cell.chars > _LONG_CELL or breaks >= _BROKEN:
                return True
    return most < 2


def _descendants(element: Element, tag: str) -> Iterator[Element]:
    stack = list(reversed(element.elements()))
    while stack:
        inner = stack.pop()
        if inner.tag == tag:
            yield inner
        stack += reversed(inner.elements())

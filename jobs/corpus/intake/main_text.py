"""The main text of a page: where its sentences are, without the lists of links around and in it.

An element that is mostly links, and holds hardly a sentence, leads elsewhere: menus, hot lists,
recommendations. What is left is descended into as long as one element holds nearly all sentences.
Its text has a line for each paragraph, cell of a layout, item or row, and code as it is written.
"""

from __future__ import annotations

import re

from jobs.corpus.intake.page_elements import Element
from jobs.corpus.intake.page_lines import Kind, Line, page_lines, texts_of
from jobs.corpus.text.furniture_signs import Sign, sign_of

_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))
_INLINE = frozenset(("a", "b", "strong", "em", "i", "font", "span", "u", "sup", "sub", "code"))
# Words of class names and ids, whole, of what stands beside an article.
_BESIDE = re.compile(
    r"(?<![a-z])(?:recommend\w*|relat(?:ed|e|ion)\w*|hot\w*|rank\w*|side\w*|share\w*|bdshare\w*|foot\w*"
    r"|nav\w*|menu\w*|breadcrumb\w*|crumbs?|copyright|tags?|pag(?:er|ination)|guess\w*|toolbar|login"
    r"|advert\w*|ads?|qrcode|statement|subscribe|author\w*|user\w*|avatar|signature|sign)(?![a-z])",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"(?<![a-z])(?:comment\w*|reply\w*|replies)(?![a-z])", re.IGNORECASE)
_LEAST_LINKS, _LINKED_SHARE, _SENTENCE_SHARE = 3, 0.6, 0.15
_BESIDE_SHARE = 0.5  # of all sentences: an article may have any class
_LEAST_ARTICLE = 80
_CARD_CHARS, _HEADLINE_CHARS = 300, 8
_MOST_SHARE = 0.85  # of the sentences, to be the article's element
_EDGE_LINES = 8
_SPACE = re.compile(r"[\s\u3000]+")
_HEADING_CHARS = 12


def main_text(body: Element, title: str | None) -> str:
    """Return the main text of a page, one line for each paragraph; empty if it has none.

    Args:
        body: its elements; lists of links are taken out of them.
        title: its title, which is no line of the text.
    """
    _take_out_lists(body)
    body.sum_up()
    lines = list(page_lines(_article(body)))
    return "\n".join(_without_edges(_without_links(lines), title)).strip("\n")


def _take_out_lists(body: Element) -> None:
    """Take out what leads elsewhere and what is named for what stands beside an article."""
    whole = body.sentences
    stack = [body]
    while stack:
        element = stack.pop()
        for child in element.elements():
            if child.tag in _INLINE and child.tag not in {"span", "font"}:
                continue
            if _is_list(child, whole) or _is_beside(child, whole) or _holds_cards(child, whole):
                element.take_out(child)
            else:
                stack.append(child)


def _is_list(element: Element, whole: int) -> bool:
    return (
        element.links >= _LEAST_LINKS
        and element.sentences <= _BESIDE_SHARE * whole
        and element.linked >= _LINKED_SHARE * element.chars
        and element.sentences <= _SENTENCE_SHARE * element.chars
    )


def _is_beside(element: Element, whole: int) -> bool:
    if _COMMENTS.search(element.names):
        return element.sentences <= max(_BESIDE_SHARE * whole, whole - _LEAST_ARTICLE)
    is_aside = element.tag in {"nav", "aside", "footer"} or _BESIDE.search(element.names)
    return bool(is_aside) and element.sentences < _BESIDE_SHARE * whole


def _holds_cards(element: Element, whole: int) -> bool:
    """Whether it is headlines of other articles, each with a date or some words of it."""
    if element.sentences > whole - _LEAST_ARTICLE:
        return False
    cards = [child for child in element.elements() if child.chars]
    found = sum(map(_is_card, cards))
    return found >= _LEAST_LINKS and found >= _MOST_SHARE * len(cards)


def _is_card(element: Element) -> bool:
    """Whether it is short and begins with a headline that is a link, on a line of its own."""
    if element.chars > _CARD_CHARS:
        return False
    if element.elements() and element.elements()[0].tag in _HEADINGS:
        return any(part.rstrip().endswith(("...", "…")) for part in texts_of(element))
    stack = [element]
    while stack:
        items = stack.pop().items
        for number, item in enumerate(items):
            if isinstance(item, Element) and item.linked == item.chars >= _HEADLINE_CHARS:
                after = items[number + 1] if number + 1 < len(items) else None
                return not (isinstance(after, str) and after.strip())
        stack += [item for item in items if isinstance(item, Element)]
    return False


def _article(body: Element) -> Element:
    """Return the innermost element with nearly all sentences."""
    article = body
    while True:
        inner = [
            child
            for child in article.elements()
            if child.sentences >= _MOST_SHARE * article.sentences > 0
        ]
        if not inner or inner[0].tag in _INLINE or inner[0].tag in {"p", "li", "pre"}:
            return article
        article = inner[0]


def _without_links(lines: list[Line]) -> list[Line]:
    """Return the lines without runs of three that are links, and the headings of what went."""
    kept: list[Line] = []
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end].kind is Kind.LINKED:
            end += 1
        run = lines[start:end]
        is_list = len(run) >= _LEAST_LINKS or any(not line.text for line in run)
        if is_list:
            while kept and kept[-1].kind is Kind.TEXT and _is_heading(kept[-1].text):
                kept.pop()
        kept += [line for line in run if not is_list and line.text]
        kept += lines[end : end + 1]
        start = end + 1
    return kept


def _is_heading(text: str) -> bool:
    return len(text) <= _HEADING_CHARS and sign_of(text) >= Sign.FURNITURE


def _without_edges(lines: list[Line], title: str | None) -> list[str]:
    """Return the texts without the furniture at both ends, and without the title above."""
    first, last = 0, len(lines)
    for number, line in enumerate(lines[:_EDGE_LINES]):
        if _is_title(line.text, title) or _is_furniture(line):
            first = number + 1
        elif sign_of(line.text) is Sign.SENTENCE:
            break
    while last > first and last > len(lines) - _EDGE_LINES and _is_furniture(lines[last - 1]):
        last -= 1
    return [line.text for line in lines[first:last]]


def _is_furniture(line: Line) -> bool:
    """Whether a line is furniture; sentences that call to something may be the article's."""
    if line.kind is Kind.AS_WRITTEN:
        return False
    sign = sign_of(line.text)
    return sign is Sign.RIGHTS or (sign is Sign.FURNITURE and not line.text.endswith("。"))


def _is_title(text: str, title: str | None) -> bool:
    return title is not None and _SPACE.sub("", text) == _SPACE.sub("", title)

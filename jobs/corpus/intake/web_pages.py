"""Whole web pages: their main text, and what they say of themselves.

Only pages come here: the tags left in other text are the business of `markup`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from jobs.corpus.intake.main_text import main_text
from jobs.corpus.intake.opt_outs import joined
from jobs.corpus.intake.page_elements import page_elements
from jobs.corpus.intake.page_facts import page_facts
from jobs.corpus.intake.rows import Row, shortened
from jobs.corpus.model.reasons import RejectReason
from jobs.corpus.text import alphabets

_MUCH_MORE = 3

_PAGE = re.compile(r"<html[\s>]|<body[\s>]|<!doctype\s+html", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:p|div|td|br|li|section|article|center)[\s/>]", re.IGNORECASE)
_CONTAINER = re.compile(
    r"<(/?)(?:div|span|font|blockquote|table|section|b|i|em|strong|ul|center)[\s>]", re.IGNORECASE
)
# Pages have tens. Resiliparse takes the square of it: 1.4 s for 2,000, minutes for 20,000.
_MOST_DEPTH = 400

# The parser compares each attribute of a tag with all before it: 12 s for 200,000.
_ATTRIBUTE = (
    r"[\s/]*+[^\s=>/]++"
    r"(?:\s*+=\s*+(?:\"[^\"]{0,256}+\"|'[^']{0,256}+'|(?![\"'])[^\s>]*+))?+"
)
_TAG = re.compile(rf"<[a-zA-Z][^\s>/]*+(?:{_ATTRIBUTE}){{0,9999}}+({_ATTRIBUTE})?")
_QUICK_CHARS = 1 << 18  # whatever a page of so many has, half a second is enough

_XML = re.compile(r"^\s*<\?xml[^>]*>")
_LETTER = re.compile(r"\w")
_SENTENCE_SIGN = re.compile("[，。；！？：]")


class Page(NamedTuple):
    """What a page is about, as far as it says; `text` is empty if it has no main text."""

    text: str
    title: str | None
    published: str | None
    url: str | None
    rights: str | None


def page_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Replace texts that are whole pages by their main text.

    Title, date and address come from the page where the partner gave none.

    Law: row-wise.
    """
    for row in rows:
        yield _extracted(row, row.text) if row.text and is_page(row.text) else row


def is_page(text: str) -> bool:
    """Whether `text` is a whole page and not some text with tags in it."""
    return bool(_PAGE.search(text) and _BLOCK.search(text))


def page(source: str) -> Page:
    """Return the main text of a page, a line for each paragraph, and its own facts."""
    source = _XML.sub("", source, count=1)
    if alphabets.has_many_marks(source):
        source = alphabets.marks_in_a_row().sub("", source)
    if _depth(source) > _MOST_DEPTH or _has_endless_tag(source):
        return Page("", None, None, None, None)
    tree = HTMLTree.parse(source)
    facts = page_facts(tree)
    return Page(_main_text(tree, facts.title), *facts)


def _extracted(row: Row, source: str) -> Row:
    found = page(source)
    known = row._replace(
        text=found.text,
        title=row.title or found.title,
        url=row.url or found.url,
        published=row.published or found.published,
        rights=joined(filter(None, (row.rights, found.rights))),
    )
    if found.text:
        return known
    evidence = f"page of {len(source)} characters, title {found.title!r}"
    return known._replace(text=None, reason=RejectReason.NO_MAIN_TEXT, evidence=shortened(evidence))


def _main_text(tree: HTMLTree, title: str | None) -> str:
    """Return the main text, or Resiliparse's if it is no sentence and that is much more.

    Which is better was measured page by page: docs/quality.md.
    """
    text = main_text(page_elements(tree), title)
    if _SENTENCE_SIGN.search(text):
        return text
    other = extract_plain_text(tree, main_content=True, alt_texts=False).strip()
    return other if _letters(other) > _MUCH_MORE * _letters(text) else text


def _depth(source: str) -> int:
    """Return how deep the page's containers are nested, closed or not."""
    depth = deepest = 0
    for tag in _CONTAINER.finditer(source):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _has_endless_tag(source: str) -> bool:
    """Whether a tag of a large page has more than 10,000 attributes."""
    is_large = len(source) > _QUICK_CHARS
    return is_large and any(tag[1] is not None for tag in _TAG.finditer(source))


def _letters(text: str) -> int:
    return len(_LETTER.findall(text))

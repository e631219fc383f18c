"""Whole web pages: their main text, and what they say of themselves.

Only pages come here: the tags left in other text are the business of `markup`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from jobs.corpus.dates import iso_date
from jobs.corpus.rows import RejectReason, Row, shortened

# A page found to have less text than this is looked at again, by other eyes.
_LITTLE_TEXT = 100
_MUCH_MORE = 3
_MUCH_LESS = 0.7
_LONG_CELL = 120

_PAGE = re.compile(r"<html[\s>]|<body[\s>]|<!doctype\s+html", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:p|div|td|br|li|section|article|center)[\s/>]", re.IGNORECASE)
_CONTAINER = re.compile(
    r"<(/?)(?:div|span|font|blockquote|table|section|b|i|em|strong|ul|center)[\s>]", re.IGNORECASE
)
# Pages have tens. Either library takes the square of it: 1.4 s for 2,000, minutes for 20,000.
_MOST_DEPTH = 400

# Extractors drop breaks and no-break spaces in code, and its indentation with them.
_CODE = re.compile(r"<pre[\s>].*?</pre\s*>", re.IGNORECASE | re.DOTALL)
_CODE_BREAK = re.compile(r"<br\s*/?>\n?", re.IGNORECASE)
_CODE_SPACE = re.compile("&nbsp;|&#160;|&#[xX][aA]0;|\xa0")

_XML = re.compile(r"^\s*<\?xml[^>]*>")
_LETTER = re.compile(r"\w")

_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1", re.IGNORECASE | re.DOTALL)
_META = re.compile(r"<meta\s[^>]*>", re.IGNORECASE)
_LINK = re.compile(r"<link\s[^>]*rel\s*=\s*[\"']?canonical[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_TAG = re.compile(r"<[^>]*>")
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_SITE = re.compile(r"\s*[_|｜]\s*|\s+[-–—]+\s*|\s*[-–—]+\s+")
_LEAST_TITLE = 4

_DATE_NAMES = (
    "article:published_time",
    "og:published_time",
    "og:release_date",
    "datepublished",
    "pubdate",
    "publishdate",
    "publish_date",
    "publication_date",
    "weibo:article:create_at",
    "apub:time",
    "bytedance:published_time",
    "dcterms.created",
    "firstpublishedtime",
)
_JSON_DATE = re.compile(
    r"\"(?:datePublished|pubDate|publishTime|publish_time)\"\s*:\s*\"([^\"]+)\""
)
_SHOWN_DATE = re.compile(
    r"(?<![\d-])(?:19|20)\d\d\s?(?:年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|([-/.])\d{1,2}\1\d{1,2}(?!\d))"
    r"(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
)
# A table of the layout, not of the content, leaves bars on lines that hold one cell or none.
_BARS = re.compile(r"^[|\s-]*(?:\|[ \t]*([^|\n]*?)[ \t]*\|)?[|\s-]*$")


class Page(NamedTuple):
    """What a page is about, as far as it says; `text` is empty if it has no main text."""

    text: str
    title: str | None
    published: str | None
    url: str | None


def page_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows, with the main text of those whose text is a whole page.

    Title, date and address come from the page where the partner gave none.

    Law: row-wise.
    """
    for row in rows:
        yield _extracted(row, row.text) if row.text and is_page(row.text) else row


def is_page(text: str) -> bool:
    """Whether `text` is a whole page and not some text with tags in it."""
    return bool(_PAGE.search(text) and _BLOCK.search(text))


def page(source: str) -> Page:
    """The main text of a page, a paragraph a line, and what it says of itself."""
    return Page(_main_text(source), _title(source), _published(source), _url(source))


def _extracted(row: Row, source: str) -> Row:
    found = page(source)
    known = row._replace(
        text=found.text,
        title=row.title or found.title,
        url=row.url or found.url,
        published=row.published or found.published,
    )
    if found.text:
        return known
    evidence = f"page of {len(source)} characters, title {found.title!r}"
    return known._replace(text=None, reason=RejectReason.NO_MAIN_TEXT, evidence=shortened(evidence))


def _main_text(source: str) -> str:
    """Trafilatura's answer, or Resiliparse's where that is next to nothing or one long table cell.

    Which is better was measured page by page: docs/decisions/0013.
    """
    # lxml refuses a string that says what bytes it was.
    source = _CODE.sub(_plain_code, _XML.sub("", source))
    if _depth(source) > _MOST_DEPTH:
        return ""
    found = trafilatura.extract(source, favor_recall=True, include_comments=False) or ""
    cells = [cell for cell in map(_only_cell, found.split("\n")) if cell is not None]
    text = "\n".join(cells).strip()
    is_layout = any(f"| {cell} |" in found for cell in cells if len(cell) > _LONG_CELL)
    if _letters(text) >= _LITTLE_TEXT and not is_layout:
        return text
    other = extract_plain_text(source, main_content=True, alt_texts=False).strip()
    least = _MUCH_LESS if is_layout else _MUCH_MORE
    return other if _letters(other) > least * _letters(text) else text


def _plain_code(code: re.Match[str]) -> str:
    return _CODE_SPACE.sub(" ", _CODE_BREAK.sub("\n", code[0]))


def _depth(source: str) -> int:
    """How deep the page's containers are nested, closed or not."""
    depth = deepest = 0
    for tag in _CONTAINER.finditer(source):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _letters(text: str) -> int:
    return len(_LETTER.findall(text))


def _only_cell(line: str) -> str | None:
    """A line of text; of a table's row the only cell, None if there is none."""
    bare = _BARS.match(line) if line.startswith("|") else None
    return line if bare is None else bare[1]


def _title(source: str) -> str | None:
    """The heading that the title repeats, else the title without the site's name."""
    title = _TITLE.search(source)
    whole = _plain(title[1]) if title else ""
    headings = [_plain(heading) for heading in _HEADING.findall(source)]
    for heading in headings:
        if len(heading) >= _LEAST_TITLE and heading in whole:
            return heading
    given = _metas(source).get("og:title", "")
    if given:
        return _plain(given)
    first = _SITE.split(whole)[0]
    return (first if len(first) >= _LEAST_TITLE else whole) or None


def _published(source: str) -> str | None:
    """The date of publication: declared, else the first whole date that is shown."""
    metas = _metas(source)
    declared = [metas[name] for name in _DATE_NAMES if name in metas]
    declared += _JSON_DATE.findall(source)
    for text in declared:
        if iso_date(text):
            return text
    shown = _TAG.sub(" ", _HIDDEN.sub(" ", source))
    for date in _SHOWN_DATE.finditer(shown):
        if iso_date(date[0]):
            return date[0]
    return None


def _url(source: str) -> str | None:
    link = _LINK.search(source)
    address = _attributes(link[0]).get("href") if link else None
    address = address or _metas(source).get("og:url")
    return address if address and address.startswith("http") else None


def _metas(source: str) -> dict[str, str]:
    """What the page's meta tags say, the first of a name."""
    metas: dict[str, str] = {}
    for tag in _META.findall(source):
        attributes = _attributes(tag)
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if name and attributes.get("content"):
            metas.setdefault(name.lower(), attributes["content"])
    return metas


def _attributes(tag: str) -> dict[str, str]:
    return {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", markup)).split())

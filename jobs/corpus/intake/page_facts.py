"""What a web page says of itself: title, date of publication, address, by its parsed tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from jobs.corpus.intake.dates import iso_date
from jobs.corpus.intake.opt_outs import joined, opt_outs

_SITE = re.compile(r"(?<!\s)\s*+[_|｜]\s*|(?<!\s)\s++[-–—]++\s*|(?<![\s–—-])[-–—]++\s+")
_LEAST_TITLE = 4
_MOST_CHARS = 1000  # of a title or heading: no page has a longer one to say what it is about
_MOST_HEADINGS = 20
_MOST_SHOWN = 50  # dates; the first that can be one is nearly always the first there is

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


class PageFacts(NamedTuple):
    """What a page says of itself, None where it does not."""

    title: str | None
    published: str | None
    url: str | None
    rights: str | None


def page_facts(tree: HTMLTree) -> PageFacts:
    """Return title, date of publication as worded, address and opt-outs of a parsed page."""
    tags = _found(tree, "meta")
    metas = _metas(tags)
    rights = joined(opt_outs("meta", _named(tags)))
    return PageFacts(_title(tree, metas), _published(tree, metas), _url(tree, metas), rights)


def _title(tree: HTMLTree, metas: dict[str, str]) -> str | None:
    """Return the heading that the title repeats, else the title without the site's name."""
    whole = _plain(tree.title or "")
    for heading in _found(tree, "h1")[:_MOST_HEADINGS]:
        text = _plain(heading.text)
        if len(text) >= _LEAST_TITLE and text in whole:
            return text
    given = metas.get("og:title", "")
    if given:
        return _plain(given)
    first = _SITE.split(whole, maxsplit=1)[0]
    return (first if len(first) >= _LEAST_TITLE else whole) or None


def _published(tree: HTMLTree, metas: dict[str, str]) -> str | None:
    """Return the date of publication: declared, else the first whole date that is shown."""
    for text in _declared(tree, metas):
        if iso_date(text):
            return text
    shown = extract_plain_text(tree, preserve_formatting=False, alt_texts=False, list_bullets=False)
    for date in islice(_SHOWN_DATE.finditer(shown), _MOST_SHOWN):
        if iso_date(date[0]):
            return date[0]
    return None


def _declared(tree: HTMLTree, metas: dict[str, str]) -> Iterator[str]:
    yield from (metas[name] for name in _DATE_NAMES if name in metas)
    for script in _found(tree, "script"):
        yield from _JSON_DATE.findall(script.text)


def _url(tree: HTMLTree, metas: dict[str, str]) -> str | None:
    """Return the canonical address, resolved against the base or address that the page declares."""
    given = metas.get("og:url", "")
    base = next((node.getattr("href") or "" for node in _found(tree, "base")), "")
    for link in _found(tree, "link"):
        if "canonical" in (link.getattr("rel") or "").lower().split():
            address = _joined(base or given, link.getattr("href") or "")
            if address:
                return address
    return _joined(base, given)


def _joined(base: str, address: str) -> str | None:
    try:
        whole = urljoin(base, address.strip()) if address.strip() else ""
    except ValueError:  # no address at all
        return None
    return whole if whole.startswith(("http://", "https://")) else None


def _named(tags: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield name and content of meta tags, also of those that stand for a header."""
    for tag in tags:
        name = tag.getattr("name") or tag.getattr("http-equiv")
        if name:
            yield name, tag.getattr("content") or ""


def _metas(tags: list[Any]) -> dict[str, str]:
    """Return the contents of meta tags, the first of each name."""
    metas: dict[str, str] = {}
    for tag in tags:
        name = tag.getattr("property") or tag.getattr("name") or tag.getattr("itemprop")
        content = tag.getattr("content")
        if name and content:
            metas.setdefault(name.lower(), content)
    return metas


def _found(tree: HTMLTree, tag: str) -> list[Any]:
    """Return every element of a name, as a slice: one by one would take quadratic time."""
    document = tree.document
    return list(document.get_elements_by_tag_name(tag)[:]) if document else []


def _plain(text: str) -> str:
    return " ".join(text[:_MOST_CHARS].split())

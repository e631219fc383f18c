"""Elements of pages and of data: names of tags, elements of XML, and what encloses a whole text."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What a tag leaves behind: a block stood on lines of its own, a cell beside others.
_BLOCKS = (
    "address article aside blockquote body br caption center dd div dl dt fieldset figcaption"
    " figure footer form frameset h1 h2 h3 h4 h5 h6 head header hr html legend li main nav"
    " noscript ol option p pre section select table tbody textarea tfoot thead title tr ul"
)
_INLINES = (
    "a abbr acronym b base bdi bdo big button cite code col colgroup del dfn em embed font frame i"
    " iframe img input ins kbd label link mark meta nobr noframes o:p object param path q s samp"
    " script small source span st1 strike strong style sub sup svg tt u var video audio wbr"
)
LEFT_BEHIND = {
    **dict.fromkeys(_BLOCKS.split(), "\n"),
    **dict.fromkeys(("td", "th"), " "),
    **dict.fromkeys(_INLINES.split(), ""),
}

NAMES = "|".join(sorted(LEFT_BEHIND, reverse=True))
"""The names of the tags that are removed, as alternatives of a pattern."""

# An element of XML; what HTML has beside the names above, and libraries add to it, is none.
_OF_HTML = (
    "applet area aside basefont bgsound blink canvas content data datalist defs details dialog dir"
    " g hgroup image legend line listing main mark marquee math menu menuitem meter noembed"
    " optgroup output picture plaintext polygon polyline progress rb rect rp rt rtc ruby search"
    " slot strike summary symbol template text time title track use wbr xmp"
)
_ELEMENT = re.compile(
    rf"(?:<\?xml\b[^<>]*>\s*)?<((?!(?:{NAMES}|{'|'.join(_OF_HTML.split())})[\s>])\w[\w.]*)"
    r"(?=[\s>])[^<>]*(?<!/)>",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"</(\w[\w.]*)>")
_OF_PAGES = re.compile(r"<(?:br|hr|font|center|nobr)\b", re.IGNORECASE)
_ENCLOSING = re.compile(
    r"\s*<(article|body|div|main|p|section|span)(?:\s[^<>]*)?>(?! )", re.IGNORECASE
)
_SENTENCE_END = re.compile("[。！？…：；”）.]\\s*\\Z")
_MOST_ENCLOSING = 8


def data_elements(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of elements that HTML does not have: what is in them is data, not a page."""
    opening = _ELEMENT.search(text)
    last = {found[1]: found.start() for found in _CLOSING.finditer(text)} if opening else {}
    while opening:
        position = opening.end()
        if last.get(opening[1], 0) >= position:
            closing = f"</{opening[1]}>"
            end = text.find(closing, position)
            position = end + len(closing)
            if not _OF_PAGES.search(text, opening.end(), end):
                yield opening.start(), position
        opening = _ELEMENT.search(text, position)


def without_enclosing(text: str) -> str:
    """Return a text without the tags that begin before all of it and end behind.

    Whatever the text says of tags, these are a page's. One pair may be an example unless a sentence
    ends before it closes.
    """
    inner, pairs = text, 0
    while pairs < _MOST_ENCLOSING:
        opening = _ENCLOSING.match(inner)
        end = _closed_at(inner, opening) if opening else 0
        if not opening or not end:
            break
        inner, pairs = inner[opening.end() : end], pairs + 1
    return inner if pairs > 1 or (pairs and _SENTENCE_END.search(inner[-3:])) else text


def _closed_at(text: str, opening: re.Match[str]) -> int:
    """Return where the tag begins that closes `opening` at the end of the text; 0 if none does."""
    depth, last = 1, None
    for tag in re.finditer(rf"</?{opening[1]}(?:\s[^<>]*)?>", text[opening.end() :], re.IGNORECASE):
        if depth == 0:
            return 0
        depth, last = depth + (1 if tag[0][1] != "/" else -1), tag
    end = opening.end() + last.end() if last and last[0][1] == "/" else 0
    is_last = end > 0 and not text[end:].strip()
    return opening.end() + last.start() if last and is_last else 0

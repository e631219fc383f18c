"""HTML residue: what is left of web pages in text that was taken from them.

Only what is certainly HTML goes: tags of a known name, so that `<中华人民共和国宪法>`, `a < b` and
`List<String>` stay; nothing in Markdown code, where the same characters are the content; and no tag
at all in a text that speaks of tags (`line_kinds.taught_spans`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import partial
from html.entities import html5

from jobs.corpus.repair.elements import LEFT_BEHIND, NAMES, data_elements, without_enclosing
from jobs.corpus.text.code_blocks import code_blocks
from jobs.corpus.text.line_kinds import REMAINS, taught_spans, teaches_entities
from jobs.corpus.text.markup_regions import regions

# Shorter names are hardly words: `<br>` is a tag, but `<path>` may be a placeholder.
_WORD_CHARS = 4

# An argument of a type or a comparison, as in Box<b> and x<i>y; <p> where a mark follows.
_ARGUMENT = re.compile(r"(?a:(?<=\w))<(?:[abiqsu]>|p>(?=[、，。；）)>&*]))", re.IGNORECASE)

# Attributes are ASCII except for their values, because `若 a <b 且 c> d` is no tag; the second way
# to end one is for quotes that do not pair.
_TAG = re.compile(
    rf"</?({NAMES})(?=[\s/>])(?!\s*(?:&&|\|\||[-+*=<]))"
    r"""(?:(?:[!#-&(-;?-~\s]++|=[^\s"'<>]*+|"[^"<]*+"|'[^'<]*+')*+>|[!-;=?-~\s]*+>)"""
    r"|<(?:!doctype|\?xml)\b[^<>]*+>",
    re.IGNORECASE | re.ASCII,
)
_CLOSED_NAME = re.compile(rf"</({NAMES})\s*>", re.IGNORECASE | re.ASCII)

# An ampersand escaped again and again is unescaped at once.
_ENTITY = re.compile(
    r"&((?:amp;|#38;|#x26;)*)(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)

# The indentation of a page's source is none of the text's: before tags, and of what tags hold.
_LINE_OF_TAGS = re.compile(rf"</?(?:{NAMES})[\s/>]", re.IGNORECASE)
_ENDING_TAG = re.compile(rf"</?(?:{NAMES})(?:[\s/][^<>]*)?>\s*\Z", re.IGNORECASE)
_PREFORMATTED = re.compile(r"<(?:pre|textarea|code)\b", re.IGNORECASE)

# 10<sup>6</sup> is not 106. What Unicode cannot raise stands in brackets behind ^ or _.
_RAISED = re.compile(
    r"<(sup|sub)(?:\s[^<>]{0,80})?>\s*("
    r"(?:[0-9A-Za-z\u0370-\u03ff+\-\u2212\u2013\uff0d=()*/,. |'\u2032\u221e\xb2\xb3\xb9]"
    r"|[\u2070-\u209c]"
    r"|</?(?:i|em|b|var|span)>|&(?:[A-Za-z]{2,8}|#\d{2,5});){1,40}?)\s*</\1>",
    re.IGNORECASE,
)
_NESTED = 3  # exponents of exponents
_INNER_TAG = re.compile(r"<[^<>]*>")
_PLAIN = re.compile(r"(?i:st|nd|rd|th|tm|sm|r|c|\*+|[0-9]+(?:[,-][0-9]+)+)")
_DASHES = str.maketrans("\u2013\uff0d\xa0", "-- ")
_REACH = 60  # characters of tags between a base and its exponent
_BASE = re.compile(r"[0-9A-Za-z)\]}\u0370-\u03ff]")
_RAISED_SIGNS = {
    "sup": str.maketrans("0123456789+-\u2212=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", " "),
    "sub": str.maketrans(
        "0123456789+-\u2212=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", " "
    ),
}
_MARKS = {"sup": "^", "sub": "_"}

_ROW_CHARS = 1000


def remove_markup(text: str) -> str:
    """Remove HTML tags, comments, scripts and styles, and turn entities into characters.

    One pass: `&lt;br&gt;` becomes `<br>`, and only another call takes that for a tag.
    """
    if "<" not in text and "&" not in text:
        return text
    text = without_enclosing(text)
    parts: list[str] = []
    position = 0
    for start, end in _content(text) if "<" in text else ():
        if end > position:
            begin = max(start, position)
            parts += [_stripped(text[position:begin]), _unescaped(text[begin:end])]
            position = end
    return "".join([*parts, _stripped(text[position:])])


def _content(text: str) -> list[tuple[int, int]]:
    """Return the spans, in order, in which tags are content: spoken of, or in code."""
    code = [
        (start, end)
        for start, end in code_blocks(text)
        if "\n" in text[start:end] and not _RAISED.search(text, start, end)
    ]
    if code:  # what is code without its tags, and none of their attributes
        bare = _INNER_TAG.sub(_blanked, text)
        code = [(start, end) for start, end in code if code_blocks(bare[start:end])]
    programs = [(r.start, r.end) for r in regions(text) if not r.is_code] if code else []
    code = [s for s in code if not any(first < s[1] and s[0] < last for first, last in programs)]
    return sorted(
        [*taught_spans(text), *code, *(() if REMAINS.search(text) else data_elements(text))]
    )


def _blanked(tag: re.Match[str]) -> str:
    """Return as many characters, newlines where there were some."""
    return "".join("\n" if character == "\n" else " " for character in tag[0])


def _stripped(text: str) -> str:
    closed = {name.lower() for name in _CLOSED_NAME.findall(text)}
    kept: list[str] = []
    position = 0
    for region in regions(text):
        kept.append(_prose(text[position : region.start], closed, _row(text, position)))
        if region.is_code:
            kept.append(text[region.start : region.end])
        position = region.end
    kept.append(_prose(text[position:], closed, _row(text, position)))
    return "".join(kept)


def _unescaped(text: str) -> str:
    """Turn entities into characters, except in code, where they may be the example."""
    kept: list[str] = []
    position = 0
    for region in regions(text):
        if region.is_code:
            kept += [_entities(text[position : region.start], _row(text, position))]
            kept += [text[region.start : region.end]]
            position = region.end
    return "".join([*kept, _entities(text[position:], _row(text, position))])


def _prose(text: str, closed: set[str], row: str) -> str:
    if "<" in text:
        if "\n " in text or "\n\t" in text or text[0] in " \t":
            text = _without_source_indentation(text)
        for _ in range(_NESTED if "<su" in text or "<SU" in text else 0):
            text = _RAISED.sub(_raised, text)
        text = _TAG.sub(partial(_left_behind, closed=closed, row=row), text)
    return _entities(text, row)


def _without_source_indentation(text: str) -> str:
    """Return a part of a page's source without the indentation of its tags and of what they hold.

    Preformatted text keeps its own.
    """
    lines = text.split("\n")
    is_held, is_preformatted = False, _PREFORMATTED.search(text) is not None
    for number, line in enumerate(lines):
        bare = line.lstrip(" \t")
        is_tag = _LINE_OF_TAGS.match(bare) is not None
        if len(bare) < len(line) and (is_tag or (is_held and not is_preformatted)):
            lines[number] = bare
        ending = _ENDING_TAG.search(bare) if bare else None
        if ending:
            is_held = True
        elif is_tag or not bare:
            is_held = is_held and not is_tag
    return "\n".join(lines)


def _entities(text: str, row: str) -> str:
    if "&" not in text or teaches_entities(text):
        return text
    return _ENTITY.sub(partial(_character, row=row), text)


def _raised(it: re.Match[str]) -> str:
    """Return an exponent or index in characters of its own, as ² or ⁿ⁻¹, else as ^k or ^(n/2)."""
    inner = html.unescape(_INNER_TAG.sub("", it[2])).translate(_DASHES).strip()
    kind = it[1].lower()
    raised = inner.translate(_RAISED_SIGNS[kind])
    if raised and not any(map(_is_plain, raised)) and all(map(_is_plain, inner)):
        return raised
    base = _INNER_TAG.sub("", it.string[max(it.start() - _REACH, 0) : it.start()])[-1:]
    if not inner or not _BASE.match(base) or _PLAIN.fullmatch(inner):
        return inner
    return _MARKS[kind] + (inner if inner.isalnum() and len(inner) == 1 else f"({inner})")


def _is_plain(character: str) -> bool:
    """Whether a character stands on the line, neither raised nor lowered."""
    return unicodedata.category(character) not in {"No", "Lm"} and character not in "⁺⁻⁼⁽⁾₊₋₌₍₎"


def _left_behind(tag: re.Match[str], closed: set[str], row: str) -> str:
    if tag[1] is None:
        return "\n"
    name = tag[1].lower()
    is_bare = len(tag[0]) == len(name) + len("<>") and name not in closed
    if is_bare and (len(name) >= _WORD_CHARS or _ARGUMENT.match(tag.string, tag.start())):
        return tag[0]
    left = LEFT_BEHIND[name]
    if left == " " and not row and tag.string[: tag.start()][-1:] in ("", "\n"):
        return ""
    if left != "\n":
        return left
    # What stood on lines of its own inside a cell of a Markdown table stays in its row.
    if not _row(tag.string, tag.start(), row).lstrip().startswith("|"):
        return left
    return "" if tag.string[tag.start() - 1] in " >" else " "


def _character(entity: re.Match[str], row: str) -> str:
    escapes, name = entity.groups()
    unknown = f"&{name};" if escapes else entity[0]
    character = html.unescape(f"&{name};") if name[0] == "#" else html5.get(f"{name};", unknown)
    # In a row of a table it would begin another cell.
    if character == "|" and "|" in _row(entity.string, entity.start(), row):
        return entity[0]
    return character


def _row(text: str, at: int, row: str = "") -> str:
    """What stands before `at` in its line, `row` being what stands before `text` in its first.

    Nothing if that is too much for a row of a table: looking further could cost the square.
    """
    begin = text.rfind("\n", max(at - _ROW_CHARS, 0), at) + 1
    if at - begin > _ROW_CHARS:
        return ""
    return text[begin:at] if begin else row + text[:at]

"""Edge spans: which of the common lines at the ends of one text are cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from jobs.corpus.removal.edge_lines import EdgeArray
from jobs.corpus.removal.line_keys import is_structure
from jobs.corpus.removal.removals import RemovedSpan
from jobs.corpus.text.furniture_signs import Sign, sign_of

_HEAD, _TAIL = 0, 1
_RULE = re.compile(r"[-=_*~·#—–─━═ \t\n]*")
_RULE_BYTES = 200  # a longer line is no rule
_COUNTLESS = re.compile(r"(?:https?://|www\.)[!-~]+|[!-~]{1,64}@[!-~]+|[\W\d_]+")
_COUNTED_BYTES = 1 << 16  # many times what stands at the ends
_BROKEN_CHARS = 100  # of an address that the end breaks: letters that are none
_KNOWN_LINES = 1 << 14  # that are common, whose sign is kept: they stand on many pages
_KNOWN_CHARS = 200


class _Line(NamedTuple):
    """A line near an end of a text, and how many texts have it; 0 if it is not common."""

    start: int
    end: int
    text: str
    documents: int
    sign: Sign


def edge_spans(
    data: bytes, starts: EdgeArray, ends: EdgeArray, documents: EdgeArray, *, max_share: float
) -> list[RemovedSpan]:
    """Return what to cut of one text, ascending; none if it would lose too much.

    Args:
        data: the text in UTF-8.
        starts: int64 (2, EDGE_LINES), the first byte of its lines from either end inwards.
        ends: likewise, the byte after the last.
        documents: likewise, how many texts of the site have the line; 0 if too few.
        max_share: the share of its letters that it may lose.
    """
    found: dict[int, _Line] = {}
    for end in (_HEAD, _TAIL):
        lines = list(_lines(data, starts[end], ends[end], documents[end]))
        for line in _of_head(lines) if end == _HEAD else _of_tail(data, lines):
            found.setdefault(line.start, line)
    lines = [found[start] for start in sorted(found)]
    return list(_spans(data, lines)) if not _is_too_much(data, lines, max_share) else []


def _lines(
    data: bytes, starts: EdgeArray, ends: EdgeArray, documents: EdgeArray
) -> Iterator[_Line]:
    """Yield lines inwards, up to the text: a sentence of its own, or two lines of text in a row.

    A line is text if it is not common, or a sentence, or part of a document's structure.
    """
    was_text = False
    for start, end, count in zip(starts.tolist(), ends.tolist(), documents.tolist(), strict=True):
        text = data[start:end].decode()
        is_known = count and len(text) <= _KNOWN_CHARS
        sign = _known_sign(text) if is_known else _sign(text)
        is_text = not count or sign is Sign.SENTENCE
        if start == end or (is_text and (was_text or (not count and sign is Sign.SENTENCE))):
            return
        was_text = is_text
        yield _Line(start, end, text, count, sign)


def _sign(text: str) -> Sign:
    sign = sign_of(text)
    is_text = sign < Sign.FURNITURE and "://" not in text and is_structure(text)
    return Sign.SENTENCE if is_text else sign


_known_sign = lru_cache(maxsize=_KNOWN_LINES)(_sign)


def _of_head(lines: list[_Line]) -> Iterator[_Line]:
    """Yield furniture, and what stands between two lines of it."""
    at = [number for number, line in enumerate(lines) if _is_furniture(line)]
    for number, line in enumerate(lines):
        is_between = bool(at) and at[0] < number < at[-1] and line.sign is Sign.BESIDE
        if number in at or (is_between and line.documents):
            yield line


def _of_tail(data: bytes, lines: list[_Line]) -> Iterator[_Line]:
    """Yield furniture, what stands below it, and what stands between it and a rule above."""
    at = [number for number, line in enumerate(lines) if _is_furniture(line)]
    if not at:
        return
    innermost = at[-1]
    for number in range(at[-1] + 1, len(lines)):
        if not lines[number].documents or lines[number].sign is not Sign.BESIDE:
            break
        if _has_rule_above(data, lines[number]):
            innermost = number
    for number, line in enumerate(lines[: innermost + 1]):
        is_beside = line.sign is Sign.BESIDE or (
            line.sign is Sign.TEXT and not re.search("[:：]", line.text)
        )
        if line.documents and (number in at or is_beside):
            yield line


def _is_furniture(line: _Line) -> bool:
    return line.documents > 0 and line.sign >= Sign.FURNITURE


def _has_rule_above(data: bytes, line: _Line) -> bool:
    return bool(data[_gap_start(data, line.start) : line.start].strip())


def _gap_start(data: bytes, at: int) -> int:
    """Return where the empty lines and rules above a line begin."""
    while at > 0:
        start = data.rfind(b"\n", 0, at - 1) + 1
        if at - start > _RULE_BYTES or not _RULE.fullmatch(data[start:at].decode()):
            break
        at = start
    return at


def _gap_end(data: bytes, at: int) -> int:
    """Return where the empty lines and rules below a line end."""
    while at < len(data):
        newline = data.find(b"\n", at + 1)
        end = len(data) if newline < 0 else newline
        if end - at > _RULE_BYTES or not _RULE.fullmatch(data[at:end].decode()):
            break
        at = end
    return at


def _is_too_much(data: bytes, lines: list[_Line], max_share: float) -> bool:
    """Whether a text loses too much by its lines; a page of nothing else is no text."""
    lost = sum(_letters(line.text) for line in lines)
    enough = int(lost / max_share) + _BROKEN_CHARS
    # Half of a text are letters, of three bytes each.
    beginning = data[: min(6 * enough, _COUNTED_BYTES)].decode(errors="ignore")
    if len(beginning) > enough and _letters(beginning) > enough:
        return False
    whole = _letters(data[:_COUNTED_BYTES].decode(errors="ignore"))
    is_all = whole <= lost and all(line.sign >= Sign.FURNITURE for line in lines)
    return lost > max_share * whole and not is_all


def _letters(text: str) -> int:
    return len(_COUNTLESS.sub("", text))


def _spans(data: bytes, lines: list[_Line]) -> Iterator[RemovedSpan]:
    """Yield lines with the line breaks and rules above them; at the head, with those below."""
    done = _gap_end(data, 0)  # all before is cut if the first line is
    head = 0
    for line in lines:
        if line.start <= done + 1:  # behind a rule there is a line break
            first, last = head, _gap_end(data, line.end)
            while last < len(data) and data[last] in b" \t\n":
                last += 1
            head = done = last
        else:
            first, last = _gap_start(data, line.start), line.end
            while first > 0 and data[first - 1] in b"\n":
                first -= 1
            last = len(data) if _gap_end(data, last) == len(data) else last
        yield RemovedSpan(
            first, last, data.count(b"\n", 0, line.start) + 1, None, line.documents, None
        )

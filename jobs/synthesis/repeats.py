"""What a careless extraction repeats: the caption of a picture, a whole text, the frame of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.synthesis.dirt import Altered, insert_line
from jobs.synthesis.grammar import forms

if TYPE_CHECKING:
    from jobs.synthesis.grammar import Pen
    from jobs.synthesis.partners import Site


def with_caption(pen: Pen, text: str, subject: int) -> Altered:
    """One caption at several places, never twice in a row; its wording is the detail."""
    caption = f"图为{pen.sentence(forms('cities', subject))}：{_headline(pen, subject)}（资料图片）"
    lines = text.split("\n")
    times = min(pen.whole(3, 6), len(lines))
    for at in sorted(pen.chance.sample(range(1, len(lines) + 1), times), reverse=True):
        lines.insert(at, caption)
    if times < 3:  # a text of two lines has no room for more
        return Altered(insert_line(pen, text, caption), caption)
    return Altered("\n".join(lines), caption)


def _headline(pen: Pen, subject: int) -> str:
    return pen.sentence(forms("headlines", subject))


def pasted_twice(text: str) -> Altered:
    """A text followed by itself."""
    return Altered(f"{text}\n{text}", f"{len(text)} characters")


def framed(text: str, site: Site) -> Altered:
    """A text between the lines that every page of a site begins and ends with."""
    return Altered(f"{site.header}\n{text}\n{site.footer}", site.host)

"""Dirt in a text that decodes: full-width letters, residue of web pages, characters unseen."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jobs.synthesis.grammar import Pen

_ASCII = string.ascii_letters + string.digits
_TO_FULL_WIDTH = str.maketrans({letter: chr(ord(letter) + 0xFEE0) for letter in _ASCII})
_UNSEEN = (
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202a", "\u202c"),
    *("\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f"),
)
_SCRIPT = '<script type="text/javascript">var share={title:document.title};share_init();</script>'
_ANCHOR = '<a href="http://www.example.com/more.html" target="_blank">更多&gt;&gt;</a>'


class Altered(NamedTuple):
    """A text as delivered, and what was done to it."""

    text: str
    detail: str


def with_full_width(pen: Pen, text: str) -> Altered:
    """All ASCII letters and digits in full width, and lines indented by ideographic spaces."""
    letters = "".join(pen.word(string.ascii_uppercase) for _ in range(3))
    text = insert_line(pen, text, f"（编号：{letters}{pen.whole(1000, 9999)}）")
    changed = len(re.findall("[0-9A-Za-z]", text))
    wide = "\n".join("　　" + line for line in text.translate(_TO_FULL_WIDTH).split("\n"))
    return Altered(wide, f"{changed} characters")


def with_html(pen: Pen, text: str) -> Altered:
    """Tags and entities as a careless extraction leaves them."""
    lines = [line.replace("“", "&ldquo;").replace("”", "&rdquo;") for line in text.split("\n")]
    style = pen.word(("p", "br", "div", "span"))
    match style:
        case "p":
            lines = [f"<p>&nbsp;&nbsp;{line}</p>" for line in lines]
        case "br":
            lines = [f"{line}<br/>" for line in lines]
        case "div":
            lines = [f'<div class="TRS_Editor">{line}</div>' for line in lines]
        case _:
            lines = [f'<span style="font-size: 14px;">{line}</span>' for line in lines]
    residue = pen.word((_SCRIPT, _ANCHOR, "<!-- 正文结束 -->", "&copy;&#160;&middot;"))
    return Altered("\n".join([*lines, residue]), f"{style}, {residue[:8]}")


def with_control_characters(pen: Pen, text: str) -> Altered:
    """Control, zero-width and direction characters at a few places."""
    split_points = sorted(pen.whole(1, len(text) - 1) for _ in range(pen.whole(3, 12)))
    unseen = [pen.word(_UNSEEN) for _ in split_points]
    parts = [
        text[start:end]
        for start, end in zip([0, *split_points], [*split_points, len(text)], strict=True)
    ]
    dirty = "".join(part + mark for part, mark in zip(parts, [*unseen, ""], strict=True))
    return Altered(dirty, " ".join(f"U+{ord(mark):04X}" for mark in unseen))


def insert_line(pen: Pen, text: str, line: str) -> str:
    """Insert a line into a text, not as the first.

    Args:
        pen: draws the place.
        text: of at least one line.
        line: without its newline.
    """
    lines = text.split("\n")
    lines.insert(pen.whole(1, len(lines)), line)
    return "\n".join(lines)

"""Texts that are right as they are: what no repair may change but as is written beside them.

In `fixtures/right_texts/lines` a line is a text, in `blocks` what stands between lines of %%.
Behind a tab, => and a tab stands what becomes of it, where that is anything else: Simplified
characters, marks and letters of other width, entities. A fault that is found adds a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "fixtures" / "right_texts"
_BECOMES = "\t=>\t"


class RightText(NamedTuple):
    """A text, of which kind it is, and what it becomes."""

    kind: str
    text: str
    expected: str


def right_texts() -> Iterator[RightText]:
    """Every text, programs also as fenced blocks."""
    for path in sorted(FOLDER.glob("*/*.txt")):
        content = path.read_text(encoding="utf-8").removesuffix("\n")
        for entry in content.split("\n" if path.parent.name == "lines" else "\n%%\n"):
            text, _, becomes = entry.partition(_BECOMES)
            yield RightText(path.stem, text, becomes or text)
            if path.stem == "code":
                fenced = f"```\n{text}\n```"
                yield RightText("fenced code", fenced, fenced)

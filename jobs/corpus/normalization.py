"""One text, one spelling: what differs only in bytes, width, blanks or HTML residue becomes equal.

Chinese punctuation is content: no rule turns ，：；（）！？ into their ASCII look-alikes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pyarrow as pa

from jobs.corpus.markup import fenced_blocks, without_markup

# Releases record it: other rules, other number.
NORMALIZATION_VERSION = 1

_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls
    "\xad\u180e\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # direction
)
_WIDE_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_WIDE_LETTERS = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"

_UNSEEN = re.compile(f"[{_LINE_ENDS}{_INVISIBLE}]")
_LINE_END = re.compile(f"\r\n|[{_LINE_ENDS}]")
_INVISIBLES = re.compile(f"[{_INVISIBLE}]+")
_WIDE = re.compile(f"[{_WIDE_SPACES}{_WIDE_LETTERS}]")
_WIDE_INDENTATION = re.compile(f"\n[ \t]*+[{_WIDE_SPACES}][ \t{_WIDE_SPACES}]*")
_WIDE_SPACE = re.compile(f"[{_WIDE_SPACES}]")
_WIDE_WORD = re.compile(f"[{_WIDE_LETTERS}]+")
_INNER_SPACES = re.compile(r"(?<=\S)  +")
_BLANK_LINES = re.compile("\n{3,}")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF10, 0xFF5B)}

# Rules feed each other (an entity becomes a tag, a full-width letter an ASCII one), so they run
# until nothing changes. Where none of these is left, nothing can: a second round would be a no-op.
_FERTILE = ("<", "&", "```", "~~~")

# What has not settled by then was built to unfold again and again, and loses what it unfolds from.
_ROUNDS = 8
_UNFOLDING = re.compile("[<&]")


def normalized_texts(column: pa.Array | pa.ChunkedArray) -> pa.LargeStringArray:
    """Each text as `normalized` gives it, as `large_string`; null stays null.

    Law: row-wise.
    """
    texts = column.to_pylist()
    return pa.array(
        [None if text is None else normalized(text) for text in texts], pa.large_string()
    )


def normalized(text: str) -> str:
    """`text` after every rule of `RULES`, in NFC.

    Laws: normalizing twice is normalizing once; the result has at most three times the characters
    of `text` (NFC takes some apart), no control or invisible character but tab and newline, no
    space but U+0020 and no full-width letter or digit; Chinese punctuation stays as it is.
    """
    for _ in range(_ROUNDS):
        before = text
        for rule in RULES:
            text = rule(text)
        if text == before or not any(sign in text for sign in _FERTILE):
            return text
    return normalized(_UNFOLDING.sub("", text))


def visible(text: str) -> str:
    """`text` with newlines for line ends of every kind, and without what cannot be seen."""
    if not _UNSEEN.search(text):
        return text
    return _INVISIBLES.sub("", _LINE_END.sub("\n", text))


def unmarked(text: str) -> str:
    """`text` without HTML residue, nor the invisible characters that its entities spelt."""
    without = without_markup(text)
    return without if without is text else visible(without)


def narrow(text: str) -> str:
    """`text` without wide indentation, its other blanks, letters and digits in ASCII."""
    if not _WIDE.search(text):
        return text
    # First, because ASCII indentation may be code and stays.
    text = _WIDE_INDENTATION.sub("\n", text)
    text = _WIDE_SPACE.sub(" ", text)
    return _WIDE_WORD.sub(lambda word: word[0].translate(_NARROW), text)


def composed(text: str) -> str:
    """`text` in NFC, which also gives compatibility ideographs their unified form."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def layout(text: str) -> str:
    """No blanks around lines but ASCII indentation, one inside them, one empty line at a time."""
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    if "  " in text:
        text = _single_spaced(text)
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return text.strip(" \t\n")


def _single_spaced(text: str) -> str:
    """One space for several inside lines, but not in code, where they align."""
    pieces: list[str] = []
    position = 0
    for start, end in fenced_blocks(text):
        pieces += [_single_spaced_lines(text[position:start]), text[start:end]]
        position = end
    return "".join([*pieces, _single_spaced_lines(text[position:])])


def _single_spaced_lines(text: str) -> str:
    # Searching line by line is three times as fast: most lines have no two spaces.
    lines = text.split("\n")
    return "\n".join([_INNER_SPACES.sub(" ", line) if "  " in line else line for line in lines])


RULES: tuple[Callable[[str], str], ...] = (visible, unmarked, narrow, composed, layout)

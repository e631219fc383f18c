"""Text of others on a terminal: what moves the cursor or turns a line round is shown, not obeyed.

Escapes are those of JSON, so that JSON stays the same value and people read what is there.
"""

from __future__ import annotations

import re

_CONTROLS = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    r"\U000e0000-\U000e007f"
)
_HIDDEN = re.compile(f"[{_CONTROLS}]")
_HIDDEN_IN_LINE = re.compile(rf"[\t\n{_CONTROLS}]")


def visible(text: str) -> str:
    """Return the text with control characters escaped as in JSON, but for line breaks and tabs."""
    return _HIDDEN.sub(_escape, text)


def visible_line(text: str) -> str:
    """Return the same on one line: line breaks and tabs are escaped too."""
    return _HIDDEN_IN_LINE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))

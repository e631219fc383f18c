"""Differences of two texts for people: the characters that changed, and a few around them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from jobs.command.columns import cut
from jobs.command.escapes import visible_line
from jobs.command.exits import coloured
from jobs.command.terminal import say
from jobs.flow.releases.delivered_rows import Change

_AROUND = 12  # characters shown on either side of a change
_SHOWN = 20  # changes of one rule
_REMOVED, _ADDED = re.compile(r"\[-(.*?)-\]"), re.compile(r"\{\+(.*?)\+\}")


def report_changes(changes: Iterator[Change]) -> None:
    """Print each rule's changes, removed in [-…-] and added in {+…+}; in colours on a terminal."""
    is_any = False
    for change in changes:
        is_any = True
        places = list(differences(change.before, change.after))
        say(f"{change.rule}: {len(places)} place{'s' * (len(places) != 1)}")
        say_places(places, most=_SHOWN)
    if not is_any:
        say("no repair changed the text")


def say_places(
    places: Sequence[tuple[int, str]], *, most: int, above: int = 0, width: int | None = None
) -> None:
    """Print where two texts differ, a place a line.

    Args:
        places: of `differences`.
        most: that are shown.
        above: lines that stand above both texts.
        width: cells of a line, at most; None for any.
    """
    for line, place in places[:most]:
        shown = f"  line {line + above}: {visible_line(place)}"
        # Only the colours are ours: they are written past what makes controls visible.
        sys.stdout.write(f"{_coloured(shown if width is None else cut(shown, width))}\n")
    if len(places) > most:
        say(f"  and {len(places) - most} more")


def differences(before: str, after: str) -> Iterator[tuple[int, str]]:
    """Yield where `after` differs from `before`: its line, and the change in its surroundings."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    number = 0
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            number = i + 1
            for place in _within("".join(old[i:j]), "".join(new[k:m])):
                yield number, place


def _within(old: str, new: str) -> Iterator[str]:
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            removed = f"[-{old[i:j]}-]" if i < j else ""
            added = f"{{+{new[k:m]}+}}" if k < m else ""
            place = f"{old[max(i - _AROUND, 0) : i]}{removed}{added}{old[j : j + _AROUND]}"
            yield place.replace("\r", "␍").replace("\n", "⏎")


def _coloured(place: str) -> str:
    """Return a change in colours in place of its brackets, where there are colours."""
    if coloured("", "red", sys.stdout) == "":
        return place
    removed = _REMOVED.sub(lambda found: coloured(found[1], "red", sys.stdout), place)
    return _ADDED.sub(lambda found: coloured(found[1], "green", sys.stdout), removed)

"""Explanations for people: decisions about a document, a duplicate beside what stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.command.differences import differences, say_places
from jobs.command.escapes import visible_line
from jobs.command.side_by_side import side_by_side, terminal_width
from jobs.command.terminal import say

if TYPE_CHECKING:  # reading verbs must not wait for numba to load
    from jobs.flow.releases.explanation import Explanation

_EXCERPT_CHARS = 120
_LISTED = 10
_COMPARED_CHARS = 1000  # of each text, from the line that differs first
_BEFORE_CHARS = 100  # of that line
_LINES = 8
_PLACES = 5


def report_explanation(explanation: Explanation) -> None:
    """Print the decision of every delivered row of an id."""
    for row in explanation.decisions:
        say(f"{explanation.doc_id}: {row['verdict']} by {row['stage']}")
        file = visible_line(row["source_file"])
        say(f"  delivered by {row['partner']} in {file}, row {row['source_row']}")
        for name in (
            "source_id",
            "reason",
            "evidence",
            "kept_doc_id",
            "kept_partner",
            "similarity",
            *("containment", "novel_chars", "template_of", "copies", "copy_partners"),
        ):
            if row.get(name) is not None:  # older releases have fewer columns
                say(f"  {name.replace('_', ' ')}: {visible_line(str(row[name]))}")
    for row in explanation.removals:
        say(f"  removed {row['kind']}, line {row['line']}, {_because(row)}:")
        say(f"    {row['text'].strip()[:_EXCERPT_CHARS]!r}")
    if explanation.document:
        document = explanation.document
        title = visible_line(str(document["title"]))
        say(f"in the release: {document['id']} of {document['partner']}, {title}")
        say(f"  {document['content'][:_EXCERPT_CHARS]!r}")
    if explanation.replaced:
        say(f"{len(explanation.replaced)} other delivered rows are dropped as duplicates of it:")
        for row in explanation.replaced[:_LISTED]:
            say(f"  {row['doc_id']} of {row['partner']}: {row['reason']}, {row['similarity']}")


def _because(removal: dict[str, Any]) -> str:
    if removal["first_line"] is not None:
        return f"as in line {removal['first_line']}"
    return f"as on {removal['documents']:,} of {removal['site_documents']:,} pages of its site"


def report_duplicate(dropped: str, kept: str) -> None:
    """Print a text that was dropped beside the one that stayed, where they differ first.

    Args:
        dropped: as it was delivered and repaired.
        kept: of the release.
    """
    if dropped == kept:
        say(f"\nthe text that was dropped is the text that stayed: {len(kept):,} characters")
        return
    at = _common_length(dropped, kept)
    start = max(kept.rfind("\n", 0, at) + 1, at - _BEFORE_CHARS)
    line = kept.count("\n", 0, start)
    left, right = (text[start : start + _COMPARED_CHARS] for text in (dropped, kept))
    width = terminal_width()
    say(
        f"\ndropped ({len(dropped):,} characters) │ stayed ({len(kept):,}), from line {line + 1:,}:"
    )
    for shown in side_by_side(left, right, width, _LINES):
        say(shown)
    say_places(list(differences(left, right)), most=_PLACES, above=line, width=width)


def _common_length(one: str, other: str) -> int:
    """Return how many characters both begin with, in time linear in them."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

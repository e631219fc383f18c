"""Partner files as text: YAML with comments, as a person would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from jobs.flow.intake.proposals import UNKNOWN, Proposal, ProposedGroup
from jobs.quantities import counted

_PLAIN = re.compile(r"(?!(?:null|true|false|yes|no|on|off)$)[\w/][\w./|*-]*", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.eE+-]+")
_OTHERS = 12  # columns that are named in a comment


def partner_file(proposal: Proposal, priority: int) -> str:
    """Return the text of a partner's file that reads what was proposed.

    Args:
        proposal: of how to read a folder.
        priority: of the partner among those proposed with it.
    """
    return "\n".join(_lines(proposal, priority)) + "\n"


def _lines(proposal: Proposal, priority: int) -> Iterator[str]:
    files = sum(group.files for group in proposal.groups)
    amount = counted(files, "file")
    yield f"# Proposed by heliu init from what lies in {proposal.folder}: {amount} read."
    yield "# Look it over: (!) stands where files cannot show what is right."
    yield f"{_scalar(proposal.name)}:"
    if len(proposal.groups) == 1:
        yield from _reading(proposal.groups[0], "  ")
    else:
        yield "  groups:  # one for each format"
        for group in proposal.groups:
            yield f"    {group.name}:"
            yield from _reading(group, "      ")
    of_rows = any("licence" in group.columns for group in proposal.groups)
    which = "every document" + " whose row names none" * of_rows
    yield f"  licence: {UNKNOWN}  # (!) stands beside {which}: what was agreed, as CC-BY-4.0"
    yield f"  priority: {priority}  # (!) the lower number keeps a document that two partners hold"
    if any(group.format == "warc" for group in proposal.groups):
        yield "  reject_share: 0.9  # (!) responses that are no page are rejected one by one"
    for kind in proposal.unread:
        more = f" and {kind.files - 1:,} more" if kind.files > 1 else ""
        yield f"  # Not read: {_line(kind.example)}{more}: {_line(kind.why)}"


def _reading(group: ProposedGroup, indent: str) -> Iterator[str]:
    if len(group.deliveries) == 1:
        yield f"{indent}deliveries: {_scalar(group.deliveries[0])}"
    else:
        yield f"{indent}deliveries:"
        yield from (f"{indent}  - {_scalar(one)}" for one in group.deliveries)
    yield f"{indent}format: {group.format}"
    if group.encodings and group.encodings != ("utf-8",):
        yield f"{indent}encoding: auto  # seen: {', '.join(group.encodings)}"
    if group.html:
        yield f"{indent}html: true  # the text is whole web pages: their main text is taken"
    yield f"{indent}columns:"
    for target, name in group.columns.items():
        note = "  # the first of these that a row has" if "|" in name else ""
        yield f"{indent}  {target}: {_scalar(name)}{note}"
    if group.others:
        yield f"{indent}# Not mapped: {_line(_some(group.others))}"
        yield f"{indent}# keep: [NAME] takes a column into the release as it is"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _OTHERS
    return ", ".join(names[:_OTHERS]) + (f" and {more} more" if more > 0 else "")


def _line(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)[1:-1]


def _scalar(text: str) -> str:
    """Return text as YAML takes it for that text, plain where that can be."""
    is_plain = _PLAIN.fullmatch(text) and not _NUMBER.fullmatch(text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)

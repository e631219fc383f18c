"""Configuration files that others may have written: partners, evaluation sets, rules, keywords.

Such a file is data that describes one partner and nothing else: nothing in it is looked up,
chooses another place in the configuration or grows beyond what is written, and its values are
checked as those of a delivery are. The user's command line and own configuration files are not
restricted so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import yaml

from jobs.storage.grammar import complaint_of_line, is_partner_name

GROUPS = frozenset({"partners", "benchmarks", "rules"})
"""Folders of such files."""

MOST_BYTES = 1 << 20
_MOST_NODES = 100_000  # aliases counted as often as they stand somewhere
_MOST_DEPTH = 32
_SHOWN, _SHOWN_CHARS = 10, 80
_RESERVED = {"defaults", "hydra"}
_PACKAGE = re.compile(r"^[ \t]*#[ \t]*@", re.MULTILINE)
_LOOK_UP = "${"
_BEGIN = (
    *(yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken),
    *(yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken),
)
_END = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


class Slip(NamedTuple):
    """What may not stand in a file, and the number of its line, from 0."""

    line: int
    complaint: str


def directive(text: str) -> Slip | None:
    """Return the first `@package`, tag or directive of YAML in a file; None without any."""
    found = _PACKAGE.search(text)
    if found:
        line = text.count("\n", 0, found.start())
        words = text.splitlines()[line].strip()
        return Slip(line, f"{words!r} chooses another place for what stands here: remove it")
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        depth += isinstance(token, _BEGIN) - isinstance(token, _END)
        if depth > _MOST_DEPTH:
            return Slip(token.start_mark.line, f"more than {_MOST_DEPTH} levels: write it flat")
        if isinstance(token, yaml.DirectiveToken | yaml.TagToken):
            line = token.start_mark.line
            words = text.splitlines()[line].strip()
            return Slip(line, f"{words!r} has a tag or directive of YAML: write the plain value")
    return None


def excess(root: yaml.Node) -> Slip | None:
    """Return where a file, its aliases written out, is too deep or too large; None if nowhere."""
    left = _MOST_NODES
    for node, depth in _nodes(root, (), 0):
        left -= 1
        if depth > _MOST_DEPTH:
            return Slip(node.start_mark.line, f"more than {_MOST_DEPTH} levels: write it flat")
        if left < 0:
            what = f"aliases make more than {_MOST_NODES:,} values of this file: write them out"
            return Slip(node.start_mark.line, what)
    return None


def complaint_of_key(group: str, above: str, word: str) -> str | None:
    """Return why a key may not be in a file of this group; None if it may.

    Args:
        group: one of GROUPS.
        above: the keys above it, each with a dot behind it.
        word: the key.
    """
    if not above and group != "rules" and (not is_partner_name(word) or word in _RESERVED):
        what = "a name is up to 64 letters, digits and _ . -, beginning with a letter or digit"
        return f"{word!r} cannot be a name: {what}"
    return complaint_of_value(group, above, word)


def complaint_of_value(group: str, above: str, word: str) -> str | None:
    """Return why a word may not be a value in a file of this group; None if it may.

    Args:
        group: one of GROUPS.
        above: the keys above it, each with a dot behind it.
        word: the value as it is written.
    """
    named = above.rstrip(".") or "a key"
    if _LOOK_UP in word:
        cure = "nothing is looked up in this file: write the value, or give it on the command line"
        return f"{named}: {word!r} stands there: {cure}"
    is_free = group == "partners" and ".metadata." in above
    complaint = complaint_of_line(word.replace("\n", " ") if is_free else word)
    return complaint and f"{named}: {word[:_SHOWN_CHARS]!r} {complaint}: correct it"


def shown(keys: Sequence[str]) -> str:
    """Return the first keys of a file, shortened, and how many more there are."""
    more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
    return ", ".join(repr(key[:_SHOWN_CHARS]) for key in keys[:_SHOWN]) + more


def complaint_of_number(above: str, number: object) -> str | None:
    """Return why a number means nothing there; None if it does."""
    is_finite = not isinstance(number, float) or abs(number) < float("inf")
    return None if is_finite else f"{above.rstrip('.')}: {number} is no finite number: correct it"


def _nodes(
    node: yaml.Node, inside: tuple[yaml.Node, ...], depth: int
) -> Iterator[tuple[yaml.Node, int]]:
    """Yield each node as often as it occurs; a node inside itself is checked elsewhere."""
    if any(node is other for other in inside):
        return
    yield node, depth
    if depth > _MOST_DEPTH or isinstance(node, yaml.ScalarNode):
        return
    for below in node.value:
        for one in below if isinstance(below, tuple) else (below,):
            yield from _nodes(one, (*inside, node), depth + 1)

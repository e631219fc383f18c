"""Words of a command line: quotes, lists and mappings in brackets, `key=value`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobs.config_errors import MalformedArgument

OVERRIDE = re.compile(r"(\+{0,2})([^=]*)=(.*)", re.DOTALL)
QUOTED = re.compile(r"""(['"])(?:\\.|(?!\1)[^\\])*\1""", re.DOTALL)
BRACKETS = ("[", "{")
_NAME = re.compile(r"(?![0-9.]+$)[A-Za-z0-9_.-]+", re.ASCII)


def entry_of(entry: str, key: str) -> tuple[str, str]:
    """Return name and value of an entry `NAME: VALUE` of a mapping, given as the value of a key."""
    name, colon, word = entry.partition(":")
    name = unquoted(name.strip())
    if not colon:
        raise MalformedArgument(f"{key}: {entry!r} has no colon: write {{NAME: VALUE}}")
    if not _NAME.fullmatch(name):
        raise MalformedArgument(f"{key}: {name!r} cannot be a key here: write it in a file")
    return name, word.strip()


def unquoted(word: str) -> str:
    """Return a value without the quotes in which it is written whole."""
    return word[1:-1] if QUOTED.fullmatch(word) else word


def is_quoted(word: str) -> bool:
    """Whether a value is written whole in quotes, which are not of it."""
    return QUOTED.fullmatch(word) is not None


def split_override(argument: str) -> tuple[str, str, str]:
    """Return the signs before the key, the key and the value of `key=value`; a ~ of other words."""
    parts = OVERRIDE.fullmatch(argument)
    return (parts[1], parts[2].strip(), parts[3]) if parts else ("~", "", "")


def elements(word: str, key: str) -> list[str]:
    """Return the content of brackets, split at commas."""
    inner = word[1:-1].strip()
    return split_list(inner, key) if inner else []


def split_list(word: str, key: str) -> list[str]:
    """Return words between commas."""
    elements = [one.strip() for one in _split_at_commas(word)]
    if "" in elements:
        raise MalformedArgument(f"{key}: nothing stands beside a comma: remove it, or write ''")
    return elements


def _split_at_commas(word: str) -> Iterator[str]:
    """Split at commas outside of quotes and brackets, which count where an element begins."""
    start = at = depth = 0
    is_begin = True
    while at < len(word):
        letter = word[at]
        quoted = QUOTED.match(word, at) if is_begin else None
        if quoted:
            at = quoted.end() - 1
        elif letter in BRACKETS and (is_begin or depth):
            depth += 1
        elif letter in "]}" and depth:
            depth -= 1
        elif letter == "," and not depth:
            yield word[start:at]
            start = at + 1
        is_begin = letter in ",[{:" or (is_begin and letter.isspace())
        at += 1
    yield word[start:]

"""Slips of the keyboard in YAML: tabs, full-width colons and quotes that do not close.

A parser stops at the first. Here all are found line by line and mended, so that whatever else is
wrong with a file is found in the same run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jobs.errors import ConfigError

_TABS = re.compile(r"( *)(\t[ \t]*)")
_WIDE_COLON = re.compile(r"(\s*(?:- )?[\w.-]+)：")
_QUOTE = re.compile(r"\s*(?:- )?[\w.-]+: +(['\"])")
_BLOCK = re.compile(r"( *)[^#]*: *[|>][+-]?\d? *$")


class YamlSlip(NamedTuple):
    """A slip: the number of its line, from 0, what it is, and what the line is meant to be."""

    line: int
    complaint: str
    meant: str


def yaml_slips(text: str) -> list[YamlSlip]:
    """Return the slips of a text, a line each."""
    found: list[YamlSlip] = []
    inside = -1  # the indentation of the key whose value is a block of lines
    for number, line in enumerate(text.splitlines()):
        indent = len(line) - len(line.lstrip(" "))
        if inside >= 0 and (indent > inside or not line.strip()):
            continue
        block = _BLOCK.match(line)
        inside = len(block[1]) if block else -1
        found += (YamlSlip(number, *slip) for slip in _of_line(line))
    return found


def read_beyond_slips(path: Path, text: str, read: Callable[[str], Any]) -> Any:
    """Return what is read of a text.

    Args:
        path: of its file.
        text: in it.
        read: of a text; raises ConfigError, each line of it as `PATH line NUMBER: …`.

    Raises:
        ConfigError: with every slip, and what is wrong with the text once these are mended.
    """
    try:
        return read(text)
    except ConfigError as error:
        slips = yaml_slips(text)
        if not slips:
            raise
        named = {one.line + 1: f"{path} line {one.line + 1}: {one.complaint}" for one in slips}
        for other in _complaints(read, _mended(text, slips)):
            named.setdefault(_number(other, path), other)
        raise ConfigError("\n".join(named[number] for number in sorted(named))) from error


def _complaints(read: Callable[[str], Any], text: str) -> list[str]:
    try:
        read(text)
    except ConfigError as error:
        return str(error).splitlines()
    return []


def _number(complaint: str, path: Path) -> int:
    number = complaint.removeprefix(f"{path} line ").partition(":")[0]
    return int(number) if number.isdecimal() else 0


def _mended(text: str, slips: list[YamlSlip]) -> str:
    lines = text.splitlines()
    for slip in slips:
        lines[slip.line] = slip.meant
    return "\n".join(lines) + "\n"


def _of_line(line: str) -> Iterator[tuple[str, str]]:
    if tabs := _TABS.match(line):
        spaces = tabs[1] + tabs[2].replace("\t", "  ")
        yield "a tab stands there: indent with spaces", spaces + line[tabs.end() :]
    elif wide := _WIDE_COLON.match(line):
        words = line.strip()
        meant = f"{wide[1]}: {line[wide.end() :]}"
        yield f"{words!r} has a full-width '：': write a colon and a space", meant
    elif (quote := _QUOTE.match(line)) and line.count(quote[1]) % 2:
        yield (
            f"a quote opens there and does not close: write {quote[1]} at its end",
            line + quote[1],
        )

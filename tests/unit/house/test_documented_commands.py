"""Every command that a page or a help shows is one: its verb, its keys, the types of their values.

Whether the commands of a page do what it says is for the tests that run them.
"""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise, takewhile

import pytest

from jobs.cli import verbs
from jobs.command.conf_files import conf_folder
from jobs.command.overrides import hydra_overrides
from jobs.command.program import with_keys
from tests.commands import ROOT

PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]
HELPS = sorted(conf_folder().glob("*.yaml"))
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(heliu [^`\n]+)`(?!`)")
_LINE = re.compile(r"^(?:\s{8,}|\$ )?(?:python -m jobs\.(?=\w+ )|heliu )(\S*[^\s:].*)$")
# What stands for more, or for a choice: KEY of a help, `sample`, `accept` of a table.
_ELLIPSIS = re.compile(r"…|\.\.\.|^\[|^[A-Z]+$|^L$")
_SHELL = re.compile(r"[|>&;]+")
WRONG_ON_PURPOSE = {"errors.md", "screens.md"}


def commands(text: str) -> Iterator[str]:
    """Yield the commands of a page without `heliu`; a line that ends in \\ goes on."""
    blocks = _FENCE.findall(text)
    lines = "\n".join(blocks or [text]).replace("\\\n", " ").splitlines()
    yield from (found[1] for line in lines if (found := _LINE.match(line)))
    yield from (one.removeprefix("heliu ") for one in _INLINE.findall(text))


def documented() -> Iterator[tuple[str, str]]:
    for path in (*PAGES, *HELPS):
        if path.name not in WRONG_ON_PURPOSE:
            for one in dict.fromkeys(commands(path.read_text(encoding="utf-8"))):
                yield path.relative_to(ROOT).as_posix(), one


def words_of(command: str) -> list[str]:
    """Return the words of the first command of a line, as a shell splits them."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|>&;")
    lexer.whitespace_split, lexer.commenters = True, ""
    words = list(takewhile(lambda word: not _SHELL.fullmatch(word), lexer))
    return list(takewhile(lambda word: word[0] != "#", words))


@pytest.mark.parametrize(("page", "command"), list(documented()))
def test_command_that_is_shown_is_one(page: str, command: str) -> None:
    verb, *words = words_of(command)
    if verb in {"help", "completion"} or verb[0] == "-" or _ELLIPSIS.search(verb):
        return
    assert verb in verbs(), page
    schema = importlib.import_module(f"jobs.{verb.replace('-', '_')}").main.schema
    given = list(with_keys(schema, words))
    keyed = [
        word
        for before, word in pairwise(["", *given])
        if word[0] != "-" and before != "--config-dir" and not _ELLIPSIS.search(word)
    ]
    hydra_overrides(schema, *keyed)

"""`heliu VERB key=value …`: the same programs as `python -m jobs.VERB key=value …`."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from jobs import __version__
from jobs.command.columns import padded, text_width, wrapped
from jobs.command.exits import coloured, foreseen
from jobs.config_errors import UnknownVerb, nearest

GROUPS = {
    "start": "Start here",
    "build": "Build a release, stage by stage",
    "read": "Read and check releases",
    "correct": "Sign, tag, correct and copy releases",
    "prepare": "Choose parameters, try things",
}
"""Headings of `heliu --help`, by the group that a verb names."""

_HELP = ("--help", "-h")
_OPTIONS = ("--help", "--version")
_OWN = {
    "help": "of a verb, of a key (help minhash), of an error (help HL0202)",
    "completion": "the script by which bash, zsh or fish completes verbs, keys and values",
}
_FIRST = ("demo", "init", "preview", "build")
"""Verbs of the first hour, in their order."""

_USAGE = """\
heliu merges the text of several partners into one immutable, explained release.

usage: heliu VERB [--config-dir DIR] [key=value ...]
       heliu VERB --help
       heliu --version
"""


def main() -> None:
    """Entry point of `heliu`: run the program of the verb."""
    with foreseen():
        name, *rest = sys.argv[1:] or ["--help"]
        if name in _HELP or (name == "help" and not rest):
            _print(_usage())
        elif name == "--version":
            _print(f"heliu {__version__}")
        elif name in _OWN:
            _print(_own(name, rest))
        elif name not in verbs():
            near = nearest(name, [*verbs(), *_OWN, *_OPTIONS])
            meant = f": did you mean {near}?" if near else ": heliu --help lists all"
            raise UnknownVerb(f"there is no verb {name}{meant}")
        elif set(_HELP) & set(rest):
            _print(_help_of_verb(name, rest))
        else:
            sys.argv = [f"heliu {name}", *rest]
            importlib.import_module(f"jobs.{name.replace('-', '_')}").main()


@cache
def verbs() -> dict[str, tuple[str, str]]:
    """Return group and summary of every verb, read from the modules without importing them."""
    paths = sorted(Path(__file__).parent.glob("*.py"))
    return {
        path.stem.replace("_", "-"): declared
        for path in paths
        for declared in _declared(path.read_text(encoding="utf-8"))
    }


def _declared(source: str) -> Iterator[tuple[str, str]]:
    """Yield the arguments of `@verb(group, summary)`, if a module declares a verb."""
    if "@verb(" not in source:
        return
    for node in ast.parse(source).body:
        for one in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(one, ast.Call) and ast.unparse(one.func) == "verb":
                group, summary = map(ast.literal_eval, one.args)
                yield group, summary


def _own(name: str, words: Sequence[str]) -> str:
    """Return what `heliu help WORD` or `heliu completion SHELL` prints."""
    if name == "help":
        from jobs.command.help import help_of_word  # noqa: PLC0415  reads every key

        if words[0] in verbs():
            return _help_of_verb(words[0], words[1:])
        return help_of_word(words[0], {verb: summary for verb, (_, summary) in verbs().items()})
    from jobs.command.completion import completion  # noqa: PLC0415

    return completion(words, verbs(), _OWN)


def _help_of_verb(name: str, words: Sequence[str]) -> str:
    from jobs.command.help import help_of_verb  # noqa: PLC0415  reads the keys
    from jobs.command.options import config_dir, split_options  # noqa: PLC0415

    options, given = split_options(words)
    return help_of_verb(name.replace("-", "_"), given, config_dir(options))


def _usage() -> str:
    lines = [_USAGE]
    groups = {
        heading: {name: what for name, (of, what) in verbs().items() if of == group}
        for group, heading in GROUPS.items()
    }
    for heading, members in {**groups, "Help": _OWN}.items():
        lines.append(f"{coloured(heading, 'bold', sys.stdout)}:")
        for name, what in sorted(members.items(), key=_place):
            first, *more = wrapped(what, text_width() - 16)
            lines.append(f"  {padded(name, 13)} {first}")
            lines += [f"{'':16}{line}" for line in more]
        lines.append("")
    return "\n".join(lines).rstrip()


def _place(member: tuple[str, str]) -> int:
    """Return the place of a verb below its heading; all but the first ones stay as they are."""
    return _FIRST.index(member[0]) if member[0] in _FIRST else len(_FIRST)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")

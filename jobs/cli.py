"""`heliu VERB key=value …`: the same programs as `python -m jobs.VERB key=value …`."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jobs import __version__
from jobs.command.exits import fail, foreseen

GROUPS = {
    "build": "Build a release",
    "read": "Read and check releases",
    "correct": "Sign, tag, correct and copy releases",
    "prepare": "Choose parameters, try things",
}
"""Headings of `heliu --help`, by the group that a verb names."""

_USAGE = """\
heliu merges the text of several partners into one immutable, explained corpus release.

usage: heliu VERB [--config-dir DIR] [key=value ...]
       heliu VERB --help
       heliu --version
"""


def main() -> None:
    """Entry point of `heliu`: run the program of the verb."""
    with foreseen():
        name, *rest = sys.argv[1:] or ["--help"]
        if name in {"--help", "-h", "help"}:
            sys.stdout.write(_usage() + "\n")
        elif name == "--version":
            sys.stdout.write(f"heliu {__version__}\n")
        elif name not in verbs():
            fail(f"no verb {name!r}\n\n{_usage()}", 2)
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
    for node in ast.parse(source).body:
        for one in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(one, ast.Call) and ast.unparse(one.func) == "verb":
                group, summary = map(ast.literal_eval, one.args)
                yield group, summary


def _usage() -> str:
    lines = [_USAGE]
    for group, heading in GROUPS.items():
        lines.append(f"{heading}:")
        members = [(name, what) for name, (of, what) in verbs().items() if of == group]
        lines += [f"  {name:<13} {what}" for name, what in members]
        lines.append("")
    return "\n".join(lines).rstrip()

"""A mutation: what is replaced by what in a file, and the tests that should notice."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """One fault: the file, the text in it, what stands there instead, and tests by path."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def mutations_of(file: str, tests: str, *pairs: tuple[str, str]) -> list[Mutation]:
    """Return the mutations of a file; tests are paths below `tests/` without their suffix."""
    paths = tuple(f"tests/{name}.py" for name in tests.split())
    return [Mutation(file, old, new, paths) for old, new in pairs]

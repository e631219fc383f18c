"""Patterns read what strangers wrote: none takes more than time in proportion, whatever that is."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import jobs.corpus
import jobs.flow

SHORT, LONG = 1_000, 4_000  # characters
QUICK_S = 0.0004
TRIES = 6  # of what seems slow: a busy machine adds to some of them
GROWTH = 2.2  # times the growth of the text, before a pattern is taken to be worse than linear
BOUNDED = {"dates": 100}  # characters that a module shows its patterns at most
BOUNDED_S = 0.02
TOKENS = 14
REPEATED = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


class Named(NamedTuple):
    """A pattern, where it is, and how its module uses it."""

    name: str
    pattern: re.Pattern[Any]
    uses: frozenset[str]


def modules() -> Iterator[Any]:
    for package in (jobs.corpus, jobs.flow):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def within(value: object, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from within(one, depth - 1)
    elif depth and isinstance(value, dict):
        yield from within([*value.values()], depth - 1)


def patterns() -> list[Named]:
    found: dict[tuple[str, int], Named] = {}
    for module in modules():
        source = Path(module.__file__).read_text(encoding="utf-8")
        for name, value in vars(module).items():
            for pattern in within(value):
                called = re.findall(rf"\b{name}\.(match|fullmatch|search|split|sub|find)", source)
                uses = frozenset(called) or frozenset({"find"})
                key = (pattern.pattern if isinstance(pattern.pattern, str) else "", pattern.flags)
                here = f"{module.__name__.split('.')[-1]}.{name}"
                found.setdefault((str(key), id(pattern)), Named(here, pattern, uses))
    return list(found.values())


def tokens(pattern: re.Pattern[Any]) -> list[str]:
    """The words of a pattern, and a character of each of its classes."""
    source = pattern.pattern
    text = source if isinstance(source, str) else source.decode("latin-1")
    parsed = sys.modules["re._parser"].parse(text, pattern.flags & ~re.UNICODE)
    found: dict[str, None] = {}
    for word in words(parsed):
        found.setdefault(word)
    return [*found][:TOKENS]


def words(parsed: Any) -> Iterator[str]:
    word = ""
    for operation, argument in parsed:
        name = str(operation)
        if name == "LITERAL":
            word += chr(argument)
            continue
        if word:
            yield word
        word = ""
        if name == "IN":
            yield representative(argument)
        elif name in {"ANY", "NOT_LITERAL"}:
            yield "x"
        yield from nested(name, argument)
    if word:
        yield word


def representative(chosen: Any) -> str:
    kind, value = chosen[0]
    if str(kind) == "LITERAL":
        return chr(value)
    if str(kind) == "RANGE":
        return chr(value[0])
    classes = {"DIGIT": "7", "SPACE": " ", "WORD": "a", "NOT_SPACE": "a", "NOT_DIGIT": "b"}
    return classes.get(str(value).removeprefix("CATEGORY_").removeprefix("UNI_"), "x")


def nested(name: str, argument: Any) -> Iterator[str]:
    if name in REPEATED:
        yield from words(argument[2])
    elif name == "SUBPATTERN":
        yield from words(argument[3])
    elif name == "BRANCH":
        for branch in argument[1]:
            yield from words(branch)
    elif name in {"ASSERT", "ASSERT_NOT"}:
        yield from words(argument[1])


def shapes(pattern: re.Pattern[Any], size: int) -> Iterator[tuple[str, str]]:
    """Texts of about `size` characters made of the pattern's own words."""
    known = [*tokens(pattern), "甲", " ", "\n"]
    for one in known:
        yield repr(one), filled(one, size)
    for one, other in itertools.permutations(known, 2):
        yield f"{one!r} {other!r} in turn", filled(one + other, size)
        yield f"{one!r} once, {other!r}", one + filled(other, size)
        yield f"{one!r}, then {other!r}", filled(one, size // 2) + filled(other, size // 2)


def filled(word: str, size: int) -> str:
    return (word * (size // len(word) + 1))[:size]


def seconds(named: Named, text: str) -> float:
    best = float("inf")
    given = text if isinstance(named.pattern.pattern, str) else text.encode()
    for _ in range(2):
        start = time.process_time()
        for use in named.uses:
            if use == "sub":
                named.pattern.sub("", given)
            elif use in {"find", "split"}:
                for _found in named.pattern.finditer(given):
                    pass
            else:
                getattr(named.pattern, use)(given)
        best = min(best, time.process_time() - start)
        if best < QUICK_S:
            break
    return best


def slow(named: Named) -> Iterator[str]:
    bound = BOUNDED.get(named.name.split(".")[0])
    longer = dict(shapes(named.pattern, LONG))
    for shape, text in shapes(named.pattern, bound or SHORT):
        brief = seconds(named, text)
        if bound and brief > BOUNDED_S:
            yield f"{named.name}: {shape}: {brief:.4f} s"
        elif not bound and brief > QUICK_S:
            growths = (seconds(named, longer[shape]) / seconds(named, text) for _ in range(TRIES))
            if all(growth > GROWTH * LONG / SHORT for growth in growths):
                yield f"{named.name}: {shape}: {brief:.4f} s"


@pytest.mark.parametrize("named", patterns(), ids=lambda named: named.name)
def test_pattern_takes_time_in_proportion(named: Named) -> None:
    assert not [*itertools.islice(slow(named), 3)]


def test_patterns_are_found_wherever_modules_keep_them() -> None:
    found = {named.name for named in patterns()}
    assert {"markup._TAG", "punctuation._KEPT", "dates._HAN_DATE", "page_facts._SITE"} <= found
    assert len(found) > 60

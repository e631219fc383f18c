"""What repairs do to right texts, and to the same texts with damage planted by code.

    python -m tests.benchmarks.harm

Harm: right texts that come out otherwise than they should, by each rule alone and by all. Help: of
the texts that a kind of damage changes at all, how many come back as they were (`repaired`), come
back with less of the damage (`partly`), stay as they are (`left`), or come back as neither, with
characters that neither text has (`wrong`). One table each; nothing is read but what is committed.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pyarrow as pa

from jobs.command.terminal import say, say_table
from jobs.corpus.repair.normalization import EVERY, normalized, normalized_texts
from jobs.corpus.repair.repairs import NAMES
from tests.right_texts import RightText, right_texts

_OUTCOMES = ("repaired", "partly", "left", "wrong")
_HAN = re.compile("[\u4e00-\u9fff]")
_LEAST_HAN = 8
_PROGRAMS = ("code", "data", "fenced code")


def main() -> None:
    """Print both tables."""
    texts = list(right_texts())
    say_table(["rule", "right texts", "harmed"], list(_harm(texts)))
    say()
    say_table(["planted", "texts", *_OUTCOMES], list(_help(texts)))


def _harm(texts: list[RightText]) -> Iterator[list[object]]:
    for name, rule in [*NAMES.items(), ("all", EVERY)]:
        of_rule = texts if name == "all" else [t for t in texts if t.text == t.expected]
        column = pa.array([right.text for right in of_rule], pa.large_string())
        after = normalized_texts(column, rule).to_pylist()
        harmed = sum(a != right.expected for a, right in zip(after, of_rule, strict=True))
        yield [name, len(of_rule), harmed]


def _help(texts: list[RightText]) -> Iterator[list[object]]:
    expected = [
        right.expected for right in texts if right.kind not in ("code", "data", "fenced code")
    ]
    for name, plant in _PLANTS.items():
        found: Counter[str] = Counter()
        for text in expected:
            dirty = plant(text)
            if dirty != text:
                found[_outcome(text, dirty, is_misread="read as" in name)] += 1
        yield [name, found.total(), *(found[outcome] for outcome in _OUTCOMES)]


def _outcome(text: str, dirty: str, *, is_misread: bool) -> str:
    after = normalized(dirty)
    if after == text:
        return "repaired"
    # What stays misread still loses the control characters that bytes became.
    if after == (normalized(dirty, EVERY & ~NAMES["mojibake"]) if is_misread else dirty):
        return "left"
    surplus = set(after) - set(text) - set(dirty)
    return "wrong" if surplus - {"\n", "\ufffd"} else "partly"


def _chinese(plant: Callable[[str], str]) -> Callable[[str], str]:
    """The same damage, of texts that are Chinese prose alone."""
    return lambda text: (
        plant(text) if len(_HAN.findall(text)) >= max(_LEAST_HAN, len(text) / 2) else text
    )


def _misread(written: str, read: str) -> Callable[[str], str]:
    def plant(text: str) -> str:
        try:
            return text.encode(written).decode(read)
        except UnicodeError:
            return text

    return _chinese(plant)


def _wide(text: str) -> str:
    return re.sub("[0-9A-Za-z]", lambda hit: chr(ord(hit[0]) + 0xFEE0), text)


def _half(text: str) -> str:
    return re.sub(
        "(?<=[\u4e00-\u9fff])[，；：](?=[\u4e00-\u9fff])",
        lambda hit: chr(ord(hit[0]) - 0xFEE0),
        text,
    )


_PLANTS: dict[str, Callable[[str], str]] = {
    "GBK read as Latin-1": _misread("gb18030", "latin-1"),
    "UTF-8 read as Latin-1": _misread("utf-8", "latin-1"),
    "UTF-8 read as GB18030": _misread("utf-8", "gb18030"),
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "zero-width spaces": _chinese("\u200b".join),
    "byte order mark": lambda text: f"\ufeff{text}",
    "control characters": lambda text: text.replace("，", "\x07，"),
    "HTML paragraphs": lambda text: "<br>".join(text.split("\n")),
    "tags around": lambda text: f"<div><p>{text}</p></div>",
    "entities": lambda text: html.escape(text, quote=False),
    "full-width letters and digits": _chinese(_wide),
    "full-width indents": _chinese(lambda text: "　　" + text.replace("\n", "\n　　")),
    "half-width , ; :": _half,
    "blanks at line ends": lambda text: text.replace("\n", "  \n") + " ",
    "empty lines": lambda text: text.replace("\n\n", "\n\n\n\n"),
}


if __name__ == "__main__":
    main()

"""Papers for people, as data: numbered sections of named values, rendered as Markdown and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.flow.releases.described_files import indented
from jobs.flow.releases.markdown import table, text
from jobs.storage.manifests import JsonObject

Value = str | int | bool | None | Sequence[str]
"""A value of a paper; None was not given."""


@dataclass(frozen=True)
class Words:
    """Words of a language that papers are written in."""

    not_given: str
    yes: str
    no: str
    empty: str


ENGLISH = Words("not given", "yes", "no", "none")
CHINESE = Words("未提供", "是", "否", "无")


@dataclass(frozen=True)
class PaperTable:
    """A table of a section; a row has a value for each name of the header."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Section:
    """A section of a paper.

    Attributes:
        number: As the law or standard numbers it.
        title: Of the section.
        values: By name.
        table: Below them, or None.
    """

    number: str
    title: str
    values: dict[str, Value] = field(default_factory=dict)
    table: PaperTable | None = None


@dataclass(frozen=True)
class Paper:
    """A paper: its title, what it answers to, and its sections."""

    title: str
    basis: str
    sections: tuple[Section, ...]
    words: Words = ENGLISH


def as_json(paper: Paper) -> bytes:
    """Return a paper as indented JSON; a section is known by its number."""
    return indented(
        {
            "title": paper.title,
            "basis": paper.basis,
            "sections": {one.number: _section(one, paper.words) for one in paper.sections},
        }
    )


def as_markdown(paper: Paper) -> bytes:
    """Return a paper as Markdown, in which no value is markup."""
    lines = [f"# {text(paper.title)}", "", text(paper.basis), ""]
    for section in paper.sections:
        lines += [f"## {section.number} {text(section.title)}", ""]
        for name, value in section.values.items():
            lines += _lines(name, value, paper.words)
        lines += [""] if section.values else []
        if section.table is not None:
            rows = [
                [_in_words(value, paper.words, ", ") for value in row] for row in section.table.rows
            ]
            header = [text(name) for name in section.table.header]
            lines += [*table(header, rows), ""] if rows else [paper.words.empty, ""]
    return "\n".join(lines).encode()


def _section(section: Section, words: Words) -> JsonObject:
    values = {name: _plain(value, words) for name, value in section.values.items()}
    shown: JsonObject = {"title": section.title, "values": values}
    if section.table is not None:
        shown["rows"] = [
            dict(zip(section.table.header, (_plain(value, words) for value in row), strict=True))
            for row in section.table.rows
        ]
    return shown


def _plain(value: Value, words: Words) -> Any:
    """Return a value as JSON has it; what was not given is said so."""
    if value is None or value == ENGLISH.not_given:
        return words.not_given
    return value if isinstance(value, str | int) else list(value)


def _lines(name: str, value: Value, words: Words) -> list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            return [f"- {text(name)}: {words.empty}"]
        return [f"- {text(name)}:", *(f"  - {text(one)}" for one in value)]
    shown = _in_words(value, words, "")
    return [f"- {text(name)}: {f'{shown:,}' if isinstance(shown, int) else text(shown)}"]


def _in_words(value: Value, words: Words, between: str) -> str | int:
    if isinstance(value, bool):
        return words.yes if value else words.no
    plain = _plain(value, words)
    return plain if isinstance(plain, str | int) else between.join(plain) or words.empty

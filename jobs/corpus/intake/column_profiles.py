"""Profiles of columns: which keys rows have, how often they are filled, and what stands in them.

Rows whose text stands under the same key are alike, whatever else they lack: where a partner
renames its keys half way, there are two kinds of rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
import pyarrow as pa

from jobs.corpus.intake.column_names import NAMES, spelling
from jobs.corpus.intake.dates import iso_date
from jobs.corpus.model.reasons import RejectReason

NO_TEXT = ""
"""The key under which rows stand that have no text."""

_LEAST_TEXT = 40  # characters on average, from which a column is a text whatever its name
_EXAMPLES = 20  # of values, which show of what kind they are
_EXAMPLE_CHARS = 400
_MOST_KEYSETS = 1000
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ADDRESS = re.compile(r"(?:https?|ftp)://\S")
_PAGE = re.compile(r"\s*(?:<\?xml|<!doctype html|<html|<head|<body)", re.IGNORECASE)
_UNREAD = {str(RejectReason.BROKEN_JSON), str(RejectReason.BROKEN_ROW)}


@dataclass
class Column:
    """A key of rows that are alike.

    Attributes:
        name: The partner's, dotted if it is nested.
        filled: Rows with a value.
        chars: Characters of all values.
        examples: Beginnings of the first values.
    """

    name: str
    filled: int = 0
    chars: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Column) -> None:
        """Add what other rows have under this key."""
        self.filled += other.filled
        self.chars += other.chars
        self.examples = [*self.examples, *other.examples][:_EXAMPLES]

    @property
    def mean_chars(self) -> int:
        """Characters of a value, on average."""
        return self.chars // max(1, self.filled)

    @property
    def kind(self) -> str:
        """Return what the values are: number, address, date, list, object, page or text."""
        kinds = Counter(map(_kind_of, self.examples))
        return kinds.most_common(1)[0][0] if kinds else "nothing"


@dataclass
class Layout:
    """Rows that are alike: their text stands under one key.

    Attributes:
        text: That key; NO_TEXT for rows that have no text.
        rows: How many.
        files: Rows of each file.
        first: File and row of the first.
        columns: By name, in the order in which they are met.
    """

    text: str
    rows: int = 0
    files: Counter[str] = field(default_factory=Counter)
    first: tuple[str, int] = ("", 0)
    columns: dict[str, Column] = field(default_factory=dict)

    def add(self, other: Layout) -> None:
        """Add rows like these."""
        self.first = min(self.first, other.first) if self.rows else other.first
        self.rows += other.rows
        self.files += other.files
        for name, column in other.columns.items():
            self.columns.setdefault(name, Column(name)).add(column)


class Profile:
    """Collects the layouts of rows that were read with all their keys kept."""

    def __init__(self, text_column: str) -> None:
        """Begin without rows.

        Args:
            text_column: the key that the partner's file gives for the text.
        """
        self._text_column = text_column
        self._keysets: dict[tuple[str, ...], Layout] = {}

    def add(self, delivered: pa.Table) -> None:
        """Add rows of DELIVERED; those that could not be parsed have no keys to count."""
        rows = zip(
            *(delivered[name].to_pylist() for name in ("source_file", "source_row", "meta")),
            delivered["reason"].to_pylist(),
            strict=True,
        )
        for file, number, meta, reason in rows:
            if meta is None and reason in _UNREAD:
                continue
            found: dict[str, str] = orjson.loads(meta) if meta else {}
            values = {name: value for name, value in found.items() if value and not value.isspace()}
            keys = tuple(sorted(values))
            if keys not in self._keysets and len(self._keysets) >= _MOST_KEYSETS:
                keys = next(iter(self._keysets))
            layout = self._keysets.setdefault(keys, Layout(NO_TEXT))
            layout.add(_row(file, number, values))

    def layouts(self) -> list[Layout]:
        """Return the kinds of rows, the most frequent first."""
        found: dict[str, Layout] = {}
        for one in self._keysets.values():
            text = text_key(list(one.columns.values()), self._text_column)
            found.setdefault(text, Layout(text)).add(one)
        return sorted(found.values(), key=lambda one: (-one.rows, one.text))


def text_key(columns: Sequence[Column], wanted: str = "") -> str:
    """Return the key that holds the text of rows with these columns; NO_TEXT if none does.

    Args:
        columns: with a value in these rows.
        wanted: the key that the partner's file gives.
    """
    names = {column.name.rpartition(".")[2].lower(): column.name for column in columns}
    mapped = spelling(wanted, [column.name for column in columns])
    named = [] if mapped is None else [mapped]
    named += [names[name] for name in NAMES["text"] if name in names]
    if named:
        return named[0]
    texts = [one for one in columns if one.mean_chars >= _LEAST_TEXT and one.kind in _OF_TEXT]
    return max(texts, key=lambda one: one.mean_chars).name if texts else NO_TEXT


_OF_TEXT = ("text", "page", "list")


def _row(file: str, number: int, values: dict[str, str]) -> Layout:
    columns = {
        name: Column(name, 1, len(value), [value[:_EXAMPLE_CHARS]])
        for name, value in values.items()
    }
    return Layout(NO_TEXT, 1, Counter((file,)), (file, number), columns)


def _kind_of(value: str) -> str:
    if _NUMBER.fullmatch(value):
        return "number"
    if _ADDRESS.match(value):
        return "address"
    if _PAGE.match(value):
        return "page"
    if value[:1] in {"[", "{"}:
        return "list" if value[0] == "[" else "object"
    return "text" if iso_date(value) is None else "date"

"""Libraries of risk keywords: words by category, with the exceptions that are harmless.

A file is a table with the columns `category` and `word` (类别, 关键词) as TSV, CSV or Parquet, or
a list CATEGORY.txt with a word a line. A word is known by its category and its number: its row in
the table, or its line in the list. Libraries are secret; no table, message or release has a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import InitVar, dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
import xxhash

from jobs.errors import ConfigError

LONGEST = 64
"""Characters of a word."""

FEWEST_WORDS, FEWEST_CATEGORIES, FEWEST_OF_EACH = 10_000, 17, 200
"""What TC260-003 and GB/T 45654 ask of a library."""

MOST_CATEGORIES = 255
EXCEPTION = -1
"""In place of the number of a category."""

WORDS = pa.schema(
    [
        pa.field("category", pa.int32(), nullable=False),  # its number among the names, sorted
        pa.field("number", pa.int32(), nullable=False),
        pa.field("word", pa.large_string(), nullable=False),
    ]
)

_NAMES = {"类别": "category", "关键词": "word"}
_DELIMITERS = {".tsv": "\t", ".csv": ","}
SUFFIXES = (".txt", *_DELIMITERS, ".parquet")
_CATEGORY = re.compile(r"[\w.-]{1,40}")
_SHOWN = 5
_EXCEPTIONS = "exceptions"


class LibraryFile(NamedTuple):
    """A file of a library: its name and its bytes."""

    name: str
    body: bytes


class _Word(NamedTuple):
    category: str
    number: int
    word: str


@dataclass(frozen=True)
class RiskLibrary:
    """Words by category, known by the digest of what they say.

    They are pickled with it, but are no field: libraries are compared, hashed and recorded by
    digest and numbers alone.

    Attributes:
        digest: Of categories, numbers, words and exceptions.
        version: As configured, or None.
        categories: Names, sorted, each with how many words it has.
        exceptions: How many there are.
    """

    digest: str
    version: str | None
    categories: tuple[tuple[str, int], ...]
    exceptions: int
    table: InitVar[pa.Table]

    def __post_init__(self, table: pa.Table) -> None:
        object.__setattr__(self, "_words", table)

    @property
    def words(self) -> pa.Table:
        """WORDS, by category and number; those of EXCEPTION first."""
        words: pa.Table = self.__dict__["_words"]
        return words

    @property
    def names(self) -> list[str]:
        """The names of the categories."""
        return [name for name, _ in self.categories]

    @property
    def shortfalls(self) -> list[str]:
        """What TC260-003 and GB/T 45654 ask for and the library lacks."""
        words = sum(count for _, count in self.categories)
        few = [f"{name} {count}" for name, count in self.categories if count < FEWEST_OF_EACH]
        found = (
            (words < FEWEST_WORDS, f"{words:,} words, {FEWEST_WORDS:,} are asked for"),
            (
                len(self.categories) < FEWEST_CATEGORIES,
                f"{len(self.categories)} categories, {FEWEST_CATEGORIES} are asked for",
            ),
            (bool(few), f"fewer than {FEWEST_OF_EACH} words in a category: {', '.join(few)}"),
        )
        return [words for is_short, words in found if is_short]


def read_library(
    files: Iterable[LibraryFile], exceptions: Iterable[LibraryFile], *, version: str | None
) -> RiskLibrary:
    """Return the library of some files.

    A word that stands twice in a category, but for blanks around it, counts once.

    Args:
        files: of words.
        exceptions: of longer, harmless words: lists, or tables with the column `word`.
        version: a name for this state of it, or None.

    Raises:
        ConfigError: a file cannot be read or has no words, a word is too short or too long, or a
            category is in two files; with file and row.
    """
    found: dict[tuple[str, str], _Word] = {}
    homes: dict[str, str] = {}
    for file in files:
        for word in _words(file, is_exceptions=False):
            if homes.setdefault(word.category, file.name) != file.name:
                raise ConfigError(
                    f"signals.risk_keywords: the category {word.category} is in "
                    f"{homes[word.category]} and in {file.name}: keep it in one file, or its words "
                    "cannot be named by number"
                )
            found.setdefault((word.category, word.word), word)
    harmless = {word.word: word for file in exceptions for word in _words(file, is_exceptions=True)}
    counts = Counter(word.category for word in found.values())
    names = {name: number for number, name in enumerate(sorted(counts))}
    if not names or len(names) > MOST_CATEGORIES:
        raise ConfigError(
            f"signals.risk_keywords: {len(names)} categories: give files with words of 1 to "
            f"{MOST_CATEGORIES}"
        )
    rows = [(EXCEPTION, word.number, word.word) for word in harmless.values()]
    rows += [(names[word.category], word.number, word.word) for word in found.values()]
    columns = [*zip(*sorted(rows), strict=True)]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, WORDS, strict=True)]
    categories = tuple(sorted(counts.items()))
    said = "\n".join(["\t".join(names), *("\t".join(map(str, row)) for row in sorted(rows))])
    return RiskLibrary(
        xxhash.xxh3_128_hexdigest(said.encode()),
        version,
        categories,
        len(harmless),
        pa.table(arrays, schema=WORDS),
    )


def _words(file: LibraryFile, *, is_exceptions: bool) -> Iterator[_Word]:
    suffix = PurePosixPath(file.name).suffix.lower()
    if suffix not in SUFFIXES:
        raise _wrong(file, f"is none of {', '.join(SUFFIXES)}")
    rows = _listed(file) if suffix == ".txt" else _tabled(file, suffix, is_exceptions=is_exceptions)
    bad: list[_Word] = []
    for row in rows:
        category = _EXCEPTIONS if is_exceptions else row.category
        if not _CATEGORY.fullmatch(category):
            raise _wrong(
                file,
                f"row {row.number}: the category {category!r} is no name: write letters, digits, "
                "hyphens, at most 40 of them",
            )
        letters = sum(letter.isalnum() for letter in row.word)
        if letters < 2 or len(row.word) > LONGEST:
            bad.append(row)
        else:
            yield _Word(category, row.number, row.word)
    if bad:
        shown = ", ".join(f"{row.number} ({len(row.word)})" for row in bad[:_SHOWN])
        raise _wrong(
            file,
            f"{len(bad)} words have fewer than 2 letters or more than {LONGEST} characters, as in "
            f"row (characters) {shown}: delete them",
        )


def _listed(file: LibraryFile) -> Iterator[_Word]:
    name = PurePosixPath(file.name).stem
    try:
        lines = file.body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise _wrong(file, f"is not UTF-8 at byte {error.start}") from error
    for number, line in enumerate(lines, start=1):
        if (word := line.strip()) and not word.startswith("#"):
            yield _Word(name, number, word)


def _tabled(file: LibraryFile, suffix: str, *, is_exceptions: bool) -> Iterator[_Word]:
    table = _table(file, suffix)
    table = table.rename_columns([_NAMES.get(name, name) for name in table.column_names])
    wanted = ["word"] if is_exceptions else ["word", "category"]
    if set(wanted) - set(table.column_names):
        raise _wrong(
            file, f"has the columns {', '.join(table.column_names)}: it needs category and word"
        )
    columns = (table[name].cast(pa.string()).to_pylist() for name in wanted)
    for number, (word, *category) in enumerate(zip(*columns, strict=True), start=1):
        if word and word.strip():
            yield _Word((category[0] or "").strip() if category else "", number, word.strip())


def _table(file: LibraryFile, suffix: str) -> pa.Table:
    try:
        if suffix == ".parquet":
            return pq.read_table(pa.BufferReader(file.body))
        return pc_csv.read_csv(
            pa.BufferReader(file.body),
            parse_options=pc_csv.ParseOptions(
                delimiter=_DELIMITERS[suffix], quote_char='"' if suffix == ".csv" else False
            ),
            convert_options=pc_csv.ConvertOptions(
                column_types=dict.fromkeys([*_NAMES, *_NAMES.values()], pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowException as error:
        # Its message may quote a row.
        raise _wrong(file, f"cannot be read ({type(error).__name__})") from error


def _wrong(file: LibraryFile, what: str) -> ConfigError:
    return ConfigError(
        f"signals.risk_keywords: {file.name} {what}; give TSV, CSV or Parquet with the columns "
        "category and word, or lists CATEGORY.txt, in UTF-8"
    )

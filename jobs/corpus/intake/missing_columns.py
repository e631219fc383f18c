"""Columns that are mapped and not there: what to say of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from jobs.corpus.intake.column_names import meant_column
from jobs.corpus.intake.rows import NAMES_SHOWN, shortened
from jobs.errors import TextColumnMissing

_NAMES_COMPARED = 1000
_NAME_CHARS = 100  # a longer name is no slip of the pen


def text_column_missing(source_file: str, wanted: str, found: Iterable[str]) -> TextColumnMissing:
    """Return the error for a delivery without its text.

    Args:
        source_file: the file.
        wanted: the partner's name of the text.
        found: the names that are there; of names without end the first are looked at.
    """
    found = list(islice(found, _NAMES_COMPARED))
    short = [one for one in found if len(one) <= _NAME_CHARS]
    names = [name.partition(" (")[0] for one in short for name in one.split(", ")]
    meant = meant_column(wanted, names, "text")
    hint = "" if meant is None else f"did you mean {meant!r}? "
    return TextColumnMissing(
        f"{source_file}: no column {wanted!r} to read the text from, there are"
        f" {listed(found)}: {hint}correct the partner's columns"
    )


def listed(names: Iterable[str]) -> str:
    """The first of many names, which may be a partner's, as a message takes them."""
    return ", ".join(shortened(name) for name in islice(names, NAMES_SHOWN))

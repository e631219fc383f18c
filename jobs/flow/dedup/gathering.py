"""Gathering: an exchange through a second pass, where it has many files.

::

    F files of P parts ─ gather ─▶ F / 32 files for each of 16 spans of parts ─▶ a part from F / 32

Every part would be read from every file: F P reads, which is quadratic. A task of the second pass
reads one span of 32 files, 16 F reads in all, and a part is then read from F / 32 files. Files and
parts hold half a million documents each, so at a billion documents that are 0.5 million reads for
the parts, as many as the files of a release.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

FEW_FILES = 48  # that every part may be read from
_FILES_AT_ONCE = 32
_SPANS = 16


class Span(NamedTuple):
    """Successive parts: the first one, and the one after the last."""

    first: int
    end: int


class Gathering(NamedTuple):
    """What one task of the second pass gathers.

    Attributes:
        files: To read.
        span: Of parts.
    """

    files: tuple[str, ...]
    span: Span


def gatherings(files: Sequence[str], parts: int) -> list[Gathering]:
    """Return what tasks of a second pass gather, by span; none if there are few files."""
    if len(files) <= FEW_FILES:
        return []
    starts = range(0, len(files), _FILES_AT_ONCE)
    batches = [tuple(files[start : start + _FILES_AT_ONCE]) for start in starts]
    return [Gathering(batch, span) for span in _spans(parts) for batch in batches]


def gathered(
    files: Sequence[str], parts: int, second: Sequence[str]
) -> list[tuple[tuple[str, ...], Span]]:
    """Return files and the span of parts that they hold, ascending; together all parts.

    Args:
        files: of the first pass.
        parts: how many there are.
        second: the files that tasks made of `gatherings`, in that order; none without such.
    """
    if not second:
        return [(tuple(files), Span(0, parts))]
    spans = _spans(parts)
    each = len(second) // len(spans)
    held = [tuple(second[at : at + each]) for at in range(0, len(second), each)]
    return list(zip(held, spans, strict=True))


def _spans(parts: int) -> list[Span]:
    """Return up to `_SPANS` spans of about equal length, none of them empty."""
    bounds = sorted({parts * number // _SPANS for number in range(_SPANS + 1)})
    return [Span(*pair) for pair in pairwise(bounds)]

"""Texts before and after repair: a few that show what the repairs of a partner's texts do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.repair.normalization import changes
from jobs.corpus.repair.repairs import Repair

_MOST_CHARS = 50_000  # of a text that is shown


@dataclass(frozen=True)
class RepairStep:
    """What one repair did to a text."""

    repair: str
    before: str
    after: str


@dataclass(frozen=True)
class RepairedText:
    """A text as it was delivered and as it is released, with each step between.

    Attributes:
        file: That it is from.
        row: In that file.
        title: As delivered, if it has one.
        before: As delivered.
        after: Repaired.
        steps: Each repair that changed it, in order.
    """

    file: str
    row: int
    title: str | None
    before: str
    after: str
    steps: tuple[RepairStep, ...]


class RepairExamples:
    """Collects a text for each set of repairs that occurs."""

    def __init__(self, wanted: Repair) -> None:
        """Begin without texts; `wanted` are the repairs of the partner."""
        self._wanted = wanted
        self._found: dict[int, tuple[str, int, str | None, str]] = {}

    def add(self, delivered: pa.Table, documents: pa.Table) -> None:
        """Look at rows of DELIVERED and the DOCUMENTS they became."""
        is_shown = pc.and_(
            pc.is_null(documents["reason"]),
            pc.less(pc.utf8_length(delivered["text"].combine_chunks()), _MOST_CHARS),
        ).to_pylist()
        bits = documents["repairs"].to_pylist()
        for row, (one, wanted) in enumerate(zip(bits, is_shown, strict=True)):
            if wanted and one is not None and one not in self._found:
                given = delivered.slice(row, 1).to_pylist()[0]
                place = given["source_file"], given["source_row"]
                self._found[one] = (*place, given["title"], given["text"])

    def texts(self, most: int) -> list[RepairedText]:
        """Return so many texts, which together show as many repairs as can be."""
        return [_repaired(*self._found[bits], wanted=self._wanted) for bits in self._chosen(most)]

    def _chosen(self, most: int) -> Iterator[int]:
        left, seen = dict.fromkeys(self._found), 0
        for _ in range(min(most, len(left))):
            best = max(left, key=lambda bits: ((bits & ~seen).bit_count(), bits.bit_count()))
            seen |= best
            del left[best]
            yield best


def _repaired(file: str, row: int, title: str | None, text: str, *, wanted: Repair) -> RepairedText:
    steps = tuple(
        RepairStep(str(repair.name).lower(), before, after)
        for repair, before, after in changes(text, wanted)
    )
    return RepairedText(file, row, title, text, steps[-1].after if steps else text, steps)

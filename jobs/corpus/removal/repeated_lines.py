"""Repeated lines: lines that a page holds twice by accident, found inside one document.

That a line recurs is no evidence by itself: statutes repeat provisions of a hundred characters
eight times, songs their refrain, manuals their instructions. Removed are, from `min_chars` letters
and digits up, all occurrences but the first of:

- an *echo*: a line equal to the line before it (blank lines aside) that ends as sentences do, since
  rows of a ledger and lines of a song may be equal;
- a *caption*: a line without a full stop or the like at its end that occurs `min_times` in a text
  most of whose long lines end with one (in hard-wrapped texts and tables they do not);
- a block *pasted twice*: lines followed at once by the same lines, `min_pasted_chars` together.

The first two spare lines of a document's structure (`line_keys.is_structure`); all spare code and
rows of numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.model.reasons import RemovalKind
from jobs.corpus.removal.line_keys import (
    KeyedLines,
    Keys,
    Mask,
    has_repeats,
    is_structure,
    lines_of,
)
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.removal.removals import RemovedSpan, without_spans
from jobs.corpus.text.line_kinds import is_code, is_row
from jobs.corpus.text.markup_regions import fenced_blocks

_PERIODS = 8  # distances at which a text is compared with itself
_PROSE_SHARE = 2 / 3
_ENDS = re.compile(r"[。\uff0e.！!？?；;：:\ufe30，,、…—][”’」』》）)\]】\"'*_ ]*\Z")
_REGION = re.compile("```|~~~|<!--|<script|<style", re.IGNORECASE)

Positions = npt.NDArray[np.int64]


def without_repeated_lines(
    content: pa.LargeStringArray, *, params: RepeatedLineParams
) -> tuple[pa.LargeStringArray, pa.Table]:
    """Cut lines that texts repeat by accident; return what `removals.without_spans` does.

    Laws: row-wise; idempotent; texts and spans together give the texts before.
    """
    spans: dict[int, list[RemovedSpan]] = {}
    if params.is_on:
        for row in np.flatnonzero(has_repeats(content, min_chars=params.min_chars)).tolist():
            found = _spans(content[row].as_py(), params)
            if found:
                spans[row] = found
    return without_spans(content, spans, RemovalKind.REPEATED_PARAGRAPH)


def _spans(text: str, params: RepeatedLineParams) -> list[RemovedSpan]:
    page = _Page(text.encode(), params)
    if not page.may_repeat():
        return []
    page.make_structure_unique(text)
    ends, numbers = page.lines.ends, page.lines.numbers
    return [
        RemovedSpan(
            int(ends[at - 1]), int(ends[at]), int(numbers[at]), int(numbers[first]), None, None
        )
        for at, first in sorted(page.repeated().items())
    ]


class _Page:
    """One text as lines, and which of them may be removed."""

    def __init__(self, data: bytes, params: RepeatedLineParams) -> None:
        self.params, self.data = params, data
        self.lines: KeyedLines = lines_of(data)
        self.keys = self.lines.keys
        self.is_long = self.lines.letters >= params.min_chars

    def make_structure_unique(self, text: str) -> None:
        """Give lines of code and rows of numbers keys of their own, so that none repeats."""
        starts = self.lines.starts
        is_spared = np.zeros(len(starts), np.bool_)
        for at in _recurring(self.keys, self.is_long).tolist():
            line = self._line(at)
            is_spared[at] = is_code(line) or is_row(line)
        if _REGION.search(text):
            is_spared |= [bool(_REGION.search(self._line(at))) for at in range(len(starts))]
            for start, end in fenced_blocks(text):
                first, last = (len(text[:at].encode()) for at in (start, end))
                is_spared |= (starts >= first) & (starts < last)
        self.keys[is_spared] = np.flatnonzero(is_spared)

    def may_repeat(self) -> bool:
        """Whether any line would be removed if none were structure."""
        return next(self._repeats(np.arange(len(self.keys))), None) is not None

    def repeated(self) -> dict[int, int]:
        """Return the lines to remove, each with the line that it repeats."""
        repeated: dict[int, int] = {}
        remaining = np.arange(len(self.keys))
        # Lines that a removal brings together may be an echo too, so repeat until none is found.
        while found := dict(self._repeats(remaining)):
            repeated |= {int(remaining[at]): int(remaining[first]) for at, first in found.items()}
            remaining = np.delete(remaining, list(found))
        return repeated

    def _repeats(self, remaining: Positions) -> Iterator[tuple[int, int]]:
        """Yield which of the remaining lines to remove, and the line each repeats, as positions."""
        keys, is_long = self.keys[remaining], self.is_long[remaining]
        recurring = _recurring(keys, is_long)
        if not len(recurring):
            return
        yield from self._pasted(remaining, keys, is_long)
        captions: dict[int, list[int]] = {}
        for at in recurring.tolist():
            line = self._line(remaining[at])
            if is_structure(line):
                continue
            is_echo = at > 0 and keys[at] == keys[at - 1]
            if _ENDS.search(line):
                if is_echo:
                    yield at, at - 1
            else:
                captions.setdefault(int(keys[at]), []).append(at)
        often = [
            positions for positions in captions.values() if len(positions) >= self.params.min_times
        ]
        if often and self._is_prose(remaining, {at for positions in often for at in positions}):
            yield from ((at, positions[0]) for positions in often for at in positions[1:])

    def _is_prose(self, remaining: Positions, captions: set[int]) -> bool:
        others = [
            at for at in np.flatnonzero(self.is_long[remaining]).tolist() if at not in captions
        ]
        ended = sum(1 for at in others if _ENDS.search(self._line(remaining[at])))
        return ended > 0 and ended >= _PROSE_SHARE * len(others)

    def _pasted(self, remaining: Positions, keys: Keys, is_long: Mask) -> Iterator[tuple[int, int]]:
        for period in _periods(keys, is_long):
            is_same = keys[period:] == keys[:-period]
            if np.count_nonzero(is_same) < period:
                continue
            letters = np.concatenate([[0], np.cumsum(self.lines.letters[remaining])])
            for start, end in _runs(is_same):
                block = letters[start + period] - letters[start]
                if end - start >= period and block >= self.params.min_pasted_chars:
                    yield from ((at + period, at) for at in range(start, end))

    def _line(self, position: int) -> str:
        return self.data[self.lines.starts[position] : self.lines.ends[position]].decode()


def _runs(flags: Mask) -> list[tuple[int, int]]:
    """Return the start and end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _recurring(keys: Keys, is_long: Mask) -> Positions:
    """Return the positions of long lines whose key occurs more than once."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_repeat = np.zeros(len(keys) + 1, np.bool_)
    is_repeat[1:-1] = ordered[1:] == ordered[:-1]
    recurs = np.zeros(len(keys), np.bool_)
    recurs[order] = is_repeat[1:] | is_repeat[:-1]
    return np.flatnonzero(is_long & recurs)


def _periods(keys: Keys, is_long: Mask) -> list[int]:
    """Return the commonest distances between two occurrences of a long line."""
    positions = np.flatnonzero(is_long)
    order = positions[np.argsort(keys[positions], kind="stable")]
    distances = np.diff(order)[np.diff(keys[order]) == 0]
    common = sorted(Counter(distances.tolist()).items(), key=lambda item: (-item[1], item[0]))
    return [period for period, _ in common[:_PERIODS]]

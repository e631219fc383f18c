"""Repeated paragraphs: what a page says twice by accident, found inside one document.

A paragraph is a line. That one recurs is no evidence by itself: statutes repeat provisions of a
hundred characters eight times, song repeats its refrain, manuals their instructions. Removed are,
from `min_chars` letters and digits up and the first occurrence kept:

- an *echo*: a line that says what the line before it says (blank lines aside) and ends as sentences
  do: rows of a ledger and lines of a song may be equal;
- a *caption*: a line without a full stop or the like at its end that occurs `min_times` in a text
  most of whose long lines end with one (in hard-wrapped texts and tables they do not);
- what was *pasted twice*: lines followed at once by the same lines, `min_pasted_chars` together.

The first two spare lines that belong to how a document is built (`wrapped_lines.is_structure`);
all spare code and rows of figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.removal.line_keys import Flags, Keys, Lines, has_repeats, is_structure, lines_of
from jobs.corpus.removal.params import RepeatParams
from jobs.corpus.removal.removals import Cut, Kind, without_cuts
from jobs.corpus.text.line_kinds import is_code, is_row
from jobs.corpus.text.markup_regions import fenced_blocks

_PERIODS = 8  # distances at which a text is compared with itself: it was pasted at one
_PROSE_SHARE = 2 / 3
_ENDS = re.compile(r"[。\uff0e.！!？?；;：:\ufe30，,、…—][”’」』》）)\]】\"'*_ ]*\Z")
_REGION = re.compile("```|~~~|<!--|<script|<style", re.IGNORECASE)

Places = npt.NDArray[np.int64]


def without_repeats(
    content: pa.LargeStringArray, *, params: RepeatParams
) -> tuple[pa.LargeStringArray, pa.Table]:
    """The texts without what they repeat by accident, and the cuts (`removals.without_cuts`).

    Laws: row-wise; doing it twice is doing it once; texts and cuts together give what was given.
    """
    cuts: dict[int, list[Cut]] = {}
    if params.is_on:
        for row in np.flatnonzero(has_repeats(content, min_chars=params.min_chars)).tolist():
            found = _cuts(content[row].as_py(), params)
            if found:
                cuts[row] = found
    return without_cuts(content, cuts, Kind.REPEATED_PARAGRAPH)


def _cuts(text: str, params: RepeatParams) -> list[Cut]:
    page = _Page(text.encode(), params)
    if not page.replaced():
        return []
    page.spare_code(text)
    ends, numbers = page.lines.ends, page.lines.numbers
    return [
        Cut(int(ends[at - 1]), int(ends[at]), int(numbers[at]), int(numbers[first]), None, None)
        for at, first in sorted(page.replaced().items())
    ]


class _Page:
    """One text as lines, with what may be removed of it."""

    def __init__(self, data: bytes, params: RepeatParams) -> None:
        self.params, self.data = params, data
        self.lines: Lines = lines_of(data)
        self.keys = self.lines.keys
        self.is_long = self.lines.letters >= params.min_chars

    def spare_code(self, text: str) -> None:
        """Make no two lines of code, and no two rows of figures, the same."""
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

    def replaced(self) -> dict[int, int]:
        """Which lines go, and which each of them repeats."""
        replaced: dict[int, int] = {}
        left = np.arange(len(self.keys))
        # What one removal brings together may be an echo, too: until nothing is left to remove.
        while found := dict(self._repeats(left)):
            replaced |= {int(left[at]): int(left[first]) for at, first in found.items()}
            left = np.delete(left, list(found))
        return replaced

    def _repeats(self, left: Places) -> Iterator[tuple[int, int]]:
        """Which of the lines `left` go, as places in `left`, and which each of them repeats."""
        keys, is_long = self.keys[left], self.is_long[left]
        yield from self._pasted(left, keys, is_long)
        captions: dict[int, list[int]] = {}
        for at in _recurring(keys, is_long).tolist():
            line = self._line(left[at])
            if is_structure(line):
                continue
            is_echo = at > 0 and keys[at] == keys[at - 1]
            if _ENDS.search(line):
                if is_echo:
                    yield at, at - 1
            else:
                captions.setdefault(int(keys[at]), []).append(at)
        often = [places for places in captions.values() if len(places) >= self.params.min_times]
        if often and self._is_prose(left, {at for places in often for at in places}):
            yield from ((at, places[0]) for places in often for at in places[1:])

    def _is_prose(self, left: Places, captions: set[int]) -> bool:
        others = [at for at in np.flatnonzero(self.is_long[left]).tolist() if at not in captions]
        ended = sum(1 for at in others if _ENDS.search(self._line(left[at])))
        return ended > 0 and ended >= _PROSE_SHARE * len(others)

    def _pasted(self, left: Places, keys: Keys, is_long: Flags) -> Iterator[tuple[int, int]]:
        for period in _periods(keys, is_long):
            is_same = keys[period:] == keys[:-period]
            if np.count_nonzero(is_same) < period:
                continue
            letters = np.concatenate([[0], np.cumsum(self.lines.letters[left])])
            for start, end in _runs(is_same):
                block = letters[start + period] - letters[start]
                if end - start >= period and block >= self.params.min_pasted_chars:
                    yield from ((at + period, at) for at in range(start, end))

    def _line(self, place: int) -> str:
        return self.data[self.lines.starts[place] : self.lines.ends[place]].decode()


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """Where each run of true ones starts and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _recurring(keys: Keys, is_long: Flags) -> Places:
    """The places of long lines that say what another line says."""
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return np.flatnonzero(is_long & (counts[inverse] > 1))


def _periods(keys: Keys, is_long: Flags) -> list[int]:
    """The commonest distances between a long line and its last occurrence, smaller ones first."""
    places = np.flatnonzero(is_long)
    order = places[np.argsort(keys[places], kind="stable")]
    distances = np.diff(order)[np.diff(keys[order]) == 0]
    common = sorted(Counter(distances.tolist()).items(), key=lambda item: (-item[1], item[0]))
    return [period for period, _ in common[:_PERIODS]]

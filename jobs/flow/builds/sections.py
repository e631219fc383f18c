"""Sections of a build: which runs hold the rows of each, and how many ranges of ids it has.

A section has at most `SECTION_SHARDS` shards' worth of text. So a range reads the runs of its
section and no others, and every run is read by as many ranges as a section has, whatever the
corpus holds.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from jobs.corpus.release.sections import GRAIN_BYTES, Boundaries, section_starts
from jobs.flow.shards import NormalizedShard, Run

SECTION_SHARDS = 4  # of a release, in a section at most
_GRAINS = 8  # boundaries per shard of a release that are looked at, on average


@dataclass(frozen=True)
class RunSlice:
    """The rows of a run that are in a section.

    Attributes:
        run: The run.
        base: The ordinal of position 0 of its input shard.
        first: The first position inside.
        end: The position after the last one inside.
    """

    run: Run
    base: int
    first: int
    end: int

    @property
    def is_whole(self) -> bool:
        """Are all rows of the run inside?"""
        return self.first <= self.run.first_position and self.end >= self.run.end_position


@dataclass(frozen=True)
class Section:
    """Successive delivered rows of one partner.

    Attributes:
        partner: The partner.
        first: The ordinal of the first row.
        end: The ordinal after the last row.
        parts: Ranges of ids into which its documents are divided.
        slices: Where its rows are.
    """

    partner: str
    first: int
    end: int
    parts: int
    slices: tuple[RunSlice, ...]


def packed(found: Sequence[Boundaries]) -> str:
    """Return boundaries of successive tables as text for a checkpoint: some 30 bytes each."""
    rows = np.concatenate([np.zeros((3, 0), np.int64), *map(np.stack, found)], axis=1)
    return base64.b64encode(rows.astype("<i8").tobytes()).decode()


def unpacked(text: str) -> Boundaries:
    """Return what `packed` was given, as one."""
    values = np.frombuffer(base64.b64decode(text), "<i8").astype(np.int64)
    return Boundaries(*values.reshape(3, -1))


def needed(text: str, release_bytes: int) -> tuple[tuple[int, int, int], ...]:
    """Return the packed boundaries that sections of this size are chosen from, row by row."""
    found = np.stack(unpacked(text))
    is_high = found[2] >= max(GRAIN_BYTES, release_bytes // _GRAINS)
    return tuple((row[0], row[1], row[2]) for row in found[:, is_high].T.tolist())


def sections(
    partner: str, shards: Sequence[NormalizedShard], release_bytes: int
) -> Iterator[Section]:
    """Yield the sections of a partner in order of delivery; an empty one if nothing was delivered.

    Args:
        partner: the partner.
        shards: of the partner alone, in order.
        release_bytes: text in a shard of the release.
    """
    content_bytes = sum(shard.content_bytes for shard in shards)
    found = _boundaries(shards)
    starts = section_starts(found, content_bytes, most_bytes=SECTION_SHARDS * release_bytes)
    begin = shards[0].base if shards else 0
    firsts = [begin, *found.positions[starts].tolist()]
    ends = [*firsts[1:], shards[-1].base + shards[-1].delivered if shards else begin]
    sizes = np.diff([0, *found.content_bytes[starts].tolist(), content_bytes]).tolist()
    slices = [slice_ for shard in shards for slice_ in _slices(shard)]
    at = 0
    for first, end, size in zip(firsts, ends, sizes, strict=True):
        while at < len(slices) and slices[at].base + slices[at].end <= first:
            at += 1
        inside = tuple(_inside(slices, at, first, end))
        yield Section(partner, first, end, _parts(size, release_bytes), inside)


def _parts(content_bytes: int, release_bytes: int) -> int:
    """Return the power of two that makes ranges of half a shard to a whole one."""
    parts = 1
    while parts * release_bytes < content_bytes:
        parts *= 2
    return parts


def _boundaries(shards: Sequence[NormalizedShard]) -> Boundaries:
    """Return those of all shards, by ordinal and bytes of text from the first row on."""
    rows: list[tuple[int, int, int]] = []
    before = 0
    for shard in shards:
        rows += [(shard.base + at, before + size, level) for at, size, level in shard.boundaries]
        before += shard.content_bytes
    return Boundaries(*np.array(rows, np.int64).reshape(-1, 3).T)


def _slices(shard: NormalizedShard) -> Iterator[RunSlice]:
    for run in shard.runs:
        end = min(run.end_position, shard.delivered)
        yield RunSlice(run, shard.base, run.first_position, end)


def _inside(slices: Sequence[RunSlice], at: int, first: int, end: int) -> Iterator[RunSlice]:
    for number in range(at, len(slices)):
        whole = slices[number]
        if whole.base + whole.first >= end:
            return
        start, stop = max(whole.first, first - whole.base), min(whole.end, end - whole.base)
        if start < stop:
            yield RunSlice(whole.run, whole.base, start, stop)

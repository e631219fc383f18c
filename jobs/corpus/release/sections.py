"""Sections: stretches of what a partner delivers, inside each of which a release is sorted by id.

A section begins with a row that its id and size choose, so sections depend on the rows and their
order alone: not on tasks, files or workers. A row put in or taken out moves few of the sections
after it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.identity import hash_halves

GRAIN_BYTES = 1 << 18  # of text, among which one boundary is found on average

Positions = npt.NDArray[np.int64]


class Boundaries(NamedTuple):
    """Rows that a section may begin with: arrays of shape (n,), int64, ascending.

    Attributes:
        positions: Numbers of the rows.
        content_bytes: Bytes of text of all rows before them.
        levels: Bytes of text among which one row like it is found on average.
    """

    positions: Positions
    content_bytes: Positions
    levels: Positions


def boundaries(documents: pa.Table, content_bytes: int) -> Boundaries:
    """Return the rows of DOCUMENTS that a section may begin with.

    A row is chosen with a probability of its text's bytes per `GRAIN_BYTES`, by its id.

    Args:
        documents: in order of delivery.
        content_bytes: bytes of text before the first of them.

    Law: row-wise, but for the bytes of text before a row, which are sums.
    """
    sizes = pc.fill_null(pc.binary_length(documents["content"]), 0).to_numpy().astype(np.int64)
    low = hash_halves(documents["doc_id"])[1]
    uniform = ((low >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53
    levels = np.minimum(sizes / uniform, 2.0**62).astype(np.int64)
    rows = np.flatnonzero(levels >= GRAIN_BYTES)
    before = content_bytes + np.cumsum(sizes) - sizes
    return Boundaries(documents["position"].to_numpy()[rows], before[rows], levels[rows])


def section_starts(found: Boundaries, content_bytes: int, *, most_bytes: int) -> list[int]:
    """Return the indices of the boundaries with which sections begin, but for the first section.

    A section ends before the boundary of the highest level that leaves it between half of
    `most_bytes` and all of it, or before the next one if there is none.

    Args:
        found: boundaries of all rows, in order.
        content_bytes: of all rows.
        most_bytes: of text in a section, at least 2.
    """
    starts: list[int] = []
    begin = 0
    while content_bytes - begin > most_bytes:
        first = int(np.searchsorted(found.content_bytes, begin + most_bytes // 2))
        last = int(np.searchsorted(found.content_bytes, begin + most_bytes, side="right"))
        if first == len(found.levels):
            break
        starts.append(first + int(np.argmax(found.levels[first : max(last, first + 1)])))
        begin = int(found.content_bytes[starts[-1]])
    return starts

"""Ids and content hashes of many files by range of ids, of which each file is read once.

Files of a release overlap in their ids, so a range has rows of many files. They are kept in scratch
files, 32 bytes a row, and read range by range.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np

from jobs.corpus.release.comparison import IdKeys, ascending


class HashRanges:
    """Rows of ids and content hashes in equal ranges of ids."""

    def __init__(self, folder: Path, ranges: int) -> None:
        """Keep rows in a new folder."""
        folder.mkdir()
        self._folder = folder
        self._firsts = np.array([part * 2**64 // ranges for part in range(ranges)], np.uint64)
        self._lock = Lock()

    def add(self, ids: IdKeys, hashes: IdKeys) -> None:
        """Add rows, arrays of shape (n, 2), in any order; may be called by several threads."""
        parts = np.searchsorted(self._firsts, ids[:, 0], side="right") - 1
        order = np.argsort(parts, kind="stable")
        rows = np.concatenate([ids, hashes], axis=1)[order]
        present, starts = np.unique(parts[order], return_index=True)
        with self._lock:
            for part, some in zip(present.tolist(), np.split(rows, starts[1:]), strict=True):
                with self._path(part).open("ab") as file:
                    file.write(some.tobytes())

    def range(self, part: int) -> tuple[IdKeys, IdKeys]:
        """Return ids and hashes of one range, ascending by id."""
        path = self._path(part)
        body = path.read_bytes() if path.exists() else b""
        rows = np.frombuffer(body, np.uint64).reshape(-1, 4)
        ordered = ascending(rows[:, :2].copy(), rows[:, 2:].copy())
        return ordered[0], ordered[1]

    def _path(self, part: int) -> Path:
        return self._folder / str(part)

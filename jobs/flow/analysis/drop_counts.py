"""Counts of dropped rows, from the tables that dedup wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow.compute as pc

from jobs.corpus.model.reasons import COPIES
from jobs.flow.tasks.sealed_objects import read_table
from jobs.storage.objects import ObjectStore


def drop_counts(files: Iterable[str], *, store: ObjectStore) -> Counter[tuple[str, str, str]]:
    """Count documents per partner, partner of the kept document, and reason; siblings stay.

    Raises:
        DamagedTable: a file is not what was written.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    for key in files:
        table = read_table(store, key, columns=["partner", "kept_partner", "reason"])
        table = table.filter(pc.not_equal(table["reason"], COPIES))
        counts.update(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return counts

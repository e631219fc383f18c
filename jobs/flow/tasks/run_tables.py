"""The tables of a run as they are after site boilerplate was removed from some of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from jobs.corpus.removal.changes import changed_documents, changed_facts
from jobs.flow.shards import Run
from jobs.flow.tasks.sealed_objects import read_table
from jobs.storage.objects import ObjectStore


def read_documents(
    store: ObjectStore, run: Run, columns: Sequence[str] | None = None, *, filters: Any = None
) -> pa.Table:
    """Read DOCUMENTS of a run, in the order of the table.

    Args:
        store: of the tables.
        run: the run.
        columns: to read; None for all.
        filters: rows to read, by columns that no removal changes; None for all.
    """
    if run.changes_key is None:
        return read_table(store, run.documents_key, columns=_listed(columns), filters=filters)
    table = read_table(store, run.documents_key, columns=_wanted(columns), filters=filters)
    changes = read_table(store, run.changes_key)
    spans = ["position", "kind", "offset", "chars"]
    table = changed_documents(table, changes, read_table(store, run.removals_key, columns=spans))
    return table if columns is None else table.select(columns)


def read_facts(store: ObjectStore, run: Run, columns: Sequence[str] | None = None) -> pa.Table:
    """Read the facts of a run, in the order of the table; of all columns if None are given."""
    if run.changes_key is None:
        return read_table(store, run.facts_key, columns=_listed(columns))
    table = read_table(store, run.facts_key, columns=_wanted(columns))
    table = changed_facts(table, read_table(store, run.changes_key))
    return table if columns is None else table.select(columns)


def _listed(columns: Sequence[str] | None) -> list[str] | None:
    return None if columns is None else list(columns)


def _wanted(columns: Sequence[str] | None) -> list[str] | None:
    return None if columns is None else list(dict.fromkeys([*columns, "position"]))

"""The tables of a run as they are after site boilerplate was removed from some of its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from jobs.corpus.model.signal_columns import MEASURED
from jobs.corpus.model.tables import DOCUMENTS
from jobs.corpus.normalize.facts import with_signals
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
    names = DOCUMENTS.names if columns is None else list(columns)
    signals = [name for name in names if name in MEASURED.names]
    stored = [name for name in names if name not in MEASURED.names]
    if signals or run.changes_key is not None:
        stored = list(dict.fromkeys([*stored, "position"]))
    table = read_table(store, run.documents_key, columns=stored, filters=filters)
    if run.changes_key is not None:
        changes = read_table(store, run.changes_key)
        spans = ["position", "kind", "offset", "chars"]
        removals = read_table(store, run.removals_key, columns=spans)
        table = changed_documents(table, changes, removals)
    if signals:
        table = with_signals(table, read_facts(store, run, ["position", *signals]))
    return table.select(names)


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

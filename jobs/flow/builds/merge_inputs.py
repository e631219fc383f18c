"""What a merge task reads: its range of ids of the runs of its section, and of their drops.

Of a file only the row groups that may hold ids of the range are read, which lie side by side; of
documents in two places.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.tables import DROPS, REMOVALS, STORED_DOCUMENTS, facts_schema
from jobs.corpus.normalize.facts import with_signals
from jobs.corpus.removal.changes import changed_documents, changed_facts, changes_schema
from jobs.flow.builds.merge_plan import SectionPlan
from jobs.flow.builds.sections import RunSlice, Section
from jobs.flow.tasks.exchange import read_group
from jobs.flow.tasks.row_groups import read_row_groups
from jobs.storage.objects import ObjectStore

_MOST_STRETCHES = 2  # of rows of a table that are in a range
_READERS = 4  # runs read at a time: a store far away answers slowly
_ORDINAL = pa.field("ordinal", pa.int64())


@dataclass(frozen=True)
class Range:
    """A range of ids of a section of a partner: the `part`-th of `parts` equal ones."""

    partner: str
    section: int
    part: int
    parts: int

    @property
    def first(self) -> bytes:
        """The smallest id inside."""
        return (self.part * 2**128 // self.parts).to_bytes(16, "big")

    @property
    def last(self) -> bytes:
        """The largest id inside."""
        return ((self.part + 1) * 2**128 // self.parts - 1).to_bytes(16, "big")


class RangeTables(NamedTuple):
    """The rows of a range, each table with their ordinals: DOCUMENTS, facts and REMOVALS."""

    documents: pa.Table
    facts: pa.Table
    removals: pa.Table


def range_tables(
    store: ObjectStore, section: Section, within: Range, *, num_perm: int
) -> RangeTables:
    """Read the rows of a section that are in the range, without site boilerplate."""
    schemas = (STORED_DOCUMENTS, facts_schema(num_perm), REMOVALS, changes_schema(num_perm))
    schemas = tuple(schema.append(_ORDINAL) for schema in schemas)
    read = partial(_of_run, store, within=within, schemas=schemas)
    with ThreadPoolExecutor(_READERS) as pool:
        parts = list(pool.map(read, section.slices))
    empty = [schema.empty_table() for schema in schemas]
    tables = map(pa.concat_tables, zip(empty, *parts, strict=True))
    documents, facts, removals, changes = tables
    documents = changed_documents(documents, changes, removals, key="ordinal")
    facts = changed_facts(facts, changes, key="ordinal")
    return RangeTables(with_signals(documents, facts, key="ordinal"), facts, removals)


def dropped(store: ObjectStore, files: Sequence[str], plan: SectionPlan, within: Range) -> pa.Table:
    """Read the DROPS of a range of a section.

    Args:
        store: of the tables.
        files: with drops of any section, sorted by id.
        plan: of the section, which may name a file of its own.
        within: the range.
    """
    tables = [read_range(store, file, within) for file in files]
    if plan.drops is not None:
        tables.append(_rows_inside(read_group(store, plan.drops, plan.number), within))
    drops = pa.concat_tables([DROPS.empty_table(), *tables])
    first, end = plan.section.first, plan.section.end
    ordinals = drops["ordinal"]
    return drops.filter(pc.and_(pc.greater_equal(ordinals, first), pc.less(ordinals, end)))


def _of_run(
    store: ObjectStore, part: RunSlice, *, within: Range, schemas: Sequence[pa.Schema]
) -> list[pa.Table]:
    """Read the documents, facts, removals and changes of a run that are in the range."""
    run = part.run
    keys = (run.documents_key, run.facts_key, run.removals_key, run.changes_key)
    tables = []
    for key, schema in zip(keys, schemas, strict=True):
        if key is None:
            tables.append(schema.empty_table())
        else:
            table = _inside(read_range(store, key, within), part)
            ordinals = pc.add(table["position"], part.base)
            tables.append(table.append_column(_ORDINAL, ordinals).cast(schema))
    return tables


def _inside(table: pa.Table, part: RunSlice) -> pa.Table:
    if part.is_whole:
        return table
    at = table["position"]
    return table.filter(pc.and_(pc.greater_equal(at, part.first), pc.less(at, part.end)))


def read_range(store: ObjectStore, key: str, within: Range) -> pa.Table:
    """Read the rows of a stored table whose `doc_id` is in the range, and few row groups more."""

    def overlapping(metadata: pq.FileMetaData) -> list[int]:
        column = metadata.schema.names.index("doc_id")
        statistics = [
            metadata.row_group(group).column(column).statistics
            for group in range(metadata.num_row_groups)
        ]
        return [group for group, one in enumerate(statistics) if _overlaps(one, within)]

    return _rows_inside(read_row_groups(store, key, overlapping), within)


def _rows_inside(table: pa.Table, within: Range) -> pa.Table:
    first, last = (pa.scalar(end, pa.binary(16)) for end in (within.first, within.last))
    ids = table["doc_id"]
    is_inside = pc.and_(pc.greater_equal(ids, first), pc.less_equal(ids, last))
    rows = np.flatnonzero(is_inside.to_numpy())
    stretches = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1) if len(rows) else []
    if len(stretches) > _MOST_STRETCHES:
        return table.filter(is_inside)
    # Sorted by id, or twice: no copy of its text.
    slices = [table.slice(stretch[0], len(stretch)) for stretch in stretches]
    return pa.concat_tables([table.slice(0, 0), *slices])


def _overlaps(statistics: Any, within: Range) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= within.last and statistics.max >= within.first)

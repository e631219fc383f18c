"""Row groups of stored tables: those that are needed are read, each stretch of them at once.

A file costs a request for its end, with footer and digests, and one for each stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.flow.tasks.sealed_objects import open_sealed
from jobs.storage.objects import ObjectStore

_END_BYTES = 1 << 17  # footers of documents have up to 100,000 bytes
_GAP_BYTES = 1 << 18  # read between row groups, rather than asking twice

Chosen = Callable[[pq.FileMetaData], Sequence[int]]
"""Returns the row groups to read, ascending."""


def read_row_groups(store: ObjectStore, key: str, chosen: Chosen) -> pa.Table:
    """Read some row groups of a stored table.

    Args:
        store: that holds it.
        key: of the table.
        chosen: which row groups.

    Raises:
        DamagedTable: it is not what was stored under this name.
    """
    with open_sealed(store, key, end_bytes=_END_BYTES) as file:
        reader = pq.ParquetFile(pa.PythonFile(file, "r"))
        tables = [reader.schema_arrow.empty_table()]
        for groups in _stretches(reader.metadata, chosen(reader.metadata)):
            start, end = _bounds(reader.metadata, groups)
            file.read_at(end - start, start)  # what reads the row groups finds it in memory
            # Runs are read by threads.
            tables.append(reader.read_row_groups(groups, use_threads=False))
        return pa.concat_tables(tables)


def _stretches(metadata: pq.FileMetaData, groups: Sequence[int]) -> list[list[int]]:
    """Divide row groups where more than a little lies between them."""
    stretches: list[list[int]] = []
    for group in groups:
        start, _ = _bounds(metadata, [group])
        if stretches and start - _bounds(metadata, stretches[-1])[1] <= _GAP_BYTES:
            stretches[-1].append(group)
        else:
            stretches.append([group])
    return stretches


def _bounds(metadata: pq.FileMetaData, groups: Sequence[int]) -> tuple[int, int]:
    """Return the first byte of row groups and the byte after the last."""
    first, last = (metadata.row_group(group) for group in (groups[0], groups[-1]))
    end = last.column(last.num_columns - 1)
    return _start(first.column(0)), _start(end) + int(end.total_compressed_size)


def _start(column: pq.ColumnChunkMetaData) -> int:
    return int(column.dictionary_page_offset or column.data_page_offset)

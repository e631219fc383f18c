"""Tables between stages as files."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.flow.tasks.sealed_objects import seal_file
from jobs.storage.objects import ObjectStore
from jobs.storage.scratch import scratch_folder


def write_table(
    store: ObjectStore, key: str, table: pa.Table, *, row_group_rows: int | None = None
) -> str:
    """Seal an intermediate table as Parquet with light compression; return its key.

    Dictionaries would make it a hundredth larger and a tenth slower; of statistics only those of
    `doc_id` are used.

    Args:
        store: takes the object.
        key: where; a digest is added to its name.
        table: to be stored.
        row_group_rows: rows of a row group; None for the default of pyarrow.
    """
    with scratch_folder() as folder:
        path = folder / "table.parquet"
        pq.write_table(
            table,
            path,
            compression="zstd",
            compression_level=1,
            row_group_size=row_group_rows,
            use_dictionary=False,
            write_statistics=["doc_id"],
        )
        return seal_file(store, key, path)

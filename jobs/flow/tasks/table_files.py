"""Tables between stages as files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.flow.tasks.sealed_objects import seal_file
from jobs.storage.objects import ObjectStore
from jobs.storage.scratch import scratch_folder


def write_table(
    store: ObjectStore,
    key: str,
    table: pa.Table,
    *,
    row_group_rows: int | None = None,
    starts: Sequence[int] = (0,),
) -> str:
    """Seal an intermediate table as Parquet with light compression; return its key.

    Dictionaries would make it a hundredth larger and a tenth slower; of statistics only those of
    `doc_id` are used. Of shares and signatures the first bytes are alike, the last ones noise.

    Args:
        store: takes the object.
        key: where; a digest is added to its name.
        table: to be stored.
        row_group_rows: rows of a row group at most; None for the default of pyarrow.
        starts: rows with which a row group begins in any case, ascending from 0.
    """
    with scratch_folder() as folder:
        path = folder / "table.parquet"
        with pq.ParquetWriter(
            path,
            table.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            column_encoding=_encodings(table.schema),
            write_statistics=["doc_id"],
        ) as writer:
            for start, end in pairwise([*starts, len(table)]):
                if end > start or len(table) == 0:
                    writer.write_table(table.slice(start, end - start), row_group_rows)
        return seal_file(store, key, path)


def _encodings(schema: pa.Schema) -> dict[str, str]:
    """Return the columns whose values are stored byte by byte: all first ones, all second ones."""
    split = [f.name for f in schema if pa.types.is_float32(f.type) or f.name == "signature"]
    return dict.fromkeys(split, "BYTE_STREAM_SPLIT")

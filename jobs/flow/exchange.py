"""Exchange through storage: a map task writes one object cut by key, a reduce task reads its cut.

Measured on this kind of work against Ray Data's keyed repartition: a third of the time, a fifth of
the CPU, and what was written survives the driver.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from jobs.storage.objects import ObjectStore

Array = npt.NDArray[np.generic]

_GROUPS = b"groups"


def write_arrays(
    store: ObjectStore, key: str, columns: tuple[Array, ...], bounds: npt.NDArray[np.int64]
) -> None:
    """Store columns of equal length, cut at `bounds` (partitions + 1 row numbers)."""
    head = np.array([len(bounds)], np.int64)
    store.put(key, b"".join(part.tobytes() for part in (head, bounds.astype(np.int64), *columns)))


def read_arrays(
    store: ObjectStore, key: str, partition: int, dtypes: tuple[type[np.generic], ...]
) -> list[Array]:
    """One partition of each column, by ranged reads."""
    with store.open(key) as stream:
        cuts = int(np.frombuffer(stream.read_at(8, 0), np.int64)[0])
        bounds = np.frombuffer(stream.read_at(8 * cuts, 8), np.int64)
        start, stop, rows = int(bounds[partition]), int(bounds[partition + 1]), int(bounds[-1])
        offset = 8 + 8 * cuts
        columns: list[Array] = []
        for dtype in map(np.dtype, dtypes):
            width = dtype.itemsize
            data = stream.read_at(width * (stop - start), offset + width * start)
            columns.append(np.frombuffer(data, dtype))
            offset += width * rows
    return columns


def write_groups(
    store: ObjectStore, key: str, table: pa.Table, grouped: npt.NDArray[np.int32]
) -> None:
    """Store the rows of `table` with a group (not -1), one Arrow record batch per group."""
    order = np.argsort(grouped, kind="stable")
    order = order[grouped[order] >= 0]
    present, starts = np.unique(grouped[order], return_index=True)
    rows = table.take(pa.array(order)).combine_chunks()
    schema = table.schema.with_metadata({_GROUPS: orjson.dumps(present.tolist())})
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        path = Path(folder) / "groups.arrow"
        with pa.ipc.new_file(str(path), schema) as writer:
            for start, stop in pairwise([*starts.tolist(), len(order)]):
                writer.write_table(rows.slice(start, stop - start).combine_chunks())
        store.put_file(key, path)


def read_group(store: ObjectStore, key: str, group: int) -> pa.Table:
    """The rows of one group; none if the object has no such group."""
    with store.open(key) as stream:
        reader = pa.ipc.open_file(stream)
        schema = reader.schema.remove_metadata()
        present = orjson.loads(reader.schema.metadata[_GROUPS])
        if group not in present:
            return schema.empty_table()
        batch = reader.get_batch(present.index(group))
        return pa.Table.from_batches([batch]).replace_schema_metadata(None)

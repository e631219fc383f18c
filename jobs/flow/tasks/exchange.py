"""Exchange through storage: map tasks write objects partitioned by key, reduce tasks read one.

Measured on this kind of work against Ray Data's keyed repartition: a third of the time, a fifth of
the CPU, and what was written survives the driver. Objects are sealed: writers return their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from jobs.flow.tasks.sealed_objects import open_sealed, seal, seal_file
from jobs.storage.objects import ObjectStore
from jobs.storage.scratch import scratch_folder

_GROUPS = b"groups"
_READERS = 16  # ranges of one partition read at a time; hides the latency of remote stores


def write_partitions(
    store: ObjectStore, key: str, packed: npt.NDArray[np.uint64], bounds: npt.NDArray[np.int64]
) -> str:
    """Store packed keys by partition; return the key of the object.

    The object holds the bounds, then the packed keys, as little-endian 64-bit numbers.

    Args:
        store: takes the object.
        key: where; a digest is added to its name.
        packed: packed keys, ordered by partition.
        bounds: partitions + 1 positions: where each partition starts and ends.
    """
    return seal(store, key, bounds.astype("<i8").tobytes() + packed.astype("<u8").tobytes())


def read_partition(
    store: ObjectStore, keys: Sequence[str], partition: int, partitions: int
) -> npt.NDArray[np.uint64]:
    """Return the packed keys of one partition in all objects, by ranged reads.

    Args:
        store: that holds the objects.
        keys: of the objects.
        partition: number of the partition.
        partitions: how many each object has.

    Memory: 16 bytes per packed key, of which 8 remain.
    """
    read = partial(_read_bounded, store, partition=partition, partitions=partitions)
    with ThreadPoolExecutor(_READERS) as pool:
        return np.concatenate([np.empty(0, np.uint64), *pool.map(read, keys)])


def _read_bounded(
    store: ObjectStore, key: str, *, partition: int, partitions: int
) -> npt.NDArray[np.uint64]:
    with open_sealed(store, key) as stream:
        start, stop = np.frombuffer(stream.read_at(16, 8 * partition), "<i8").tolist()
        data = stream.read_at(8 * (stop - start), 8 * (partitions + 1 + start))
        return np.frombuffer(bytes(data), "<u8")  # the blocks it came in are larger, and many


def write_numbers(store: ObjectStore, key: str, numbers: npt.NDArray[np.int32]) -> str:
    """Store one number per ordinal, without a copy in memory; return the key of the object.

    Args:
        store: takes the object.
        key: where; a digest is added to its name.
        numbers: shape (ordinals,).
    """
    with scratch_folder() as folder:
        path = folder / "numbers.bin"
        path.write_bytes(np.ascontiguousarray(numbers, "<i4").data)  # tofile hides its errno
        return seal_file(store, key, path)


def read_numbers(store: ObjectStore, key: str, first: int, count: int) -> npt.NDArray[np.int32]:
    """Return the numbers of successive ordinals; shape (count,), int32.

    Args:
        store: that holds the object.
        key: of the object.
        first: the first ordinal.
        count: how many.
    """
    with open_sealed(store, key) as stream:
        return np.frombuffer(stream.read_at(4 * count, 4 * first), "<i4")


def write_groups(
    store: ObjectStore, key: str, table: pa.Table, grouped: npt.NDArray[np.int32]
) -> str:
    """Store the rows of a table, one Arrow record batch per group; return the key of the object.

    Args:
        store: takes the object.
        key: where; a digest is added to its name.
        table: rows.
        grouped: shape (rows,): the group of each.
    """
    order = np.argsort(grouped, kind="stable")
    present, starts = np.unique(grouped[order], return_index=True)
    rows = table.combine_chunks()
    schema = table.schema.with_metadata({_GROUPS: orjson.dumps(present.tolist())})
    with scratch_folder() as folder:
        path = folder / "groups.arrow"
        with pa.ipc.new_file(str(path), schema) as writer:
            for start, stop in pairwise([*starts.tolist(), len(order)]):
                writer.write_table(rows.take(pa.array(order[start:stop])))
        return seal_file(store, key, path)


def gather_group(store: ObjectStore, keys: Sequence[str], group: int) -> pa.Table:
    """Return the rows of one group in all objects.

    Args:
        store: that holds the objects.
        keys: of the objects, at least one.
        group: number of the group.
    """
    with ThreadPoolExecutor(_READERS) as pool:
        return pa.concat_tables(pool.map(lambda key: read_group(store, key, group), keys))


def read_group(store: ObjectStore, key: str, group: int) -> pa.Table:
    """Return the rows of one group; none if the object has no such group.

    Args:
        store: that holds the object.
        key: of the object.
        group: number of the group.
    """
    with open_sealed(store, key) as stream:
        reader = pa.ipc.open_file(pa.PythonFile(stream, "r"))
        schema = reader.schema.remove_metadata()
        present = orjson.loads(reader.schema.metadata[_GROUPS])
        if group not in present:
            return schema.empty_table()
        batch = reader.get_batch(present.index(group))
        return pa.Table.from_batches([batch]).replace_schema_metadata(None)

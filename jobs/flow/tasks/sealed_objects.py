"""Sealed objects: tables between stages, under names that hold a digest of the content.

::

    body │ digests of its blocks        below    …/TASK/NAME-DIGEST OF THE DIGESTS.parquet

So a reader that has the name can check any part of the object by reading the blocks it lies in. A
flipped bit, a truncated object and another object in its place are all detected when read.

The task whose checkpoint is `TASK.json` writes its objects below `TASK/`. So the key of a
damaged object names the task that makes it again: its reader empties that checkpoint, and the next
run repeats the task.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from jobs.errors import DamagedTable, ObjectMissing
from jobs.storage.checked_files import Blocks, CheckedFile, block_digests
from jobs.storage.objects import ObjectStore

_BLOCK_BYTES = 1 << 16  # of which a reader of a few bytes reads one
_DIGEST_BYTES = 8
_AT_ONCE = 1 << 23
_END_BYTES = 1 << 14  # read when an object is opened: its digests, if it has at most 128 MiB


def seal(store: ObjectStore, key: str, body: bytes) -> str:
    """Store an object; return its key, which is `key` with a digest in its name.

    Args:
        store: takes the object.
        key: where.
        body: the content.
    """
    digests = block_digests(body, _BLOCK_BYTES)
    sealed = _sealed(key, digests)
    store.put(sealed, body + digests)
    return sealed


def seal_file(store: ObjectStore, key: str, path: Path) -> str:
    """Store a finished local file like `seal`; digests are appended to the file.

    Args:
        store: takes the object.
        key: where.
        path: of the file.
    """
    with path.open("r+b") as file:
        parts = iter(partial(file.read, _AT_ONCE), b"")
        digests = b"".join(block_digests(part, _BLOCK_BYTES) for part in parts)
        file.write(digests)
    sealed = _sealed(key, digests)
    store.put_file(sealed, path)
    return sealed


def open_sealed(store: ObjectStore, key: str, *, end_bytes: int = 0) -> CheckedFile:
    """Open the object for random access; its last `end_bytes` are read at once, with its digests.

    Raises:
        DamagedTable: it is not what was stored under this name, found now or while reading.
    """
    try:
        file, end = store.open_end(key, end_bytes + _END_BYTES)
    except ObjectMissing as error:
        raise _damage(store, key) from error
    total = file.size()
    size = _body_bytes(total)
    start = 0
    if len(end) < total:
        start = max(0, size - end_bytes) // _BLOCK_BYTES * _BLOCK_BYTES if end_bytes else size
        missing = total - start - len(end)
        end = file.read_at(missing, start) + end if missing > 0 else end[-missing:]
    digests = end[size - start :]
    _require_own(store, key, digests)
    blocks = Blocks(size, _BLOCK_BYTES, digests)
    checked = CheckedFile(file, blocks, partial(_damage, store, key))
    if start < size:
        checked.hold(start, end[: size - start])
    return checked


def read_sealed(store: ObjectStore, key: str) -> memoryview:
    """Read all of the object; raises as `open_sealed` does."""
    try:
        whole = store.get(key)
    except ObjectMissing as error:
        raise _damage(store, key) from error
    body = body_of(whole)
    digests = whole[len(body) :]
    _require_own(store, key, digests)
    if block_digests(body, _BLOCK_BYTES) != digests:
        raise _damage(store, key)
    return body


def read_table(
    store: ObjectStore, key: str, *, columns: list[str] | None = None, filters: Any = None
) -> pa.Table:
    """Read a table stored as Parquet, or a part of it; raises as `open_sealed` does.

    Args:
        store: that holds it.
        key: of the object.
        columns: to read; None for all.
        filters: as `pyarrow.parquet.read_table` takes them; None for all rows.
    """
    if columns is None and filters is None:  # in one request
        return pq.read_table(pa.BufferReader(read_sealed(store, key)))
    with open_sealed(store, key) as file:
        return pq.read_table(pa.PythonFile(file, "r"), columns=columns, filters=filters)


def body_of(whole: bytes) -> memoryview:
    """Return a sealed object without its digests; nothing is checked."""
    return memoryview(whole)[: _body_bytes(len(whole))]


def checkpoint_of(key: str) -> str:
    """Return the key of the checkpoint of the task that writes this object."""
    return f"{key.rpartition('/')[0]}.json"


def _sealed(key: str, digests: bytes) -> str:
    stem, _, suffix = key.rpartition(".")
    return f"{stem}-{xxhash.xxh3_128_hexdigest(digests)}.{suffix}"


def _body_bytes(total: int) -> int:
    """Return the size of a body, from the size of it and its digests together."""
    blocks = -(-total // (_BLOCK_BYTES + _DIGEST_BYTES))
    return max(0, total - blocks * _DIGEST_BYTES)


def _require_own(store: ObjectStore, key: str, digests: bytes) -> None:
    if xxhash.xxh3_128_hexdigest(digests) not in key.rpartition("-")[2]:
        raise _damage(store, key)


def _damage(store: ObjectStore, key: str) -> DamagedTable:
    """Empty the checkpoint of the task that wrote the object; return the error to raise."""
    store.put(checkpoint_of(key), b"")
    stage = key.split("/")[2]
    return DamagedTable(
        f"{store.location(key)} is not what {stage} wrote there: run the same command again, it is "
        "made again; if this comes back, check the disk or the store"
    )

"""Stores by scheme: the one table that says which address is served by which store.

An address without a scheme is a directory. A scheme is known nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jobs.config_errors import UnfitAddress
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import Listed, ObjectStore, StorageParams, VersionedStream, scheme

if TYPE_CHECKING:
    import pyarrow as pa


class Backend(NamedTuple):
    """What a scheme gives.

    Attributes:
        store: Makes a store of parameters; contacts nothing yet.
        open_file: Opens (address, endpoint, listed) for random access; raises as
            `ObjectStore.open`. With what was listed of it no request asks for its size.
        stream_file: Streams (address, endpoint, listed) from the beginning; raises as
            `ObjectStore.stream`, and ObjectReplaced if it is not what was listed.
        list_files: Yields (address, size in bytes, version) of all objects whose address begins
            so, sorted; called with (beginning, endpoint), raises StorageError.
    """

    store: Callable[[StorageParams], ObjectStore]
    open_file: Callable[[str, str | None, Listed | None], pa.NativeFile]
    stream_file: Callable[[str, str | None, Listed | None], VersionedStream]
    list_files: Callable[[str, str | None], Iterator[tuple[str, int, str]]]


def _s3() -> Backend:
    # Loading boto3 costs 0.4 s, which a worker on a plain directory need not pay.
    from jobs.storage.s3 import S3Store  # noqa: PLC0415
    from jobs.storage.s3_clients import listed_addresses  # noqa: PLC0415
    from jobs.storage.s3_files import open_object, stream_object  # noqa: PLC0415

    return Backend(S3Store, open_object, stream_object, listed_addresses)


_BACKENDS: dict[str, Callable[[], Backend]] = {"s3": _s3}


@cache
def _backend(name: str) -> Backend:
    return _BACKENDS[name]()


def backend_of(address: str) -> Backend | None:
    """Return what serves an address; None for a path, and for a scheme that is in no table."""
    name = scheme(address)
    return _backend(name) if name in _BACKENDS else None


@lru_cache(maxsize=8)
def open_store(params: StorageParams) -> ObjectStore:
    """Return the store behind the parameters, one per process. Nothing is contacted yet.

    Raises:
        ConfigError: no store serves the scheme of the root.
    """
    if scheme(params.root) is None:
        return DirectoryStore(Path(params.root))
    backend = backend_of(params.root)
    if backend is None:
        known = " or ".join(f"{name}://…" for name in _BACKENDS)
        raise UnfitAddress(f"storage.root={params.root} is neither a directory nor {known}")
    return backend.store(params)

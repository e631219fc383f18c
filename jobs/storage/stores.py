"""The choice of what is behind the interface: a directory or S3."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import S3_SCHEME, ObjectStore, StorageParams


@lru_cache(maxsize=8)
def open_store(params: StorageParams) -> ObjectStore:
    """The store behind the parameters, one per process. Nothing is contacted yet."""
    if params.root.startswith(S3_SCHEME):
        # Loading boto3 costs 0.4 s, which a worker on a plain directory need not pay.
        from jobs.storage.s3 import S3Store  # noqa: PLC0415

        return S3Store(params)
    return DirectoryStore(Path(params.root))

"""Objects that are read from their beginning to their end, and known by their sha256."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.errors import DamagedRelease, ObjectMissing, StorageError
from jobs.storage.objects import ObjectStore

CHUNK_BYTES = 8 << 20


def chunks(store: ObjectStore, key: str) -> Iterator[bytes]:
    """The bytes of an object, a few megabytes at a time.

    Raises:
        ObjectMissing: there is none.
        StorageError: the store cannot be reached, at the beginning or in between.
    """
    with closing(store.stream(key)) as stream:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk
        except OSError as error:
            raise StorageError(
                f"cannot read {store.location(key)} to its end ({error}): check the disk or the "
                "network, then run again"
            ) from error


def is_stored(store: ObjectStore, key: str, size_bytes: int, sha256: str) -> bool:
    """Whether the object holds the bytes of this digest; reads all of it if the size is right."""
    if store.size(key) != size_bytes:
        return False
    digest = hashlib.sha256()
    for chunk in chunks(store, key):
        digest.update(chunk)
    return digest.hexdigest() == sha256


def fetch(store: ObjectStore, entry: Mapping[str, Any], path: Path) -> None:
    """Copy a file of a release, `key` and `sha256`, to a new local one.

    Raises:
        DamagedRelease: it is not what was published, or gone.
    """
    digest = hashlib.sha256()
    try:
        with path.open("xb") as file:
            for chunk in chunks(store, entry["key"]):
                digest.update(chunk)
                file.write(chunk)
    except ObjectMissing as error:
        raise DamagedRelease(f"{error}: restore it from a copy, then run again") from error
    if digest.hexdigest() != entry["sha256"]:
        raise DamagedRelease(
            f"{store.location(entry['key'])} is not what was published: nothing is made of it; "
            "restore the file from a copy, then run again"
        )


@contextmanager
def whole_file(store: ObjectStore, entry: Mapping[str, Any]) -> Iterator[pa.NativeFile]:
    """A file of a release for random access, all of whose bytes were checked; as `fetch`.

    The copy that was checked is the one that is read, so a file needs as much temporary space.
    """
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        path = Path(folder) / "file"
        fetch(store, entry, path)
        with pa.OSFile(str(path)) as file:
            yield file

"""Whole files: objects that are read to their end and checked by their sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import DamagedRelease, ObjectMissing, StorageError
from jobs.storage.layout import blob_address
from jobs.storage.objects import ObjectStore
from jobs.storage.scratch import scratch_folder

if TYPE_CHECKING:  # listing releases need not load Arrow
    import pyarrow as pa

CHUNK_BYTES = 8 << 20


def chunks(store: ObjectStore, key: str) -> Iterator[bytes]:
    """Yield the bytes of an object, a few megabytes at a time.

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
    """Whether an object holds certain bytes.

    Args:
        store: of the object.
        key: of the object.
        size_bytes: it must have.
        sha256: it must have; all of it is read if the size is right.
    """
    if store.size(key) != size_bytes:
        return False
    digest = hashlib.sha256()
    for chunk in chunks(store, key):
        digest.update(chunk)
    return digest.hexdigest() == sha256


def checked_chunks(store: ObjectStore, key: str) -> Iterator[bytes]:
    """Yield the bytes of a file of a release, which must have the sha256 in its key.

    Raises:
        DamagedRelease: at the beginning if it does not exist, at the end if the sha256 differs.
    """
    digest, wanted = hashlib.sha256(), blob_address(key)
    try:
        for chunk in chunks(store, key):
            digest.update(chunk)
            yield chunk
    except ObjectMissing as error:
        raise DamagedRelease(f"{error}: restore it from a copy, then run again") from error
    if wanted is None or digest.hexdigest() != wanted.digest:
        raise DamagedRelease(
            f"{store.location(key)} is not what was published: nothing is made of it; restore the "
            "file from a copy, then run again"
        )


def fetch(store: ObjectStore, key: str, path: Path) -> None:
    """Copy a file of a release to a new local one; raises as `checked_chunks` does.

    Args:
        store: of the release.
        key: of the file.
        path: of the new file.
    """
    with path.open("xb") as file:
        for chunk in checked_chunks(store, key):
            file.write(chunk)


@contextmanager
def whole_file(store: ObjectStore, key: str) -> Iterator[pa.NativeFile]:
    """Open a file of a release for random access, after all of its bytes were checked.

    A remote file is copied to a local one while it is checked: it is read once, and the bytes used
    are those checked. Raises as `checked_chunks` does.
    """
    if not store.is_remote:
        for _ in checked_chunks(store, key):
            pass
        with store.open(key) as file:
            yield file
        return
    with scratch_folder() as folder:
        path = folder / "file"
        fetch(store, key, path)
        import pyarrow as pa  # noqa: PLC0415

        with pa.OSFile(str(path)) as file:
            yield file

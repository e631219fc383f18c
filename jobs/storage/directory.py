"""A plain directory as an object store, with the guarantees of S3."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import ObjectMissing, StorageError, StorageUnwritable
from jobs.storage.objects import (
    ObjectInfo,
    ObjectStore,
    check_key,
    check_prefix,
    is_key,
)

if TYPE_CHECKING:  # listing releases need not load Arrow
    import pyarrow as pa

_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_CLAIM = "claim-"
_CLAIM_TRIES, _CLAIM_PAUSE_SECONDS = 100, 0.05
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_REMEDIES = {
    errno.ENOSPC: "free some space or choose another root",
    errno.EDQUOT: "raise the quota or choose another root",
    errno.EFBIG: "raise the file size limit or choose another root",
    errno.EROFS: "it is mounted read-only: choose another root",
    errno.EACCES: "grant this user the right to write there or choose another root",
    errno.EPERM: "grant this user the right to write there or choose another root",
    errno.ENOTDIR: "a file is where a folder should be: choose another root",
}


class DirectoryStore(ObjectStore):
    """Objects as files below one root.

    A file is written under `.tmp/` of the same root, flushed to the disk, and only then given its
    name, so a reader finds all of it or nothing, also after a power cut.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, key: str) -> bytes:
        """See `ObjectStore.get`."""
        path = self._path(key)
        with _reading(path):
            return path.read_bytes()

    def put(self, key: str, body: bytes) -> None:
        """See `ObjectStore.put`."""
        with self._unnamed(key) as (temp, path):
            _write(temp, body)
            temp.replace(path)

    def put_new(self, key: str, body: bytes) -> bool:
        """See `ObjectStore.put_new`."""
        with self._unnamed(key) as (temp, path):
            _write(temp, body)
            return _link(temp, path)

    def put_file(self, key: str, path: Path) -> None:
        """See `ObjectStore.put_file`; on one file system nothing is copied."""
        with self._unnamed(key) as (temp, final):
            try:
                os.link(path, temp)
            except OSError:
                shutil.copyfile(path, temp)
            _flush(temp)
            temp.replace(final)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        check_prefix(prefix)
        for key in sorted(self._keys(prefix)):
            size_bytes = self.size(key)
            if size_bytes is not None:
                yield ObjectInfo(key, size_bytes)

    def size(self, key: str) -> int | None:
        """See `ObjectStore.size`."""
        path = self._path(key)
        try:
            with _reading(path):
                return path.stat().st_size if path.is_file() else None
        except ObjectMissing:
            return None

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`; emptied folders stay, a writer may be about to use them."""
        path = self._path(key)
        if self.size(key) is not None:
            with _writing(path):
                path.unlink(missing_ok=True)

    def discard_unfinished(self, prefix: str) -> None:  # noqa: ARG002  unnamed files have no key
        """See `ObjectStore.discard_unfinished`."""
        for path in (self._root / ".tmp").glob("*"):
            if not path.name.startswith(_CLAIM):  # which holds nothing
                with _writing(path):
                    path.unlink(missing_ok=True)

    def location(self, key: str) -> str:
        """See `ObjectStore.location`."""
        return str(self._path(key))

    def open(self, key: str) -> pa.NativeFile:
        """See `ObjectStore.open`."""
        path = self._path(key)
        with _reading(path):
            if path.is_dir():  # pyarrow's own complaint about it is of no particular type
                raise IsADirectoryError
            import pyarrow as pa  # noqa: PLC0415

            return pa.OSFile(str(path))

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._root / key

    def _keys(self, prefix: str) -> Iterator[str]:
        """Yield keys in no order; files whose names are no keys are not objects."""
        for folder, _, names in os.walk(self._root / prefix.rpartition("/")[0], onerror=_refuse):
            parts = Path(folder).relative_to(self._root).parts
            for name in names:
                key = "/".join((*parts, name))
                if key.startswith(prefix) and is_key(key):
                    yield key

    @contextmanager
    def _unnamed(self, key: str) -> Iterator[tuple[Path, Path]]:
        """Give a temporary path and the final one; flush the final folder at the end."""
        path = self._path(key)
        temp = self._root / ".tmp" / uuid.uuid4().hex
        with _writing(path):
            try:
                temp.parent.mkdir(parents=True, exist_ok=True)
                path.parent.mkdir(parents=True, exist_ok=True)
                yield temp, path
                _flush(path.parent)
            finally:
                temp.unlink(missing_ok=True)


def _write(temp: Path, body: bytes) -> None:
    with temp.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    """Bring a finished file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(temp: Path, path: Path) -> bool:
    """Name the file unless the name is taken; the file system makes this atomic."""
    try:
        os.link(temp, path)
    except FileExistsError:
        # NFS repeats a request whose answer was lost: a second link to the file is the first try.
        return temp.stat().st_nlink > 1
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _claim(temp, path)
    return True


def _claim(temp: Path, path: Path) -> bool:
    """As `_link`, on a file system without hard links: the writer that creates the claim goes on.

    The claim is removed after the name is given, so that the next writer finds the name taken.
    """
    claim = temp.with_name(f"{_CLAIM}{hashlib.sha256(str(path).encode()).hexdigest()}")
    for _ in range(_CLAIM_TRIES):
        try:
            os.close(os.open(claim, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            if path.exists():
                return False
            time.sleep(_CLAIM_PAUSE_SECONDS)
            continue
        is_new = not path.exists()
        if is_new:
            temp.replace(path)
        claim.unlink()
        return is_new
    raise StorageUnwritable(
        f"{path} is claimed by a writer that does not finish: if none is running, it was killed; "
        f"then remove {claim} and run again"
    )


def _refuse(error: OSError) -> None:
    """Raise StorageError for a folder that cannot be listed, unless it does not exist."""
    if not isinstance(error, _ABSENT):
        raise StorageError(f"cannot list {error.filename} ({error.strerror})") from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except _ABSENT as error:
        raise ObjectMissing(f"there is no object {path}") from error
    except OSError as error:
        raise StorageError(
            f"cannot read {path} ({error.strerror}): check its permissions and its disk"
        ) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        kind = StorageUnwritable if remedy else StorageError
        raise kind(
            f"cannot write {path} ({error.strerror}): {remedy or 'check the disk of the root'}"
        ) from error

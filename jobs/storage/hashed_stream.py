"""Delivery files that are read once: the bytes are hashed while they pass by.

What is recorded of such a file is the digest of the very bytes that were read. It is the file that
was listed if the store says the same of it (its version) before the first byte and after the last.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from jobs.errors import (
    DeliveryChanged,
    DeliveryMissing,
    DeliveryUnreadable,
    HeliuError,
    ObjectMissing,
    StorageError,
)
from jobs.storage.local_files import require_regular, version_of
from jobs.storage.objects import Listed, ObjectReplaced, VersionedStream
from jobs.storage.stores import backend_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_AT_ONCE = 1 << 23


@contextmanager
def hashed_stream(
    uri: str, *, endpoint_url: str | None, listed: Listed | None
) -> Iterator[HashedStream]:
    """Open a file to be read once, from its beginning; what is not read inside is read at the end.

    Args:
        uri: where the file is.
        endpoint_url: of an S3 server other than AWS.
        listed: its size and version as listed; None for whatever is there.

    Raises:
        DeliveryMissing: The file is not there.
        DeliveryUnreadable: Now or while reading: no permission, a broken disk.
        DeliveryChanged: Now, while reading or at the end: it is not the file that was listed, or
            another one than at the beginning.
        StorageError: Now or while reading: the S3 server refused or cannot be reached.
    """
    with _opened(uri, endpoint_url, listed) as stream:
        try:
            yield stream
        except HeliuError:
            stream.require_same()  # what cannot be parsed may be half of another file
            raise
        stream.finish()


class HashedStream(io.RawIOBase):
    """All bytes of a file as stored, in order.

    Attributes:
        version: Of the file, as the store gives it.
        size_bytes: Read so far.
    """

    def __init__(self, source: _DiskFile | _Object, uri: str, listed: Listed | None) -> None:
        self._source, self._uri, self._listed = source, uri, listed
        self._state = xxhash.xxh3_128()
        self.version = source.version
        self.size_bytes = 0
        if listed and listed[1] != self.version:
            raise self._changed()

    @property
    def digest(self) -> str:
        """The xxh3_128 of what was read."""
        return self._state.hexdigest()

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer, or less of it; nothing at the end of the file."""
        view = memoryview(buffer).cast("B")
        part = self._next(len(view))
        view[: len(part)] = part
        return len(part)

    def readall(self) -> bytes:
        """Return all that is left."""
        return b"".join(iter(partial(self._next, _AT_ONCE), b""))

    def require_same(self) -> None:
        """Raise `DeliveryChanged` if the file is another one by now."""
        if self._source.is_changed():
            raise self._changed()

    def finish(self) -> None:
        """Read what is left; raises as `hashed_stream` does."""
        while self._next(_AT_ONCE):
            pass
        self.require_same()
        if self._listed and self._listed[0] != self.size_bytes:
            raise self._changed()

    def _next(self, size_bytes: int) -> bytes:
        try:
            part = self._source.read(size_bytes)
        except ObjectReplaced as error:
            raise self._changed() from error
        except OSError as error:
            raise kind(self._uri)(f"{complaint(self._uri)} ({error})") from error
        self._state.update(part)
        self.size_bytes += len(part)
        return part

    def _changed(self) -> DeliveryChanged:
        found = f"{self._listed[0]:,} bytes" if self._listed else "in the beginning"
        return changed(self._uri, found)


class _DiskFile:
    """A file of a disk, from its beginning."""

    def __init__(self, path: str) -> None:
        # What was a file when the delivery was listed may have become a link or a pipe.
        require_regular(path)
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115
        self.version = self._version()

    def read(self, size_bytes: int) -> bytes:
        return self._file.read(size_bytes) or b""

    def is_changed(self) -> bool:
        return self._version() != self.version

    def close(self) -> None:
        self._file.close()

    def _version(self) -> str:
        return version_of(os.fstat(self._file.fileno()))


class _Object:
    """An object of a store, from its beginning; every answer is of one version or an error."""

    def __init__(self, stream: VersionedStream) -> None:
        self.read, self.close, self.version = stream.read, stream.close, stream.version

    def is_changed(self) -> bool:
        return False


@contextmanager
def opening(uri: str) -> Iterator[None]:
    """Turn what goes wrong while a file is opened into errors of heliu."""
    try:
        yield
    except (FileNotFoundError, ObjectMissing) as error:
        raise DeliveryMissing(f"{uri} is not there: correct the path or restore it") from error
    except OSError as error:
        raise DeliveryUnreadable(f"{uri} cannot be opened ({error}): check its rights") from error


def changed(uri: str, found: str) -> DeliveryChanged:
    """Return the error for a file that is not what was found of it before."""
    return DeliveryChanged(
        f"{uri} is not what it was when this run looked at it ({found}): nothing is published; "
        "let the delivery be finished and leave it alone, then run again"
    )


def kind(uri: str) -> type[HeliuError]:
    """Return the error for a file that cannot be read, by who has to act."""
    return StorageError if backend_of(uri) else DeliveryUnreadable


def complaint(uri: str) -> str:
    """Return what to say of a file that cannot be read."""
    return f"{uri} cannot be read: check the disk or network it is on, then run again"


@contextmanager
def _opened(uri: str, endpoint_url: str | None, listed: Listed | None) -> Iterator[HashedStream]:
    with opening(uri):
        source = _stored(uri, endpoint_url, listed)
    try:
        yield HashedStream(source, uri, listed)
    finally:
        source.close()


def _stored(uri: str, endpoint_url: str | None, listed: Listed | None) -> _DiskFile | _Object:
    backend = backend_of(uri)
    if backend is None:
        return _DiskFile(uri)
    try:
        return _Object(backend.stream_file(uri, endpoint_url, listed))
    except ObjectReplaced as error:
        raise changed(uri, f"{listed[0]:,} bytes" if listed else "") from error

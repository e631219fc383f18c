"""A store that counts: files of a folder, with a request counted wherever S3 would be sent one.

`counted:///FOLDER` names one. Nothing is flushed to the disk, and an object may be a hard link.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.errors import ObjectMissing
from jobs.storage import stores
from jobs.storage.directory import DirectoryStore
from jobs.storage.objects import ByteStream, Listed, ObjectInfo, StorageParams, VersionedStream
from jobs.storage.random_access import RandomAccess

SCHEME = "counted"
_PART_BYTES = 8 << 20  # boto3 sends larger files in parts, and heliu reads larger ranges so
_PAGE = 1000  # objects of a page of a listing

KINDS = ("get", "range", "put", "list", "head", "delete")
counts: Counter[str] = Counter()
"""Requests of this process by kind, and bytes `read` and `written`."""
written: list[str] = []
"""Keys of the objects that this process has written."""


def register() -> None:
    """Let addresses of the scheme be opened in this process."""
    stores._BACKENDS[SCHEME] = lambda: stores.Backend(
        CountedStore, _open_address, _stream_address, _list_addresses
    )


def counted_path(address: str) -> Path:
    return Path(address.removeprefix(f"{SCHEME}://"))


class CountedStore(DirectoryStore):
    """See the module."""

    is_remote = True

    def __init__(self, params: StorageParams) -> None:
        super().__init__(counted_path(params.root))

    def get(self, key: str) -> bytes:
        counts["get"] += 1
        body = super().get(key)
        counts["read"] += len(body)
        return body

    def put(self, key: str, body: bytes) -> None:
        _count_put(key, len(body))
        self._place(key).write_bytes(body)

    def put_new(self, key: str, body: bytes) -> bool:
        _count_put(key, len(body))
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(body)
        except FileExistsError:
            return False
        return True

    def put_file(self, key: str, path: Path) -> None:
        _count_put(key, path.stat().st_size)
        place = self._place(key)
        try:
            os.link(path, place)
        except OSError:
            shutil.copyfile(path, place)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        for number, info in enumerate(super().list(prefix)):
            counts["list"] += number % _PAGE == 0
            yield info

    def size(self, key: str) -> int | None:
        counts["head"] += 1
        return super().size(key)

    def open(self, key: str) -> pa.NativeFile:
        return pa.PythonFile(_CountedFile(self._there(key), None), "r")

    def open_end(self, key: str, size_bytes: int) -> tuple[pa.NativeFile, bytes]:
        path = self._there(key)
        size = path.stat().st_size
        file = _CountedFile(path, size)
        start = max(0, size - size_bytes)
        return pa.PythonFile(file, "r"), bytes(file.read_at(size - start, start))

    def stream(self, key: str) -> ByteStream:
        return _Stream(self._there(key))

    def _there(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            counts["head"] += 1
            raise ObjectMissing(f"there is no object {path}")
        return path

    def _place(self, key: str) -> Path:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # what is linked to it elsewhere stays
        return path


class _CountedFile(RandomAccess):
    """A file for random access; asking for its size is a request unless it is known."""

    def __init__(self, path: Path, size_bytes: int | None) -> None:
        counts["head"] += size_bytes is None
        super().__init__(path.stat().st_size if size_bytes is None else size_bytes)
        self._file = path.open("rb", buffering=0)

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._size_bytes - self._at if size is None or size < 0 else size
        body = os.pread(self._file.fileno(), wanted, self._at)
        self._at += len(body)
        counts["range"] += -(-len(body) // _PART_BYTES)
        counts["read"] += len(body)
        return body

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        part = self.read(len(view))
        view[: len(part)] = part
        return len(part)

    def read_at(self, size_bytes: int, offset: int) -> bytes:
        self.seek(offset)
        return self.read(size_bytes)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Stream:
    def __init__(self, path: Path) -> None:
        counts["get"] += 1
        self._file = path.open("rb")
        self.version = _version(path)

    def read(self, size_bytes: int) -> bytes:
        part = self._file.read(size_bytes)
        counts["read"] += len(part)
        return part

    def close(self) -> None:
        self._file.close()


def _count_put(key: str, size_bytes: int) -> None:
    parts = [*range(0, size_bytes, _PART_BYTES), size_bytes]
    several = len(list(pairwise(parts))) if size_bytes > _PART_BYTES else 0
    counts["put"] += several + 2 if several else 1
    counts["written"] += size_bytes
    written.append(key)


def _version(path: Path) -> str:
    return f"{path.stat().st_size:x}"


def _open_address(address: str, _endpoint: str | None, listed: Listed | None) -> pa.NativeFile:
    return pa.PythonFile(_CountedFile(counted_path(address), listed[0] if listed else None), "r")


def _stream_address(address: str, _endpoint: str | None, _listed: Listed | None) -> VersionedStream:
    return _Stream(counted_path(address))


def _list_addresses(beginning: str, _endpoint: str | None) -> Iterator[tuple[str, int, str]]:
    folder = counted_path(beginning)
    for number, entry in enumerate(sorted(os.scandir(folder), key=lambda entry: entry.name)):
        counts["list"] += number % _PAGE == 0
        size = entry.stat().st_size
        yield f"{SCHEME}://{entry.path}", size, f"{size:x}"

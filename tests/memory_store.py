"""An object store in memory: what the commit protocol asks of a store, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from jobs.errors import ObjectMissing
from jobs.storage.objects import ObjectInfo, ObjectStore, check_key, check_prefix


class MemoryStore(ObjectStore):
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        check_key(key)
        try:
            return self.objects[key]
        except KeyError:
            raise ObjectMissing(f"there is no object {self.location(key)}") from None

    def put(self, key: str, body: bytes) -> None:
        check_key(key)
        with self._lock:
            self.objects[key] = body

    def put_new(self, key: str, body: bytes) -> bool:
        check_key(key)
        with self._lock:
            is_new = key not in self.objects
            self.objects.setdefault(key, body)
            return is_new

    def put_file(self, key: str, path: Path) -> None:
        self.put(key, path.read_bytes())

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        check_prefix(prefix)
        with self._lock:
            found = sorted((key, len(body)) for key, body in self.objects.items())
        yield from (ObjectInfo(key, size) for key, size in found if key.startswith(prefix))

    def size(self, key: str) -> int | None:
        check_key(key)
        body = self.objects.get(key)
        return None if body is None else len(body)

    def delete(self, key: str) -> None:
        check_key(key)
        with self._lock:
            self.objects.pop(key, None)

    def location(self, key: str) -> str:
        check_key(key)
        return f"memory://{key}"

    def open(self, key: str) -> pa.NativeFile:
        return pa.BufferReader(self.get(key))

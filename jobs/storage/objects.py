"""The interface of object stores.

A key is relative, '/'-separated and plain ASCII, so that it means the same on every store. No key
may be the folder of another one (`a` and `a/b`): a directory cannot hold both.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import orjson

from jobs.config_errors import UnfitAddress
from jobs.errors import ConfigError, StorageError
from jobs.redaction import has_secret

if TYPE_CHECKING:
    import pyarrow as pa  # listing releases need not load Arrow
    from pyarrow import fs


def scheme(address: str) -> str | None:
    """Return what stands before `://` in an address, None for a path."""
    name, separator, _ = address.partition("://")
    return name if separator else None


Listed = tuple[int, str]
"""Size in bytes and version of a file or object, as a listing shows them."""


class ObjectReplaced(StorageError):
    """An object was replaced after its first bytes were read."""


_PART = r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*"
_KEY = re.compile(rf"{_PART}(/{_PART})*")


@dataclass(frozen=True)
class StorageParams:
    """Where the objects are.

    Credentials are never part of it: S3 takes them from the standard chain of the machine.

    Attributes:
        root: A directory, or `s3://bucket/prefix`. A relative directory becomes absolute here,
            because a worker on another machine has another working directory; in a submitted job
            it is refused, because Ray deletes what its copy of the working directory holds.
        endpoint_url: The S3 server when it is not AWS itself.
        region: The bucket's region when the environment does not name it.
    """

    root: str
    endpoint_url: str | None
    region: str | None

    def __post_init__(self) -> None:
        if not self.root:
            raise UnfitAddress(
                "storage.root is empty, which is no directory: give a path or s3://bucket/prefix"
            )
        for name, address in (("root", self.root), ("endpoint_url", self.endpoint_url or "")):
            if "://" in address and has_secret(address):
                raise UnfitAddress(
                    f"storage.{name}={address} holds a user, password or signature, which would "
                    "stand in releases and their logs: give the plain address, and credentials in "
                    "the environment or a profile (AWS_ACCESS_KEY_ID, AWS_PROFILE)"
                )
        if scheme(self.root) is None:
            path = Path(self.root).expanduser()
            if not path.is_absolute() and _is_in_working_dir_of_job():
                raise UnfitAddress(
                    f"storage.root={self.root} is relative, and this job runs in a copy of its "
                    f"working directory that Ray deletes ({Path.cwd()}): give an absolute path "
                    "that every node has, or s3://bucket/prefix"
                )
            object.__setattr__(self, "root", str(path.absolute()))


@dataclass(frozen=True)
class ObjectInfo:
    """One stored object, as a listing shows it."""

    key: str
    size_bytes: int


class ByteStream(Protocol):
    """A stream that is read once, front to back."""

    def read(self, size_bytes: int, /) -> bytes:
        """Read up to so many bytes; none at the end."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class VersionedStream(ByteStream, Protocol):
    """A stream of one version of an object."""

    @property
    def version(self) -> str:
        """What the store gives another value when the content changes."""
        ...


class ObjectStore(ABC):
    """Objects under keys; readers never see a part of one.

    Every method raises `ConfigError` for a key outside the rule above and `StorageError` when the
    store refuses or cannot be reached. All of them may be called from several threads.

    Attributes:
        is_remote: Whether bytes come through a network, so that a file is better read once.
    """

    is_remote = False

    @abstractmethod
    def get(self, key: str) -> bytes:
        """Return all bytes under the key.

        Raises:
            ObjectMissing: Nothing is there.
        """

    @abstractmethod
    def put(self, key: str, body: bytes) -> None:
        """Store the bytes, replacing what was there.

        Only for objects that every writer would write with the same bytes; otherwise use `put_new`.
        """

    @abstractmethod
    def put_new(self, key: str, body: bytes) -> bool:
        """Store the bytes unless the key exists; of concurrent writers exactly one succeeds.

        The answer is exact if each writer's body differs (has a unique id). When an answer is
        lost, equal bytes under the key count as this write, and a gateway that repeats a request
        can answer False to the successful writer: read the key back and compare the id.

        Returns:
            True when this call created the object, False when there was one already.

        Raises:
            OutcomeUnknown: The request was sent, no answer came, and reading back failed too.
        """

    @abstractmethod
    def put_file(self, key: str, path: Path) -> None:
        """Store a finished local file, which must not change afterwards; as `put`."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield each object with a key that starts with the prefix, at any depth, sorted by key."""

    @abstractmethod
    def size(self, key: str) -> int | None:
        """Return the size in bytes, or None if there is no object."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is fine."""

    def discard_unfinished(self, prefix: str) -> None:  # noqa: B027  most stores have none
        """Remove what killed writers left of objects that never got their key.

        Args:
            prefix: of the keys; a store that does not know them removes what any writer left.
        """

    @abstractmethod
    def location(self, key: str) -> str:
        """Return the absolute path or address that a user can open."""

    def path(self, key: str) -> str:
        """Return the object's name in `filesystem`."""
        return self.location(key)

    def filesystem(self) -> fs.FileSystem:
        """Return pyarrow's file system, in which `path` names an object."""
        from pyarrow import fs  # noqa: PLC0415

        return fs.LocalFileSystem()

    @abstractmethod
    def open(self, key: str) -> pa.NativeFile:
        """Open the object for random access, as Parquet readers need it.

        Raises:
            ObjectMissing: Nothing is there.
        """

    def open_end(self, key: str, size_bytes: int) -> tuple[pa.NativeFile, bytes]:
        """Open the object for random access, and return up to so many of its last bytes too.

        On S3 one request, which reports the size as well. Raises as `open` does.

        Args:
            key: of the object.
            size_bytes: at its end.
        """
        file = self.open(key)
        start = max(0, file.size() - size_bytes)
        return file, bytes(file.read_at(file.size() - start, start))

    def stream(self, key: str) -> ByteStream:
        """Open the object as a stream, to read all of it.

        Raises:
            ObjectMissing: Nothing is there.
            StorageError: Now or while reading: the store cannot be reached.
        """
        return self.open(key)

    def tail(self, key: str, size_bytes: int) -> bytes:
        """Return the last so many bytes of the object, or all of them; on S3 one request.

        Raises:
            ObjectMissing: Nothing is there.
        """
        with self.open(key) as file:
            file.seek(max(0, file.size() - size_bytes))
            return bytes(file.read())

    def refuses_damage(self, key: str) -> bool | None:  # noqa: ARG002
        """Whether the store refuses bytes that differ from their checksum; None without a network.

        Stores an object under the key if it does not.
        """
        return None


def _is_in_working_dir_of_job() -> bool:
    """Whether this is a submitted job of Ray, started where its working directory was unpacked."""
    configured = os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR")  # Ray's own name for it
    return bool(configured and orjson.loads(configured).get("runtime_env", {}).get("working_dir"))


def check_key(key: str) -> None:
    """Refuse a key that some store could not hold.

    Raises:
        ConfigError: Empty, absolute or hidden parts, '..', or characters outside the rule.
    """
    if not is_key(key):
        raise ConfigError(
            f"'{key}' cannot name a stored object: use parts of A-Z a-z 0-9 . _ = - "
            "that do not begin with a dot, joined by single slashes"
        )


def is_key(key: str) -> bool:
    """Whether the key obeys the rule."""
    return _KEY.fullmatch(key) is not None


def check_prefix(prefix: str) -> None:
    """Refuse a prefix with which no key can begin.

    Raises:
        ConfigError: As for `check_key`.
    """
    check_key(prefix + "x")

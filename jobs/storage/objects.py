"""One small interface over named bytes, and the choice of what is behind it.

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
from pyarrow import fs

from jobs.errors import ConfigError, StorageError
from jobs.redaction import has_secret

if TYPE_CHECKING:
    import pyarrow as pa

S3_SCHEME = "s3://"


class ObjectReplaced(StorageError):
    """An object is not the one any more of which the first bytes were read."""


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
        region: The bucket's region when the environment does not say it.
    """

    root: str
    endpoint_url: str | None
    region: str | None

    def __post_init__(self) -> None:
        for name, address in (("root", self.root), ("endpoint_url", self.endpoint_url or "")):
            if "://" in address and has_secret(address):
                raise ConfigError(
                    f"storage.{name}={address} holds a user, password or signature, which would "
                    "stand in releases and their logs: give the plain address, and credentials in "
                    "the environment or a profile (AWS_ACCESS_KEY_ID, AWS_PROFILE)"
                )
        if not self.root.startswith(S3_SCHEME):
            if "://" in self.root or not self.root:
                raise ConfigError(
                    f"root '{self.root}' is neither a directory nor an s3:// address: "
                    "give a path or s3://bucket/prefix"
                )
            path = Path(self.root).expanduser()
            if not path.is_absolute() and _is_in_working_dir_of_job():
                raise ConfigError(
                    f"root '{self.root}' is relative, and this job runs in a copy of its working "
                    f"directory that Ray deletes ({Path.cwd()}): give an absolute path that every "
                    "node has, or s3://bucket/prefix"
                )
            object.__setattr__(self, "root", str(path.absolute()))


@dataclass(frozen=True)
class ObjectInfo:
    """One stored object, as a listing shows it."""

    key: str
    size_bytes: int


class ByteStream(Protocol):
    """What can be read once."""

    def read(self, size_bytes: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class ObjectStore(ABC):
    """Whole objects under keys: nobody ever sees half of one.

    Every method raises `ConfigError` for a key outside the rule above and `StorageError` when the
    store refuses or cannot be reached. All of them may be called from several threads.
    """

    @abstractmethod
    def get(self, key: str) -> bytes:
        """All bytes under the key.

        Raises:
            ObjectMissing: Nothing is there.
        """

    @abstractmethod
    def put(self, key: str, body: bytes) -> None:
        """Store the bytes, replacing what was there.

        Only for objects that every writer would write alike; use `put_new` where two may differ.
        """

    @abstractmethod
    def put_new(self, key: str, body: bytes) -> bool:
        """Store the bytes unless something is there: of any number of racers, one wins.

        A body of its own per writer (with a unique id in it) makes the answer exact. When an
        answer is lost, equal bytes under the key are taken for ours, and a gateway that repeats a
        request can make the winner hear "taken": read the key back and compare the id.

        Returns:
            True when this call created the object, False when there was one already.

        Raises:
            OutcomeUnknown: The request was sent, no answer came, and reading back failed too.
        """

    @abstractmethod
    def put_file(self, key: str, path: Path) -> None:
        """Store a finished local file, which nobody may change afterwards; as `put`."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with the prefix, at any depth, sorted by key."""

    @abstractmethod
    def size(self, key: str) -> int | None:
        """Size in bytes, or None when nothing is there."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is fine."""

    def discard_unfinished(self, prefix: str) -> None:  # noqa: B027  most stores have none
        """Remove what writers that were killed left of objects that never got their key.

        Args:
            prefix: of the keys; a store that does not know them removes what any writer left.
        """

    @abstractmethod
    def location(self, key: str) -> str:
        """The absolute path or s3:// address a user can open."""

    def filesystem(self) -> fs.FileSystem:
        """Pyarrow's file system, in which a `location` without its `s3://` is a path."""
        return fs.LocalFileSystem()

    @abstractmethod
    def open(self, key: str) -> pa.NativeFile:
        """The object for random access, as Parquet readers need it.

        Raises:
            ObjectMissing: Nothing is there.
        """

    def stream(self, key: str) -> ByteStream:
        """The object from its beginning to its end, for those who read all of it.

        Raises:
            ObjectMissing: Nothing is there.
            StorageError: Now or while reading: the store cannot be reached.
        """
        return self.open(key)

    def tail(self, key: str, size_bytes: int) -> bytes:
        """The last so many bytes of the object, or all there are; on S3 one request.

        Raises:
            ObjectMissing: Nothing is there.
        """
        with self.open(key) as file:
            file.seek(max(0, file.size() - size_bytes))
            return bytes(file.read())

    def refuses_damage(self, key: str) -> bool | None:  # noqa: ARG002
        """Whether bytes that changed on the way are refused; None if there is no way to change on.

        Stores an object under the key if they are not.
        """
        return None


def _is_in_working_dir_of_job() -> bool:
    """Whether this is a submitted job of Ray, started where its working directory was unpacked."""
    told = os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR")  # Ray's own name for it
    return bool(told and orjson.loads(told).get("runtime_env", {}).get("working_dir"))


def check_key(key: str) -> None:
    """Refuse a key that some store could not hold or would read as another place.

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

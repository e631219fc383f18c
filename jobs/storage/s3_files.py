"""Objects of a bucket as files: a range is one request of boto3, sent again if it breaks off.

Arrow's own client gives up where a server answers a short range with an error longer than it, and
knows other waits than boto3; two clients would be two policies.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from botocore.exceptions import ClientError, IncompleteReadError

from jobs.storage.objects import Listed, ObjectReplaced
from jobs.storage.random_access import RandomAccess
from jobs.storage.s3_clients import (
    error_code,
    explaining,
    read_again,
    s3_client,
    split_address,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from botocore.response import StreamingBody

# A part is worth its request and is quickly sent again; several at once fill a line.
_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 4


def open_object(
    address: str,
    endpoint_url: str | None,
    listed: Listed | None = None,
    region: str | None = None,
) -> pa.NativeFile:
    """Open an object for random access.

    Args:
        address: of the object.
        endpoint_url: of a server other than AWS.
        listed: its size in bytes and ETag, if they are known: no request asks for them then.
        region: of the bucket, None for the environment's.

    Raises:
        ObjectMissing: Nothing is there.
        StorageError: Now or while reading: the server refused or cannot be reached, or the object
            was replaced since.
    """
    size_bytes, etag = listed or (None, "")
    stored = _Object(address, endpoint_url, region, etag)
    return pa.PythonFile(_File(stored, size_bytes), mode="r")


def open_object_end(
    address: str, endpoint_url: str | None, size_bytes: int, region: str | None
) -> tuple[pa.NativeFile, bytes]:
    """Open an object for random access, and read its end; one request, unless it is empty.

    Args:
        address: of the object.
        endpoint_url: of a server other than AWS.
        size_bytes: how much of its end is read.
        region: of the bucket, None for the environment's.

    Raises:
        ObjectMissing: Nothing is there.
        StorageError: Now or while reading: the server refused or cannot be reached, or the object
            was replaced since.
    """
    stored = _Object(address, endpoint_url, region, "")
    with stored.explaining():
        total, end = stored.end(size_bytes)
    return pa.PythonFile(_File(stored, total), mode="r"), end


def stream_object(
    address: str,
    endpoint_url: str | None,
    listed: Listed | None = None,
    region: str | None = None,
) -> ObjectStream:
    """Stream an object from its beginning; raises as `open_object` does.

    Args:
        address: of the object.
        endpoint_url: of a server other than AWS.
        listed: its size in bytes and ETag, if they are known: another one is refused.
        region: of the bucket, None for the environment's.

    One request, and one more wherever the answer breaks off.
    """
    return ObjectStream(_Object(address, endpoint_url, region, listed[1] if listed else ""))


class _Object:
    """An object that is the same one in all answers, by its ETag."""

    def __init__(
        self, address: str, endpoint_url: str | None, region: str | None, etag: str
    ) -> None:
        self._address, self._endpoint_url = address, endpoint_url
        self._client = s3_client(endpoint_url, region, resends=True)
        self._bucket, self._key = split_address(address)
        self.etag = etag

    def explaining(self) -> AbstractContextManager[None]:
        """Failures of its requests become errors of heliu."""
        return explaining("read", self._address, self._endpoint_url)

    def size(self) -> int:
        """In bytes."""
        found = self._client.head_object(Bucket=self._bucket, Key=self._key)
        self.etag = found["ETag"]
        return found["ContentLength"]

    def end(self, size_bytes: int) -> tuple[int, bytes]:
        """Return the size in bytes, and up to so many of the last bytes."""
        answer: Any = {}

        def ask() -> StreamingBody:
            answer.update(self._answer(Range=f"bytes=-{size_bytes}"))
            return answer["Body"]

        def read(body: StreamingBody) -> bytes:
            return _whole(body.read(), answer["ContentLength"])

        try:
            end = read_again(ask, read)
        except ClientError as error:
            if error_code(error) == "InvalidRange":  # no byte of an empty object can be named
                return self.size(), b""
            raise
        # A server that sends all of a shorter object need not say which part it is.
        _, _, total = answer.get("ContentRange", "").rpartition("/")
        return int(total or len(end)), end

    def body(self, **wanted: Any) -> StreamingBody:
        """The answer to one request; what is asked for beside the object itself."""
        return self._answer(**wanted)["Body"]

    def _answer(self, **wanted: Any) -> Any:
        answer = self._client.get_object(Bucket=self._bucket, Key=self._key, **wanted)
        self.etag = self.etag or answer["ETag"]
        if answer["ETag"] != self.etag:
            answer["Body"].close()
            raise ObjectReplaced(f"{self._address} was replaced while it was read: run again")
        return answer


class _File(RandomAccess):
    """Any bytes of an object, in any order."""

    def __init__(self, stored: _Object, size_bytes: int | None) -> None:
        self._stored = stored
        with stored.explaining():
            super().__init__(stored.size() if size_bytes is None else size_bytes)

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._size_bytes if size is None or size < 0 else size
        start, self._at = self._at, max(self._at, min(self._at + wanted, self._size_bytes))
        cuts = [*range(start, self._at, _PART_BYTES), self._at]
        parts = list(pairwise(cuts))
        with self._stored.explaining():
            if len(parts) <= 1:
                return b"".join(self._part(*part) for part in parts)
            with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
                return b"".join(pool.map(lambda part: self._part(*part), parts))

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        part = self.read(len(view))
        view[: len(part)] = part
        return len(part)

    def _part(self, start: int, stop: int) -> bytes:
        def read(body: StreamingBody) -> bytes:
            return _whole(body.read(), stop - start)

        return read_again(lambda: self._stored.body(Range=f"bytes={start}-{stop - 1}"), read)


def _whole(part: bytes, size_bytes: int) -> bytes:
    """Return an answer that has its length; an error that is asked again for, otherwise."""
    if len(part) != size_bytes:
        raise IncompleteReadError(actual_bytes=len(part), expected_bytes=size_bytes)
    return part


class ObjectStream:
    """All bytes of an object, in order."""

    def __init__(self, stored: _Object) -> None:
        self._stored = stored
        self._at = 0
        with stored.explaining():
            self._body: StreamingBody | None = stored.body()

    @property
    def version(self) -> str:
        """The ETag of the object, in all answers."""
        return self._stored.etag

    def read(self, size_bytes: int) -> bytes:
        """Up to so many bytes; none at the end."""
        with self._stored.explaining():
            part = read_again(self._answer, lambda body: self._next(body, size_bytes))
        self._at += len(part)
        return part

    def close(self) -> None:
        """Stop reading."""
        if self._body is not None:
            self._body.close()

    def _answer(self) -> StreamingBody:
        """Return the open answer, or that to a new request if it broke off."""
        body, self._body = self._body, None
        if body is None:
            body = self._stored.body(**({"Range": f"bytes={self._at}-"} if self._at else {}))
        return body

    def _next(self, body: StreamingBody, size_bytes: int) -> bytes:
        part = body.read(size_bytes)
        self._body = body  # it has not broken off
        return part

"""An S3 bucket as an object store."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError
from pyarrow import fs

from jobs.errors import ObjectMissing, OutcomeUnknown, StorageError
from jobs.storage.objects import (
    ByteStream,
    ObjectInfo,
    ObjectStore,
    StorageParams,
    check_key,
    check_prefix,
    is_key,
)
from jobs.storage.s3_clients import (
    FAILURES,
    S3_SCHEME,
    arrow_files,
    content_md5,
    error_code,
    explaining,
    listed,
    read_again,
    s3_client,
    split_address,
)
from jobs.storage.s3_files import open_object, open_object_end, stream_object

if TYPE_CHECKING:
    import pyarrow as pa

# Waits before each try of a put-if-absent; together they outlast the fail-over of a gateway.
_PAUSES_SECONDS = (0.0, 0.2, 1.0, 3.0, 9.0)
_RNG = random.SystemRandom()  # so that writers refused together do not retry together

_NEVER_SENT = (sdk.EndpointConnectionError, sdk.ConnectTimeoutError)
_UNANSWERED = (sdk.HTTPClientError, sdk.SSLError, ResponseParserError)


class _Answer(Enum):
    """What became of one put-if-absent request."""

    CREATED = auto()
    TAKEN = auto()
    NOT_DONE = auto()
    UNKNOWN = auto()


class S3Store(ObjectStore):
    """Objects below one prefix of one bucket."""

    is_remote = True

    def __init__(self, params: StorageParams) -> None:
        self._params = params
        self._endpoint_url = params.endpoint_url
        self._region = params.region
        self._bucket, prefix = split_address(params.root)
        self._prefix = f"{prefix.strip('/')}/".removeprefix("/")
        self._client = s3_client(params.endpoint_url, params.region, resends=True)
        # An SDK that resends by itself turns a success whose answer was lost into "exists already".
        self._once = s3_client(params.endpoint_url, params.region, resends=False)

    def __reduce__(self) -> tuple[type[S3Store], tuple[StorageParams]]:
        """Pickle the store as an address: each process makes connections of its own."""
        return S3Store, (self._params,)

    def get(self, key: str) -> bytes:
        """See `ObjectStore.get`."""
        return self._got(key)

    def tail(self, key: str, size_bytes: int) -> bytes:
        """See `ObjectStore.tail`."""
        return self._got(key, Range=f"bytes=-{size_bytes}")

    def put(self, key: str, body: bytes) -> None:
        """See `ObjectStore.put`."""
        with self._named("write", key) as name:
            self._client.put_object(Bucket=self._bucket, Key=name, Body=body)

    def put_new(self, key: str, body: bytes) -> bool:
        """See `ObjectStore.put_new`."""
        is_doubtful = False
        with self._named("create", key) as name:
            for pause_seconds in _PAUSES_SECONDS:
                time.sleep(pause_seconds * _RNG.uniform(0.5, 1.5))
                try:
                    answer = self._try_new(name, body)
                except FAILURES:
                    if is_doubtful:  # an earlier request may have been stored all the same
                        break
                    raise
                if answer is _Answer.CREATED:
                    return True
                if answer is _Answer.TAKEN and not is_doubtful:
                    return False
                is_doubtful = is_doubtful or answer is _Answer.UNKNOWN
                stored = self._read_back(name) if is_doubtful else None
                if stored is not None:
                    return stored == body
        raise self._gave_up(key, is_doubtful=is_doubtful)

    def put_file(self, key: str, path: Path) -> None:
        """See `ObjectStore.put_file`; large files go up in parts and appear at the end."""
        with self._named("write", key) as name:
            try:
                self._client.upload_file(str(path), self._bucket, name)
            except S3UploadFailedError as failure:
                # If the answer was lost and the request is repeated, the upload no longer exists.
                is_finished = error_code(failure.__context__) == "NoSuchUpload"
                if not (is_finished and self.size(key) == path.stat().st_size):
                    raise

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        check_prefix(prefix)
        full = self._prefix + prefix
        for name, size_bytes, _ in listed(self._bucket, full, self._endpoint_url, self._region):
            if is_key(key := name.removeprefix(self._prefix)):
                yield ObjectInfo(key, size_bytes)

    def size(self, key: str) -> int | None:
        """See `ObjectStore.size`."""
        try:
            with self._named("read", key) as name:
                return self._client.head_object(Bucket=self._bucket, Key=name)["ContentLength"]
        except ObjectMissing:
            return None

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        with self._named("delete", key) as name:
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def discard_unfinished(self, prefix: str) -> None:
        """See `ObjectStore.discard_unfinished`: aborts uploads in parts."""
        with self._named("delete", prefix + "x"):
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for upload in page.get("Uploads", ()):
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def location(self, key: str) -> str:
        """See `ObjectStore.location`."""
        check_key(key)
        return f"{S3_SCHEME}{self._bucket}/{self._prefix}{key}"

    def open(self, key: str) -> pa.NativeFile:
        """See `ObjectStore.open`."""
        return open_object(self.location(key), self._endpoint_url, region=self._region)

    def open_end(self, key: str, size_bytes: int) -> tuple[pa.NativeFile, bytes]:
        """See `ObjectStore.open_end`."""
        return open_object_end(
            self.location(key), self._endpoint_url, size_bytes, region=self._region
        )

    def stream(self, key: str) -> ByteStream:
        """See `ObjectStore.stream`: one request, and one more wherever the answer breaks off."""
        return stream_object(self.location(key), self._endpoint_url, region=self._region)

    def refuses_damage(self, key: str) -> bool | None:
        """See `ObjectStore.refuses_damage`: sends bytes with the Content-MD5 of others."""
        with self._named("write", key) as name, suppress(self._once.exceptions.ClientError):
            self._once.put_object(
                Bucket=self._bucket, Key=name, Body=b"x", ContentMD5=content_md5(b"y")
            )
        return self.size(key) is None

    def path(self, key: str) -> str:
        """See `ObjectStore.path`: pyarrow's paths of S3 have no scheme."""
        return self.location(key).removeprefix(S3_SCHEME)

    def filesystem(self) -> fs.FileSystem:  # noqa: D102  see `ObjectStore.filesystem`
        return arrow_files(self._endpoint_url, self._region)

    @contextmanager
    def _named(self, verb: str, key: str) -> Iterator[str]:
        """Give the object's name in the bucket; turn failed requests into errors of heliu."""
        with explaining(verb, self.location(key), self._endpoint_url):
            yield self._prefix + key

    def _got(self, key: str, **what: Any) -> bytes:
        with self._named("read", key) as name:
            return read_again(
                lambda: self._client.get_object(Bucket=self._bucket, Key=name, **what)["Body"],
                lambda body: body.read(),
            )

    def _try_new(self, name: str, body: bytes) -> _Answer:
        try:
            self._once.put_object(Bucket=self._bucket, Key=name, Body=body, IfNoneMatch="*")
        except _NEVER_SENT:
            return _Answer.NOT_DONE
        except _UNANSWERED:
            return _Answer.UNKNOWN
        except sdk.ClientError as error:
            return _refusal(error)
        return _Answer.CREATED

    def _read_back(self, name: str) -> bytes | None:
        """Return what is stored; None if nothing is, or without an answer: then send again."""
        try:
            return self._once.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        except FAILURES:
            return None

    def _gave_up(self, key: str, *, is_doubtful: bool) -> StorageError:
        what = f"{self.location(key)} on {self._endpoint_url or 'AWS'}"
        if is_doubtful:
            return OutcomeUnknown(f"no answer said if {what} was created: run again to learn it")
        return StorageError(
            f"cannot create {what}: {len(_PAUSES_SECONDS)} requests did not get through; "
            "check the endpoint and the network, then run again"
        )


def _refusal(error: sdk.ClientError) -> _Answer:
    """Return the refusal in a server's answer to sent bytes; raise what resending cannot cure."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status == 412:
        return _Answer.TAKEN
    if status in {409, 429}:
        return _Answer.NOT_DONE
    if status >= 500 and status != 501:
        return _Answer.UNKNOWN
    raise error

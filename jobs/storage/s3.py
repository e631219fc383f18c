"""An S3 bucket as an object store, and the two S3 clients this package uses.

boto3 writes, because only it can send If-None-Match; pyarrow opens objects for random access.
Both take credentials from the standard chain: environment, profile, instance role.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import S3UploadFailedError
from boto3.session import Session
from botocore import exceptions as sdk
from botocore.config import Config
from botocore.parsers import ResponseParserError
from pyarrow import fs

from jobs.errors import ConfigError, ObjectMissing, OutcomeUnknown, StorageError, StorageUnwritable
from jobs.storage.objects import (
    S3_SCHEME,
    ObjectInfo,
    ObjectStore,
    StorageParams,
    check_key,
    check_prefix,
    is_key,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from mypy_boto3_s3 import S3Client

# Waits before each try of a put-if-absent; together they outlast the fail-over of a gateway.
_PAUSES_SECONDS = (0.0, 0.2, 1.0, 3.0, 9.0)
_SDK_ATTEMPTS = 5

_CUT_BODY = (sdk.HTTPClientError, sdk.IncompleteReadError, sdk.FlexibleChecksumError)
_NEVER_SENT = (sdk.EndpointConnectionError, sdk.ConnectTimeoutError)
_UNANSWERED = (sdk.HTTPClientError, sdk.SSLError, ResponseParserError)
_FAILURES = (sdk.ClientError, sdk.BotoCoreError, ResponseParserError, S3UploadFailedError)

_GRANT = "grant this user GetObject, PutObject and ListBucket there"
_REMEDIES = {
    "NoSuchBucket": "create the bucket or correct its name",
    "AccessDenied": _GRANT,
    "403": _GRANT,
    "InvalidAccessKeyId": "correct the credentials in the environment or profile",
    "SignatureDoesNotMatch": "correct the secret key in the environment or profile",
    "ExpiredToken": "renew the credentials",
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "EndpointConnectionError": "start the server or correct the endpoint",
    "NotImplemented": "use a server that honours If-None-Match",
    "MissingContentLength": "set AWS_REQUEST_CHECKSUM_CALCULATION=when_required for this server",
}


class _Answer(Enum):
    """What became of one put-if-absent request."""

    CREATED = auto()
    TAKEN = auto()
    NOT_DONE = auto()
    UNKNOWN = auto()


class S3Store(ObjectStore):
    """Objects below one prefix of one bucket."""

    def __init__(self, params: StorageParams) -> None:
        self._endpoint_url = params.endpoint_url
        self._region = params.region
        self._bucket, prefix = split_address(params.root)
        self._prefix = f"{prefix.strip('/')}/".removeprefix("/")
        self._client = s3_client(params.endpoint_url, params.region, _SDK_ATTEMPTS)
        # An SDK that resends by itself turns our own lost success into "somebody was first".
        self._once = s3_client(params.endpoint_url, params.region, 1)

    def get(self, key: str) -> bytes:
        """See `ObjectStore.get`."""
        with self._named("read", key) as name:
            with suppress(*_CUT_BODY):  # the SDK resends a request, but not for a body cut short
                return _body(self._client, self._bucket, name)
            return _body(self._client, self._bucket, name)

    def put(self, key: str, body: bytes) -> None:
        """See `ObjectStore.put`."""
        with self._named("write", key) as name:
            self._client.put_object(Bucket=self._bucket, Key=name, Body=body, ContentMD5=_md5(body))

    def put_new(self, key: str, body: bytes) -> bool:
        """See `ObjectStore.put_new`."""
        is_doubtful = False
        with self._named("create", key) as name:
            for pause_seconds in _PAUSES_SECONDS:
                time.sleep(pause_seconds)
                try:
                    answer = self._try_new(name, body)
                except _FAILURES:
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
        if self.size(key) == path.stat().st_size:
            return
        with self._named("write", key) as name:
            self._client.upload_file(str(path), self._bucket, name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        check_prefix(prefix)
        full = self._prefix + prefix
        for name, size_bytes in listed(self._bucket, full, self._endpoint_url, self._region):
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

    def location(self, key: str) -> str:
        """See `ObjectStore.location`."""
        check_key(key)
        return f"{S3_SCHEME}{self._bucket}/{self._prefix}{key}"

    def open(self, key: str) -> pa.NativeFile:
        """See `ObjectStore.open`."""
        return open_object(self.location(key), self._endpoint_url, self._region)

    def refuses_damage(self, key: str) -> bool | None:
        """See `ObjectStore.refuses_damage`: sends bytes with the Content-MD5 of others."""
        with self._named("write", key) as name, suppress(self._once.exceptions.ClientError):
            self._once.put_object(Bucket=self._bucket, Key=name, Body=b"x", ContentMD5=_md5(b"y"))
        return self.size(key) is None

    def filesystem(self) -> fs.FileSystem:  # noqa: D102  see `ObjectStore.filesystem`
        return _arrow_files(self._endpoint_url, self._region)

    @contextmanager
    def _named(self, verb: str, key: str) -> Iterator[str]:
        """The object's name in the bucket; failures of its requests become our errors."""
        with explaining(verb, self.location(key), self._endpoint_url):
            yield self._prefix + key

    def _try_new(self, name: str, body: bytes) -> _Answer:
        try:
            self._once.put_object(
                Bucket=self._bucket, Key=name, Body=body, ContentMD5=_md5(body), IfNoneMatch="*"
            )
        except _NEVER_SENT:
            return _Answer.NOT_DONE
        except _UNANSWERED:
            return _Answer.UNKNOWN
        except sdk.ClientError as error:
            return _refusal(error)
        return _Answer.CREATED

    def _read_back(self, name: str) -> bytes | None:
        """What is stored; None when nothing is or nobody can tell: then the same is sent again."""
        try:
            return _body(self._once, self._bucket, name)
        except _FAILURES:
            return None

    def _gave_up(self, key: str, *, is_doubtful: bool) -> StorageError:
        what = f"{self.location(key)} on {self._endpoint_url or 'AWS'}"
        if is_doubtful:
            return OutcomeUnknown(f"no answer said if {what} was created: run again to learn it")
        return StorageError(
            f"cannot create {what}: {len(_PAUSES_SECONDS)} requests did not get through; "
            "check the endpoint and the network, then run again"
        )


@lru_cache(maxsize=16)
def s3_client(endpoint_url: str | None, region: str | None, attempts: int) -> S3Client:
    """A boto3 client; safe to share between threads, unlike the session it comes from."""
    config = Config(
        retries={"total_max_attempts": attempts, "mode": "standard"},
        connect_timeout=10,
        max_pool_connections=32,
    )
    return Session().client("s3", endpoint_url=endpoint_url, region_name=region, config=config)


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an s3:// address."""
    bucket, _, key = address.removeprefix(S3_SCHEME).partition("/")
    if bucket:
        return bucket, key
    raise ConfigError(f"'{address}' names no bucket: write s3://bucket/prefix")


def listed(
    bucket: str, prefix: str, endpoint_url: str | None, region: str | None
) -> Iterator[tuple[str, int]]:
    """Name and size in bytes of each object whose name starts with the prefix, sorted by name."""
    with explaining("list", f"{S3_SCHEME}{bucket}/{prefix}", endpoint_url):
        pages = s3_client(endpoint_url, region, _SDK_ATTEMPTS).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"], item["Size"]


def open_object(address: str, endpoint_url: str | None, region: str | None) -> pa.NativeFile:
    """The object for random access; what fails later, while it is read, is a plain `OSError`.

    Raises:
        ObjectMissing: Nothing is there.
        StorageError: The server refused or cannot be reached.
    """
    bucket, key = split_address(address)
    try:
        return _arrow_files(endpoint_url, region).open_input_file(f"{bucket}/{key}")
    except FileNotFoundError as error:
        raise ObjectMissing(f"there is no object {address}") from error
    except OSError as error:
        raise StorageError(
            f"cannot open {address} on {endpoint_url or 'AWS'} ({error}): "
            "check the endpoint, the network, the region and the credentials"
        ) from error


@contextmanager
def explaining(verb: str, address: str, endpoint_url: str | None) -> Iterator[None]:
    """Turn what the SDK raises into our errors, with address, cause and remedy."""
    try:
        yield
    except _FAILURES as failure:
        # A failed upload of a file hides the answer of the server one level down.
        error = failure.__context__ if isinstance(failure, S3UploadFailedError) else failure
        code = _code(error)
        if code in {"NoSuchKey", "404"}:
            raise ObjectMissing(f"there is no object {address}") from failure
        remedy = _REMEDIES.get(code)
        kind = StorageUnwritable if remedy and verb in {"write", "create"} else StorageError
        raise kind(
            f"cannot {verb} {address} on {endpoint_url or 'AWS'} ({error}): "
            f"{remedy or 'check the endpoint, the network and the credentials'}"
        ) from failure


@lru_cache(maxsize=16)
def _arrow_files(endpoint_url: str | None, region: str | None) -> fs.S3FileSystem:
    # Told the region boto3 would use: the guess of pyarrow itself may ask a cloud service.
    known = s3_client(endpoint_url, region, _SDK_ATTEMPTS).meta.region_name
    return fs.S3FileSystem(endpoint_override=endpoint_url, region=known)


def _body(client: S3Client, bucket: str, name: str) -> bytes:
    return client.get_object(Bucket=bucket, Key=name)["Body"].read()


def _md5(body: bytes) -> str:
    """For Content-MD5, the one check of the sent bytes that every real server makes."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _refusal(error: sdk.ClientError) -> _Answer:
    """What a server's error says about our bytes; errors that resending cannot cure are raised."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status == 412:
        return _Answer.TAKEN
    if status in {409, 429}:
        return _Answer.NOT_DONE
    if status >= 500 and status != 501:
        return _Answer.UNKNOWN
    raise error


def _code(error: BaseException | None) -> str:
    name = type(error).__name__
    return error.response["Error"]["Code"] if isinstance(error, sdk.ClientError) else name

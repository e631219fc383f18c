"""The two S3 clients this package uses, and what their errors mean.

boto3 reads and writes; pyarrow's is for readers of a release as a dataset.
Both take credentials from the standard chain: environment, profile, instance role.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.exceptions import S3UploadFailedError
from boto3.session import Session
from botocore import exceptions as sdk
from botocore.config import Config
from botocore.parsers import ResponseParserError
from pyarrow import fs

from jobs.config_errors import UnfitAddress
from jobs.errors import ObjectMissing, StorageError, StorageUnwritable
from jobs.redaction import redacted

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

FAILURES = (sdk.ClientError, sdk.BotoCoreError, ResponseParserError, S3UploadFailedError)
# The waits between them grow to 20 s, a random half of that: most of a minute, in which a gateway
# is started again and a cluster finds its disk.
S3_SCHEME = "s3://"
_ATTEMPTS = 9
_AWS = (".amazonaws.com", ".amazonaws.com.cn")
_CUT_BODY = (sdk.HTTPClientError, sdk.IncompleteReadError, sdk.FlexibleChecksumError)
_PAUSE_SECONDS = 0.1  # before an answer that broke off is asked for again; doubled each time
_RNG = random.SystemRandom()  # so that clients cut off together do not retry together
_HICCUPS = 1  # failures of one request that need not be warned
_QUIET_SECONDS = 5.0

_GRANT = "grant this user GetObject, PutObject and ListBucket there"
_REMEDIES = {
    "NoSuchBucket": "create the bucket or correct its name",
    "AccessDenied": _GRANT,
    "403": f"{_GRANT}, or correct the credentials or the clock of this machine",
    "400": "renew the credentials, then run again",  # what HEAD is warned of an expired token
    "InvalidAccessKeyId": "correct the credentials in the environment or profile",
    "SignatureDoesNotMatch": "correct the secret key in the environment or profile",
    "ExpiredToken": "renew the credentials, then run again",
    "RequestTimeTooSkewed": "set the clock of this machine, then run again",
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "EndpointConnectionError": "start the server or correct the endpoint",
    "NotImplemented": "use a server that honours If-None-Match",
}


@lru_cache(maxsize=16)
def s3_client(endpoint_url: str | None, region: str | None, *, resends: bool) -> S3Client:
    """Return a boto3 client; safe to share between threads, unlike its session.

    Args:
        endpoint_url: of a server other than AWS.
        region: of its buckets, None for the environment's.
        resends: whether it sends failed requests again.

    One that resends waits longer each time, at random, and sends less when the server asks for it.
    """
    config = Config(
        retries={
            "total_max_attempts": _ATTEMPTS if resends else 1,
            "mode": "adaptive" if resends else "standard",
        },
        connect_timeout=10,
        max_pool_connections=32,
        # We send Content-MD5, which all servers check; the SDK's own checksum over TLS is sent in
        # a way that some of them refuse, and would be computed besides.
        request_checksum_calculation="when_required",
    )
    client = Session().client("s3", endpoint_url=endpoint_url, region_name=region, config=config)
    for operation in ("PutObject", "UploadPart"):
        client.meta.events.register(f"before-parameter-build.s3.{operation}", _add_md5)
    warn = _retry_warnings(endpoint_url or "AWS", hiccups=_HICCUPS if resends else 0)
    client.meta.events.register("needs-retry.s3", warn)
    return client


def _retry_warnings(server: str, *, hiccups: int) -> Callable[..., None]:
    """Return a handler that warns, at most every `_QUIET_SECONDS`, while requests are retried.

    Args:
        server: its address, for the warning.
        hiccups: failures of one request before the first warning.
    """
    warned = [-_QUIET_SECONDS]

    def warn(
        attempts: int, caught_exception: Exception | None = None, response: Any = None, **_: object
    ) -> None:
        status = response[0].status_code if response else 0
        now = time.monotonic()
        is_failure = caught_exception is not None or status >= 500
        if is_failure and attempts > hiccups and now >= warned[0] + _QUIET_SECONDS:
            warned[0] = now
            cause = redacted(str(caught_exception or f"status {status}"))
            logging.getLogger(__name__).warning("heliu: waiting for %s (%s)", server, cause)

    return warn


def split_address(address: str) -> tuple[str, str]:
    """Return bucket and key (or prefix) of an s3:// address."""
    bucket, _, key = address.removeprefix(S3_SCHEME).partition("/")
    if bucket:
        return bucket, key
    raise UnfitAddress(f"'{address}' names no bucket: write s3://bucket/prefix")


def listed(
    bucket: str, prefix: str, endpoint_url: str | None, region: str | None
) -> Iterator[tuple[str, int, str]]:
    """Name, size in bytes and ETag of each object whose name starts with the prefix, by name.

    Args:
        bucket: to list.
        prefix: of the names.
        endpoint_url: of a server other than AWS.
        region: of the bucket, None for the environment's.
    """
    with explaining("list", f"{S3_SCHEME}{bucket}/{prefix}", endpoint_url):
        pages = s3_client(endpoint_url, region, resends=True).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"], item["Size"], item["ETag"]


def listed_addresses(beginning: str, endpoint_url: str | None) -> Iterator[tuple[str, int, str]]:
    """Address, size in bytes and ETag of each object whose address begins so, sorted."""
    bucket, prefix = split_address(beginning)
    for name, size_bytes, etag in listed(bucket, prefix, endpoint_url, None):
        yield f"{S3_SCHEME}{bucket}/{name}", size_bytes, etag


def read_again(ask: Callable[[], StreamingBody], read: Callable[[StreamingBody], bytes]) -> bytes:
    """Return what `read` makes of an answer; ask again while answers break off.

    The SDK sends a request again by itself, but not for a body that was cut short.
    """
    for attempt in range(_ATTEMPTS - 1):
        answer = ask()
        try:
            return read(answer)
        except _CUT_BODY:
            answer.close()
        time.sleep(_RNG.uniform(0.5, 1.0) * _PAUSE_SECONDS * 2**attempt)
    return read(ask())


@contextmanager
def explaining(verb: str, address: str, endpoint_url: str | None) -> Iterator[None]:
    """Turn errors of the SDK into those of heliu, with address, cause and remedy.

    Args:
        verb: what is done, for the message.
        address: of the object.
        endpoint_url: of a server other than AWS.
    """
    try:
        yield
    except FAILURES as failure:
        # A failed upload of a file hides the answer of the server one level down.
        error = failure.__context__ if isinstance(failure, S3UploadFailedError) else failure
        code = error_code(error)
        if code in {"NoSuchKey", "404"}:
            raise ObjectMissing(f"there is no object {address}") from failure
        remedy = _REMEDIES.get(code)
        kind = StorageUnwritable if remedy and verb in {"write", "create"} else StorageError
        raise kind(
            f"cannot {verb} {address} on {endpoint_url or 'AWS'} ({error}): "
            f"{remedy or 'check the endpoint, the network and the credentials'}"
        ) from failure


@lru_cache(maxsize=16)
def arrow_files(endpoint_url: str | None, region: str | None) -> fs.S3FileSystem:
    """Return the bucket for pyarrow, which retries as often as boto3 does."""
    # Given what boto3 found in environment and profile: pyarrow looks for the server in fewer
    # places, and its own guess of the region may ask a cloud service.
    found = s3_client(endpoint_url, region, resends=True).meta
    is_aws = str(urlsplit(found.endpoint_url).hostname).endswith(_AWS)
    return fs.S3FileSystem(
        endpoint_override=None if is_aws else found.endpoint_url,
        region=found.region_name,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def _add_md5(params: dict[str, Any], **_: object) -> None:
    """Send Content-MD5 along, the one check of the sent bytes that every real server makes."""
    if "ContentMD5" not in params:
        body = params["Body"]
        whole = body if isinstance(body, bytes) else body.read()
        if whole is not body:  # a part of a file
            body.seek(0)
        params["ContentMD5"] = content_md5(whole)


def content_md5(body: bytes) -> str:
    """Return the value of the Content-MD5 header."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def error_code(error: BaseException | None) -> str:
    """Return the server's code of the error, or else the name of its Python class."""
    name = type(error).__name__
    return error.response["Error"]["Code"] if isinstance(error, sdk.ClientError) else name

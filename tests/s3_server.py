"""A real S3 server on this machine for tests, and a proxy in front of it that loses answers."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.stores import open_store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_READY_SECONDS = 30
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # A developer's own proxy and profiles must not leak into the tests.
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server that starts empty and is gone afterwards, with credentials set.

    `HELIU_TEST_S3` names another server to test against, whose credentials are in the environment
    as usual; the buckets made there stay.
    """
    if other := os.environ.get("HELIU_TEST_S3"):
        yield other
        return
    port = _free_port()
    settings = {
        "SERVICES": "s3",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",  # it would listen to the whole network
        "IOT_MTLS_ENABLED": "0",  # and open a second, fixed port
    }
    with _environment(_ENVIRONMENT):
        server = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            endpoint_url = f"http://127.0.0.1:{port}"
            _wait_until_ready(endpoint_url, server)
            yield endpoint_url
        finally:
            server.terminate()
            server.wait(timeout=10)


def store_at(root: str, endpoint_url: str | None) -> ObjectStore:
    """The store at an address of S3."""
    return open_store(StorageParams(root=root, endpoint_url=endpoint_url, region=None))


def fresh_bucket(endpoint_url: str) -> str:
    """The name of a new, empty bucket."""
    bucket = f"heliu-{uuid.uuid4().hex[:12]}"
    plain_client(endpoint_url).create_bucket(Bucket=bucket)
    return bucket


@lru_cache(maxsize=4)
def plain_client(endpoint_url: str) -> S3Client:
    """boto3 as it comes, to see what is stored with other eyes than the code under test."""
    return Session().client("s3", endpoint_url=endpoint_url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(endpoint_url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the S3 server ended at once with code {server.returncode}")
        try:
            with urllib.request.urlopen(f"{endpoint_url}/_ministack/health", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the S3 server did not answer within {_READY_SECONDS} s")


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    hidden = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
    before = {name: os.environ.pop(name, None) for name in (*values, *hidden)}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


# Errors of S3 that a client tells apart by their names.
_STATUS: dict[str | int, int] = {
    "SlowDown": 503,
    "InternalError": 500,
    "ExpiredToken": 400,
    "RequestTimeTooSkewed": 403,
    "NoSuchUpload": 404,
}


@dataclass
class Faults:
    """What the proxy does to coming requests of the named methods, one fault for each.

    `lose-request` closes the connection before the server hears of it, `cut-request` half way
    through what is sent, `lose-answer` after the server has done the work, `cut-answer` half way
    through the answer's body; `flip` and `flip-answer` change a bit of either body. A number is
    answered in place of the server, a negative one after the server has done the work; so is the
    name of an S3 error. `duplicate` sends the request twice and gives the second answer. `hold`
    waits for `released` before the server hears of it. None lets a request pass.

    Only requests whose path contains `only` count; every `forgetful`-th one loses If-None-Match.
    """

    methods: tuple[str, ...] = ("PUT",)
    plan: deque[str | int | None] = field(default_factory=deque)
    dropped_headers: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    only: str = ""
    forgetful: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def forget(self) -> None:
        self.methods = ("PUT",)
        self.dropped_headers = set()
        self.only, self.forgetful = "", 0
        self.plan.clear()
        self.seen.clear()
        self.held.clear()
        self.released.clear()

    def next(self, method: str, path: str) -> str | int | None:
        self.seen.append(method)
        is_meant = method in self.methods and self.only in path
        return self.plan.popleft() if is_meant and self.plan else None

    def dropped(self) -> set[str]:
        is_forgotten = self.forgetful and len(self.seen) % self.forgetful == 0
        return self.dropped_headers | ({"if-none-match"} if is_forgotten else set())


@contextmanager
def faulty_proxy(endpoint_url: str) -> Iterator[tuple[str, Faults]]:
    """The address of a proxy before the server, and the faults it is to commit."""
    faults = Faults()

    class Handler(_ProxyHandler):
        upstream = urlsplit(endpoint_url).netloc
        planned = faults

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.daemon_threads = True
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}", faults
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


class _ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: str
    planned: Faults

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.planned.next(self.command, self.path)
        if fault == "hold":
            self.planned.held.set()
            self.planned.released.wait(_READY_SECONDS)
        if fault == "lose-request":
            self.close_connection = True
        elif fault == "cut-request":
            self._break_off(body)
            self.close_connection = True
        elif fault in _STATUS or (isinstance(fault, int) and fault > 0):
            self._refuse(fault)
        else:
            self._pass_on(body, fault)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve  # noqa: N815 (names of the library)

    def _pass_on(self, body: bytes, fault: str | int | None) -> None:
        for _ in range(2 if fault == "duplicate" else 1):
            status, headers, content = self._ask(body, is_flipped=fault == "flip")
        if fault == "lose-answer":
            self.close_connection = True
        elif isinstance(fault, int):
            self._refuse(-fault)
        elif fault == "cut-answer":
            self._answer(status, headers, content, sent_bytes=len(content) // 2)
            self.close_connection = True
        else:
            self._answer(status, headers, _flipped(content) if fault == "flip-answer" else content)

    def _refuse(self, error: str | int) -> None:
        status = _STATUS.get(error, error)
        code = error if error in _STATUS else f"Injected{error}"
        content = f"<Error><Code>{code}</Code><Message>by the test</Message></Error>"
        self._answer(status, {}, content.encode())

    def _ask(self, body: bytes, *, is_flipped: bool) -> tuple[int, dict[str, str], bytes]:
        unwanted = {"expect", "connection"}
        headers = {k: v for k, v in self.headers.items() if k.lower() not in unwanted}
        if is_flipped or self.planned.dropped_headers or self.planned.forgetful:
            body = _flipped(body) if is_flipped else body
            headers = self._signed_again(headers, body)
        connection = http.client.HTTPConnection(self.upstream, timeout=20)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            given = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, given, answer.read()
        finally:
            connection.close()

    def _break_off(self, body: bytes) -> None:
        """Half a request, as when the sender's line goes dead."""
        connection = http.client.HTTPConnection(self.upstream, timeout=20)
        connection.request(self.command, self.path, body[: len(body) // 2], dict(self.headers))
        connection.close()

    def _signed_again(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """As a gateway would that changes requests: servers that check signatures see no fault."""
        replaced = {"host", "authorization", "x-amz-date", "x-amz-content-sha256"}
        unwanted = replaced | self.planned.dropped()
        kept = {k: v for k, v in headers.items() if k.lower() not in unwanted}
        address = f"http://{self.upstream}{self.path}"
        request = AWSRequest(self.command, address, headers=kept, data=body)
        session = Session()
        S3SigV4Auth(session.get_credentials(), "s3", session.region_name).add_auth(request)
        return dict(request.headers.items())

    def _answer(
        self, status: int, headers: dict[str, str], content: bytes, *, sent_bytes: int | None = None
    ) -> None:
        length = headers.get("content-length") if self.command == "HEAD" else None
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content[:sent_bytes])


def _flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    if not body:
        return body
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]

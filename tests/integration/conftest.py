"""What tests of S3 share: a server, a bucket for each test, and a bad line to the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.storage import s3
from tests.s3_server import Faults, faulty_proxy, fresh_bucket, s3_server


@pytest.fixture(scope="module")
def endpoint_url() -> Iterator[str]:
    """The address of a server, with its credentials in the environment."""
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint_url: str) -> str:
    """A new one."""
    return fresh_bucket(endpoint_url)


@pytest.fixture(scope="module")
def proxy(endpoint_url: str) -> Iterator[tuple[str, Faults]]:
    """The address of a proxy before the server, and what it does to requests."""
    with faulty_proxy(endpoint_url) as both:
        yield both


@pytest.fixture
def faults(
    proxy: tuple[str, Faults], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Faults]]:
    """The proxy, whose clients do not wait long and who has forgotten everything afterwards."""
    monkeypatch.setattr(s3, "_PAUSES_SECONDS", (0.0, 0.01, 0.02, 0.03))
    yield proxy
    proxy[1].forget()

"""A store is one line of a table: releases and deliveries behind its scheme need nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import xxhash

import jobs
from jobs.errors import ConfigError, DeliveryChanged, DeliveryMissing, StorageError
from jobs.flow.releases.verification import verify
from jobs.storage import stores
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.objects import Listed, ObjectReplaced, StorageParams
from jobs.storage.source_bytes import known_bytes, open_stream
from jobs.storage.source_files import Wanted
from jobs.storage.sources import expand, listings
from jobs.storage.stores import Backend, open_store
from tests.memory_store import MemoryStore
from tests.releases import small_release

SCHEME = "memory"


class Stream(io.BytesIO):
    """An object from its beginning; its version is a digest of it."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.version = sha256_hex(body)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryStore]:
    """A store in memory, added as docs/contributing.md says."""
    kept = MemoryStore()

    def open_file(address: str, _endpoint: str | None, _listed: Listed | None) -> pa.NativeFile:
        return kept.open(address.removeprefix(f"{SCHEME}://"))

    def stream_file(address: str, _endpoint: str | None, listed: Listed | None) -> Stream:
        stream = Stream(kept.get(address.removeprefix(f"{SCHEME}://")))
        if listed and listed[1] != stream.version:
            raise ObjectReplaced(address)
        return stream

    def list_files(beginning: str, _endpoint: str | None) -> Iterator[tuple[str, int, str]]:
        for info in kept.list(beginning.removeprefix(f"{SCHEME}://")):
            version = sha256_hex(kept.get(info.key))
            yield f"{SCHEME}://{info.key}", info.size_bytes, version

    backend = Backend(lambda _params: kept, open_file, stream_file, list_files)
    monkeypatch.setitem(stores._BACKENDS, SCHEME, lambda: backend)
    yield kept
    open_store.cache_clear()
    stores._backend.cache_clear()


def test_added_store_holds_releases(store: MemoryStore) -> None:
    published = small_release(store)
    assert open_store(StorageParams(f"{SCHEME}://bucket", None, None)) is store
    release = jobs.open_release(f"{SCHEME}://bucket", digest=published.digest)
    assert verify(release).problems == []


def test_added_store_holds_deliveries(store: MemoryStore) -> None:
    store.put("bucket/2024/a.jsonl", "甲".encode())
    store.put("bucket/2024/b.txt", "乙".encode())
    for pattern, names in (("*/*.jsonl", ["2024/a.jsonl"]), ("2024", ["a.jsonl", "b.txt"])):
        asked = [f"{SCHEME}://bucket/{pattern}"]
        found = expand(asked, partner="gov", endpoint_url=None, follow_links=False)
        assert [file.name for file in found] == names
    whole = expand([f"{SCHEME}://bucket"], partner="gov", endpoint_url=None, follow_links=False)
    assert [file.name for file in whole] == ["2024/a.jsonl", "2024/b.txt"]
    with open_stream(whole[0].uri, endpoint_url=None) as stream:
        assert stream.read().decode() == "甲"
    known = known_bytes(whole[0].uri, endpoint_url=None, listed=whole[0].listed)
    assert (known.digest, known.version) == (
        xxhash.xxh3_128_hexdigest("甲".encode()),
        whole[0].version,
    )
    store.put("bucket/2024/a.jsonl", "丙".encode())
    with pytest.raises(DeliveryChanged):
        known_bytes(whole[0].uri, endpoint_url=None, listed=whole[0].listed)
    with pytest.raises(DeliveryMissing):
        open_stream(f"{SCHEME}://bucket/none", endpoint_url=None)


@pytest.mark.usefixtures("store")
def test_every_key_is_a_file_or_named_whatever_its_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["/c.jsonl", "in//a.jsonl", "in/d/", "in/e/", "in/f.md", "in/x//b.jsonl", "in/x/b.jsonl"]

    def list_files(beginning: str, _endpoint: str | None) -> Iterator[tuple[str, int, str]]:
        addresses = [f"{SCHEME}://bucket/{key}" for key in keys]
        found = [one for one in addresses if one.startswith(beginning)]
        yield from ((one, int(not one.endswith("/e/")), "1") for one in found)

    backend = stores._backend(SCHEME)._replace(list_files=list_files)  # keys that S3 may have
    monkeypatch.setitem(stores._BACKENDS, SCHEME, lambda: backend)
    stores._backend.cache_clear()

    def found(pattern: str) -> tuple[list[str], list[str]]:
        wanted = Wanted("partner gov", (f"{SCHEME}://bucket{pattern}",), (".jsonl",))
        (listing,) = listings([wanted], endpoint_url=None)
        assert [file.uri.removeprefix(f"{SCHEME}://bucket/") for file in listing.files]
        return sorted(file.name for file in listing.files), sorted(listing.passed_over)

    assert found("") == (
        sorted(["in//a.jsonl", "in/x//b.jsonl", "in/x/b.jsonl", "/c.jsonl"]),
        ["in/d/", "in/f.md"],
    )
    assert found("/in") == (sorted(["/a.jsonl", "x//b.jsonl", "x/b.jsonl"]), ["d/", "f.md"])
    assert found("/in/x/*.jsonl") == (["/b.jsonl", "b.jsonl"], [])
    assert found("/in//a.jsonl") == (["a.jsonl"], [])
    assert found("/in/x//") == (["/b.jsonl"], [])


def test_remote_delivery_that_breaks_off_is_a_fault_of_its_store(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(pa.PythonFile):
        def read(self, *_: object) -> bytes:
            raise OSError("broken line")

        readinto = read

    store.put("bucket/a.jsonl", b"x")
    monkeypatch.setattr(store, "open", lambda _key: Broken(pa.BufferReader(b"x"), "r"))
    with (
        pytest.raises(StorageError, match="broken line"),
        open_stream(f"{SCHEME}://bucket/a.jsonl", endpoint_url=None) as stream,
    ):
        stream.read()


def test_scheme_that_no_store_serves_is_refused() -> None:
    with pytest.raises(ConfigError, match="neither a directory nor s3"):
        open_store(StorageParams("ftp://server/folder", None, None))
    with pytest.raises(ConfigError, match="is no directory"):
        StorageParams("", None, None)


def test_schemes_are_known_to_the_table_and_their_stores_alone() -> None:
    storage = Path(stores.__file__).parent
    for path in storage.parent.rglob("*.py"):
        if not path.name.startswith("s3"):
            source = path.read_text(encoding="utf-8")
            assert "S3_SCHEME" not in source, path
            assert 'startswith("s3' not in source, path

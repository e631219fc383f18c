"""Deliveries in a bucket of a real S3 server."""

from __future__ import annotations

import gzip

import pytest
import xxhash

from jobs.errors import (
    DeliveryChanged,
    DeliveryMissing,
    DeliveryUnreadable,
    StorageError,
)
from jobs.storage.objects import ObjectStore
from jobs.storage.source_bytes import known_bytes, open_random, open_range, open_stream
from jobs.storage.source_files import SourceFile
from jobs.storage.sources import expand
from tests.contracts import BIG, DELIVERED, PATTERNS
from tests.s3_server import Faults, plain_client, store_at

pytestmark = pytest.mark.s3


@pytest.fixture
def store(endpoint_url: str, bucket: str) -> ObjectStore:
    return store_at(f"s3://{bucket}/corpora/heliu", endpoint_url)


@pytest.fixture
def delivery(bucket: str, endpoint_url: str) -> str:
    client = plain_client(endpoint_url)
    for name in [*DELIVERED, "", "2025/"]:
        client.put_object(Bucket=bucket, Key=f"in/drop/{name}", Body=name.encode())
    client.put_object(Bucket=bucket, Key="in/drop-old/x.jsonl", Body=b"x")
    return f"s3://{bucket}/in/drop"


@pytest.mark.parametrize(("pattern", "names"), PATTERNS.items(), ids=list(PATTERNS))
def test_patterns_mean_the_same_in_a_bucket(
    delivery: str, endpoint_url: str, pattern: str, names: list[str]
):
    found = expand(
        [f"{delivery}/{pattern}"], partner="金陵", endpoint_url=endpoint_url, follow_links=False
    )
    assert [file.name for file in found] == names
    for file in found:
        with open_stream(file.uri, endpoint_url=endpoint_url) as stream:
            if not file.name.endswith(".gz"):
                assert len(stream.read()) == file.size_bytes


def test_keys_with_empty_parts_are_read(bucket: str, endpoint_url: str):
    client = plain_client(endpoint_url)
    keys = ["in//a.jsonl", "in/x///b.jsonl", "/c.jsonl"]
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    found = expand(
        [f"s3://{bucket}"], partner="金陵", endpoint_url=endpoint_url, follow_links=False
    )
    assert [file.name for file in found] == sorted(keys)
    for file in found:
        with open_stream(file.uri, endpoint_url=endpoint_url) as stream:
            assert stream.read().decode() == file.name
        assert known_bytes(file.uri, endpoint_url=endpoint_url, listed=file.listed)


def test_pattern_without_objects_names_the_partner(delivery: str, endpoint_url: str):
    for pattern in (f"{delivery}/none", f"{delivery}/2025/e", f"{delivery}/*.parquet"):
        with pytest.raises(DeliveryMissing, match="金陵"):
            expand([pattern], partner="金陵", endpoint_url=endpoint_url, follow_links=False)


def test_delivery_in_a_bucket_is_read_whole(store: ObjectStore, endpoint_url: str):
    packed = gzip.compress(BIG[:5_000_000]) + gzip.compress(BIG[5_000_000:])
    store.put("a.gz", packed)
    uri = store.location("a.gz")
    known = known_bytes(uri, endpoint_url=endpoint_url)
    assert known.digest == xxhash.xxh3_128_hexdigest(packed)
    for expected in (None, known):
        with open_stream(uri, endpoint_url=endpoint_url, known=expected) as stream:
            assert stream.read() == BIG
    with open_random(uri, endpoint_url=endpoint_url) as file:
        file.seek(100)
        assert file.read(10) == packed[100:110]


def test_delivery_cut_short_is_the_partners_and_a_lost_server_is_not(
    bucket: str, faults: tuple[str, Faults]
):
    address, plan = faults
    store = store_at(f"s3://{bucket}/cut", address)
    packed = gzip.compress(BIG)
    store.put("half.gz", packed[:-100])
    store.put("whole.gz", packed)
    with (
        open_stream(store.location("half.gz"), endpoint_url=address) as stream,
        pytest.raises(DeliveryUnreadable, match=r"half\.gz"),
    ):
        stream.read()
    plan.methods = ("GET",)
    with open_stream(store.location("whole.gz"), endpoint_url=address) as stream:
        stream.read(1_000_000)
        plan.plan.extend([403] * 20)
        with pytest.raises(StorageError, match=r"whole\.gz"):
            stream.read()


def test_delivery_that_vanished_is_missing(store: ObjectStore, endpoint_url: str):
    for reader in (open_stream, open_random, known_bytes):
        with pytest.raises(DeliveryMissing, match="gone"):
            reader(store.location("gone"), endpoint_url=endpoint_url)


def test_delivery_that_changes_while_it_is_read_is_not_read_on(
    store: ObjectStore, endpoint_url: str
):
    uri = store.location("in.jsonl")
    store.put("in.jsonl", BIG * 2)
    known = known_bytes(uri, endpoint_url=endpoint_url)
    there = {"endpoint_url": endpoint_url, "known": known}
    with open_stream(uri, **there) as stream:
        assert stream.read(1_000) == BIG[:1_000]
        store.put("in.jsonl", BIG + BIG[::-1])
        with pytest.raises(DeliveryChanged, match=r"in\.jsonl"):
            stream.read()
    for open_again in (
        lambda: open_stream(uri, **there).read(),
        lambda: open_range(uri, 15_000_000, 15_000_100, **there).read(),
        lambda: open_random(uri, **there).read_at(10, 15_000_000),
    ):
        with pytest.raises(DeliveryChanged, match=r"in\.jsonl"):
            open_again()
    store.put("in.jsonl", BIG)
    with pytest.raises(DeliveryChanged, match=r"in\.jsonl"):
        open_random(uri, **there).read_at(1, 0)


def test_object_is_known_again_by_what_a_listing_says(store: ObjectStore, endpoint_url: str):
    def listed() -> SourceFile:
        (file,) = expand([uri], partner="金陵", endpoint_url=endpoint_url, follow_links=False)
        return file

    uri = store.location("in.jsonl")
    store.put("in.jsonl", BIG)
    first = listed()
    store.put("in.jsonl", BIG)
    assert listed() == first
    store.put("in.jsonl", BIG[::-1])
    other = listed()
    assert other.size_bytes == first.size_bytes
    assert other.version != first.version
    known = known_bytes(uri, endpoint_url=endpoint_url, listed=other.listed)
    assert (known.digest, known.version) == (xxhash.xxh3_128_hexdigest(BIG[::-1]), other.version)
    with pytest.raises(DeliveryChanged, match=r"in\.jsonl"):
        known_bytes(uri, endpoint_url=endpoint_url, listed=first.listed)

"""S3 as an object store, against a real server: the common contract, lost answers, deliveries."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xxhash

from jobs.errors import (
    ConfigError,
    DeliveryMissing,
    DeliveryUnreadable,
    ObjectMissing,
    OutcomeUnknown,
    StorageError,
    StorageUnwritable,
)
from jobs.storage import s3, s3_clients
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.probing import prove_once
from jobs.storage.s3 import S3Store
from jobs.storage.source_bytes import digest, open_random, open_stream
from jobs.storage.sources import expand
from jobs.storage.stores import open_store
from tests.contracts import BIG, DELIVERED, PATTERNS, TEXT, ObjectStoreContract
from tests.s3_server import Faults, faulty_proxy, fresh_bucket, plain_client, s3_server

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def endpoint_url() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint_url: str) -> str:
    return fresh_bucket(endpoint_url)


def _store(root: str, endpoint_url: str | None) -> ObjectStore:
    return open_store(StorageParams(root=root, endpoint_url=endpoint_url, region=None))


@pytest.fixture
def store(endpoint_url: str, bucket: str) -> ObjectStore:
    return _store(f"s3://{bucket}/corpora/heliu", endpoint_url)


@pytest.fixture(scope="module")
def proxy(endpoint_url: str) -> Iterator[tuple[str, Faults]]:
    with faulty_proxy(endpoint_url) as both:
        yield both


@pytest.fixture
def faults(proxy: tuple[str, Faults], monkeypatch) -> Iterator[tuple[str, Faults]]:
    monkeypatch.setattr(s3, "_PAUSES_SECONDS", (0.0, 0.01, 0.02, 0.03))
    yield proxy
    proxy[1].forget()


@pytest.fixture
def shaky(bucket: str, faults: tuple[str, Faults]) -> ObjectStore:
    """The store behind the proxy."""
    return _store(f"s3://{bucket}/corpora", faults[0])


@pytest.fixture
def plan(faults: tuple[str, Faults]) -> Faults:
    return faults[1]


class TestS3Store(ObjectStoreContract):
    pass


def test_location_is_an_address_of_the_bucket(store: ObjectStore, bucket: str, endpoint_url: str):
    store.put("log/1.json", TEXT)
    assert store.location("log/1.json") == f"s3://{bucket}/corpora/heliu/log/1.json"
    client = plain_client(endpoint_url)
    stored = client.get_object(Bucket=bucket, Key="corpora/heliu/log/1.json")
    assert stored["Body"].read() == TEXT


def test_roots_in_one_bucket_do_not_see_each_other(bucket: str, endpoint_url: str):
    whole = _store(f"s3://{bucket}", endpoint_url)
    inner, longer = (_store(f"s3://{bucket}/{p}", endpoint_url) for p in ("a/", "ab"))
    inner.put("x", b"1")
    longer.put("y", b"2")
    assert [info.key for info in inner.list("")] == ["x"]
    assert [info.key for info in whole.list("")] == ["a/x", "ab/y"]


def test_folder_marks_of_consoles_are_not_objects(store: S3Store, bucket: str, endpoint_url: str):
    store.put("a/b", TEXT)
    client = plain_client(endpoint_url)
    for name in ("corpora/heliu/", "corpora/heliu/a/", "corpora/heliu/读我.txt"):
        client.put_object(Bucket=bucket, Key=name, Body=b"")
    assert [info.key for info in store.list("")] == ["a/b"]


# --- what is lost between us and the server


def test_put_new_whose_answer_was_lost_is_our_own_win(shaky: ObjectStore, plan: Faults):
    plan.plan.extend(["lose-answer"])
    assert shaky.put_new("log/1", b"ours") is True
    assert plan.seen == ["PUT", "GET"]
    assert shaky.put_new("log/1", b"later") is False


def test_put_new_whose_request_was_lost_is_sent_again(shaky: ObjectStore, plan: Faults):
    plan.plan.extend(["lose-request", "lose-request"])
    assert shaky.put_new("log/1", b"ours") is True
    assert plan.seen == ["PUT", "GET", "PUT", "GET", "PUT"]
    assert shaky.get("log/1") == b"ours"


@pytest.mark.parametrize("status", [500, 503, 504])
def test_put_new_retries_a_server_error_before_the_work(
    shaky: ObjectStore, plan: Faults, status: int
):
    plan.plan.extend([status, status])
    assert shaky.put_new("log/1", b"ours") is True
    assert shaky.get("log/1") == b"ours"


@pytest.mark.parametrize("status", [-500, -503])
def test_put_new_recognises_a_server_error_after_the_work(
    shaky: ObjectStore, plan: Faults, status: int
):
    plan.plan.extend([status])
    assert shaky.put_new("log/1", b"ours") is True
    assert plan.seen == ["PUT", "GET"]


@pytest.mark.parametrize("status", [409, 429])
def test_put_new_is_sent_again_when_the_server_asks_for_it(
    shaky: ObjectStore, plan: Faults, status: int
):
    plan.plan.extend([status, status])
    assert shaky.put_new("log/1", b"ours") is True
    plan.plan.extend([status])
    assert shaky.put_new("log/1", b"ours") is False


def test_put_new_that_was_late_and_unheard_has_lost(shaky: ObjectStore, plan: Faults):
    shaky.put("log/1", b"theirs")
    for fault in ("lose-answer", "lose-request", 503, -503):
        plan.plan.extend([fault])
        assert shaky.put_new("log/1", b"ours") is False
        assert shaky.get("log/1") == b"theirs"


def test_put_new_that_landed_after_reading_back_is_our_own_win(shaky: ObjectStore, plan: Faults):
    plan.methods = ("PUT", "GET")
    plan.plan.extend(["lose-answer", "lose-request"])
    assert shaky.put_new("log/1", b"ours") is True
    assert plan.seen == ["PUT", "GET", "PUT", "GET"]


def test_put_new_without_any_answer_is_unknown(shaky: ObjectStore, plan: Faults):
    plan.methods = ("PUT", "GET")
    plan.plan.extend(["lose-answer"] * 8)
    with pytest.raises(OutcomeUnknown, match=r"corpora/log/1.*run again"):
        shaky.put_new("log/1", b"ours")
    assert shaky.get("log/1") == b"ours"


def test_put_new_refused_after_an_unheard_request_is_unknown(shaky: ObjectStore, plan: Faults):
    plan.methods = ("PUT", "GET")
    plan.plan.extend(["lose-answer", "lose-answer", 403])
    with pytest.raises(OutcomeUnknown):
        shaky.put_new("log/1", b"ours")


def test_put_new_refused_at_once_is_no_mystery(shaky: ObjectStore, plan: Faults):
    plan.plan.extend([403])
    with pytest.raises(StorageError, match="Injected403") as caught:
        shaky.put_new("log/1", b"ours")
    assert not isinstance(caught.value, OutcomeUnknown)
    assert plan.seen == ["PUT"]


def test_put_new_race_over_a_bad_line_has_one_winner(shaky: ObjectStore, plan: Faults):
    for number in range(4):
        plan.plan.extend(["lose-answer", None, "lose-request", -500, None, 503, 409])
        bodies = [b"%d of 8" % racer for racer in range(8)]
        with ThreadPoolExecutor(8) as pool:
            created = list(pool.map(lambda b, n=number: shaky.put_new(f"race/{n}", b), bodies))
        plan.plan.clear()
        winners = [body for body, won in zip(bodies, created, strict=True) if won]
        assert winners == [shaky.get(f"race/{number}")]


def test_body_that_breaks_off_is_read_again(shaky: ObjectStore, plan: Faults):
    shaky.put("a", BIG)
    plan.methods = ("GET",)
    plan.plan.extend(["cut-answer"])
    assert shaky.get("a") == BIG
    plan.plan.extend(["cut-answer"] * 2)
    with pytest.raises(StorageError, match="corpora/a"):
        shaky.get("a")


def test_put_is_retried_by_the_sdk(shaky: ObjectStore, plan: Faults):
    plan.plan.extend([503])
    shaky.put("a", TEXT)
    assert shaky.get("a") == TEXT


def test_bytes_changed_on_the_way_are_refused(shaky: ObjectStore, plan: Faults):
    plan.plan.extend(["flip", "flip"])
    with pytest.raises(StorageError, match=r"Content-MD5|BadDigest"):
        shaky.put("a", TEXT)
    with pytest.raises(StorageError, match=r"Content-MD5|BadDigest"):
        shaky.put_new("a", TEXT)
    assert shaky.size("a") is None


# --- stores that must not be used


def test_store_that_ignores_the_condition_is_refused(shaky: ObjectStore, plan: Faults):
    plan.dropped_headers = {"if-none-match"}
    with pytest.raises(
        StorageUnwritable, match=r"told two writers in turn \[True, True\], kept b'second'"
    ):
        prove_once(shaky, "s3://the-root")


def test_missing_bucket_is_named_by_every_verb(endpoint_url: str, tmp_path: Path):
    store = _store("s3://no-such-bucket/x", endpoint_url)
    (tmp_path / "file").write_bytes(TEXT)
    with pytest.raises(StorageUnwritable, match=r"no-such-bucket.*create the bucket"):
        prove_once(store, "s3://the-root")
    for verb in (
        lambda: store.put("a", b""),
        lambda: store.put_new("a", b""),
        lambda: store.put_file("a", tmp_path / "file"),
        lambda: store.get("a"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(
            StorageError, match=r"s3://no-such-bucket/x.*create the bucket"
        ) as caught:
            verb()
        assert not isinstance(caught.value, ObjectMissing)


def test_server_that_is_not_there_is_named(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(s3, "_PAUSES_SECONDS", (0.0, 0.01))
    monkeypatch.setattr(s3_clients, "_ATTEMPTS", 1)
    address = "http://127.0.0.1:9"
    store = _store("s3://bucket/x", address)
    (tmp_path / "file").write_bytes(TEXT)
    with pytest.raises(StorageUnwritable, match=address):
        prove_once(store, "s3://the-root")
    for verb in (
        lambda: store.get("a"),
        lambda: store.put("a", b""),
        lambda: store.put_file("a", tmp_path / "file"),
        lambda: store.size("a"),
        lambda: store.open("a"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(StorageError, match=address) as caught:
            verb()
        assert not isinstance(caught.value, ObjectMissing)


@pytest.fixture
def quiet(bucket: str, faults: tuple[str, Faults]) -> ObjectStore:
    """The store behind the proxy, whose clients have told of nothing yet."""
    s3_clients.s3_client.cache_clear()
    return S3Store(StorageParams(f"s3://{bucket}/quiet", faults[0], None))


def test_waiting_for_a_server_that_is_gone_is_told_and_a_hiccup_is_not(
    quiet: ObjectStore, plan: Faults, caplog: pytest.LogCaptureFixture
):
    plan.plan.extend([500])
    quiet.put("a", TEXT)
    assert caplog.messages == []
    plan.plan.extend(["lose-request", 500, 500])
    quiet.put("a", TEXT)
    (told,) = caplog.messages  # one for now: the next failure comes within seconds
    assert told.startswith("heliu: waiting for http://127.0.0.1")
    assert told.endswith("(status 500)")


def test_waiting_for_a_commit_that_nobody_answers_is_told(
    quiet: ObjectStore, plan: Faults, caplog: pytest.LogCaptureFixture
):
    plan.methods = ("PUT", "GET")
    plan.plan.extend(["lose-answer"] * 3)
    assert quiet.put_new("log/1", b"ours") is True
    (told,) = caplog.messages
    assert "waiting for" in told


def test_absent_credentials_are_named(bucket: str, endpoint_url: str, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    s3_clients.s3_client.cache_clear()
    try:
        store = S3Store(StorageParams(f"s3://{bucket}/x", endpoint_url, None))
        with pytest.raises(StorageUnwritable, match="AWS_ACCESS_KEY_ID"):
            prove_once(store, "s3://the-root")
    finally:
        s3_clients.s3_client.cache_clear()


@pytest.mark.parametrize("root", ["s3://", "s3:///prefix"])
def test_root_without_a_bucket_is_refused(root: str):
    with pytest.raises(ConfigError, match="names no bucket"):
        _store(root, None)


# --- deliveries in a bucket


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
    found = expand([f"{delivery}/{pattern}"], partner="金陵", endpoint_url=endpoint_url)
    assert [file.name for file in found] == names
    for file in found:
        with open_stream(file.uri, endpoint_url=endpoint_url) as stream:
            if not file.name.endswith(".gz"):
                assert len(stream.read()) == file.size_bytes


def test_pattern_without_objects_names_the_partner(delivery: str, endpoint_url: str):
    for pattern in (f"{delivery}/none", f"{delivery}/2025/e", f"{delivery}/*.parquet"):
        with pytest.raises(DeliveryMissing, match="金陵"):
            expand([pattern], partner="金陵", endpoint_url=endpoint_url)


def test_delivery_in_a_bucket_is_read_whole(store: ObjectStore, endpoint_url: str):
    packed = gzip.compress(BIG[:5_000_000]) + gzip.compress(BIG[5_000_000:])
    store.put("a.gz", packed)
    uri = store.location("a.gz")
    assert digest(uri, endpoint_url=endpoint_url) == xxhash.xxh3_128_hexdigest(packed)
    with open_stream(uri, endpoint_url=endpoint_url) as stream:
        assert stream.read() == BIG
    with open_random(uri, endpoint_url=endpoint_url) as file:
        file.seek(100)
        assert file.read(10) == packed[100:110]


def test_delivery_cut_short_is_the_partners_and_a_lost_server_is_not(
    bucket: str, faults: tuple[str, Faults]
):
    address, plan = faults
    store = _store(f"s3://{bucket}/cut", address)
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
    for reader in (open_stream, open_random, digest):
        with pytest.raises(DeliveryMissing, match="gone"):
            reader(store.location("gone"), endpoint_url=endpoint_url)

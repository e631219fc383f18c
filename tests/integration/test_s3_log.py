"""The commit log on a real S3 server behind a line that loses, repeats and refuses requests."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.errors import OutcomeUnknown, StorageError, StorageUnwritable
from jobs.flow.builds.publish_stage import settle
from jobs.storage import s3, s3_clients
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.garbage import collect
from jobs.storage.log import head, history
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.publication import publish
from jobs.storage.registry import RetiredFiles
from jobs.storage.releases import put_blob
from jobs.storage.s3 import S3Store
from jobs.storage.store_probe import checks, prove_once
from tests.manifests import file_entry, manifest_of
from tests.s3_server import Faults, fresh_bucket, plain_client

pytestmark = pytest.mark.s3

CORPUS = "cci"
_FORK = multiprocessing.get_context("fork")


def within(store: ObjectStore) -> Corpus:
    return Corpus(store, CORPUS)


@pytest.fixture
def params(endpoint_url: str) -> StorageParams:
    return StorageParams(f"s3://{fresh_bucket(endpoint_url)}/r", endpoint_url, None)


@pytest.fixture
def store(params: StorageParams) -> ObjectStore:
    """Straight to the server, to see what is there."""
    return S3Store(params)


@pytest.fixture
def plan(proxy: tuple[str, Faults], monkeypatch) -> Iterator[Faults]:
    monkeypatch.setattr(s3, "_PAUSES_SECONDS", (0.0, 0.01, 0.02))
    yield proxy[1]
    proxy[1].forget()


@pytest.fixture
def shaky(params: StorageParams, proxy: tuple[str, Faults]) -> ObjectStore:
    return S3Store(StorageParams(params.root, proxy[0], None))


def published(store: ObjectStore, version: str, folder: Path) -> bool:
    about = {"at": "2023-11-29T00:00:00+00:00", "by": version}
    shards = []
    for text in ("共有", version):
        path = folder / f"{version}-{text}"
        path.write_text(text, encoding="utf-8")
        digest = sha256_hex(text.encode())
        put_blob(within(store), path, digest, retired_files=RetiredFiles())
        shards.append(file_entry(CORPUS, digest, path.stat().st_size))
    return publish(within(store), manifest_of(CORPUS, version, shards), commit_info=about)[1]


ONCE = ["lose-request", "lose-answer", "duplicate", 503, -500, "flip", 409]


@pytest.mark.parametrize("fault", ONCE, ids=str)
def test_publish_survives_one_fault_at_any_write_or_says_it_failed(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, fault: str | int, tmp_path: Path
):
    """Whatever write it hits: reported success is in the log, reported failure is not."""
    for place in range(8):
        version = f"1.{place}"
        plan.plan.extend([*[None] * place, fault])
        outcome = False
        with suppress(StorageError):
            outcome = published(shaky, version, tmp_path)
        plan.plan.clear()
        assert outcome is (head(within(store)).registry.exactly(version) is not None)
    entries = history(within(store))
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert len(entries) >= 2


@pytest.mark.parametrize("fault", ["lose-answer", "duplicate", -500, 503, "lose-request"], ids=str)
def test_commit_itself_survives_a_fault(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, fault: str | int, tmp_path: Path
):
    plan.only = "/log/"
    plan.plan.extend([fault])
    assert published(shaky, "1.0.0", tmp_path) is True
    assert [entry["about"]["by"] for entry in history(within(store))] == ["1.0.0"]
    assert list(store.list(f"{CORPUS}/pending/")) == []


def test_storm_of_slow_down_delays_a_publish_and_loses_nothing(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, tmp_path: Path
):
    plan.plan.extend([503, 503, None] * 8)
    assert published(shaky, "1.0.0", tmp_path) is True
    assert head(within(store)).seq == 1


@pytest.mark.parametrize("fault", ["lose-answer", "lose-request"])
def test_publish_nobody_answered_is_settled_later(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, fault: str, tmp_path: Path
):
    plan.only, plan.methods = "/log/0", ("PUT", "GET")
    plan.plan.extend([fault] * 20)
    with pytest.raises(OutcomeUnknown, match="resume=true"):
        published(shaky, "1.0.0", tmp_path)
    plan.forget()
    assert settle(shaky, CORPUS, "1.0.0").version == "1.0.0"
    assert [entry["about"]["by"] for entry in history(within(store))] == ["1.0.0"]
    collect(within(store), with_work=True, commit_info={"at": "", "by": "gc"})
    assert head(within(store)).seq == 1


def _publish_one(params: StorageParams, version: str, folder: str, start, results) -> None:
    s3_clients.s3_client.cache_clear()  # connections of the parent are not ours
    start.wait()
    results.put((version, published(S3Store(params), version, Path(folder))))


@pytest.mark.timeout(900)
def test_eight_processes_publish_eight_versions_at_once(
    params: StorageParams, store: ObjectStore, tmp_path: Path
):
    start, results = _FORK.Barrier(8), _FORK.Queue()
    versions = [f"1.{number}" for number in range(8)]
    publishers = [
        _FORK.Process(target=_publish_one, args=(params, v, str(tmp_path), start, results))
        for v in versions
    ]
    for publisher in publishers:
        publisher.start()
    told = dict(results.get(timeout=100) for _ in versions)
    for publisher in publishers:
        publisher.join()
    assert told == dict.fromkeys(versions, True)
    assert sorted(entry["about"]["by"] for entry in history(within(store))) == versions


def test_publisher_killed_at_any_write_leaves_a_release_or_none_and_the_next_completes_it(
    params: StorageParams, store: ObjectStore, proxy, plan: Faults, tmp_path: Path
):
    through = StorageParams(params.root, proxy[0], None)
    writes, released = 0, False
    while not released:
        plan.forget()
        plan.plan.extend([*[None] * writes, "hold"])
        start, results = _FORK.Barrier(1), _FORK.Queue()
        publisher = _FORK.Process(
            target=_publish_one, args=(through, "1.0.0", str(tmp_path), start, results)
        )
        publisher.start()
        is_held = plan.held.wait(10)
        publisher.kill()
        publisher.join()
        plan.released.set()
        time.sleep(0.2)  # what was held arrives after its sender's death
        released = head(within(store)).registry.exactly("1.0.0") is not None
        assert is_held
        writes += 1
    assert writes > 3
    assert published(store, "1.0.0", tmp_path) is False
    assert [entry["about"]["by"] for entry in history(within(store))] == ["1.0.0"]


# --- the probe


def test_probe_says_what_it_saw_and_is_asked_once(store: S3Store, shaky: S3Store, plan: Faults):
    assert [check.name for check in checks(store) if not check.is_passed] == []
    prove_once(shaky, "s3://the-root")
    plan.seen.clear()
    prove_once(shaky, "s3://the-root")
    assert plan.seen == ["GET", "PUT", "DELETE"]


def test_store_that_does_not_check_what_it_is_sent_is_refused(shaky: S3Store, plan: Faults):
    plan.dropped_headers = {"content-md5"}
    with pytest.raises(StorageUnwritable, match="stored bytes that their Content-MD5 denies"):
        prove_once(shaky, "s3://the-root")


def test_store_that_forgets_the_condition_now_and_then_is_refused(
    shaky: S3Store, plan: Faults, endpoint_url: str
):
    """Not always: as a store behaves that checks and writes in two steps."""
    plan.forgetful = 3
    with pytest.raises(StorageUnwritable, match=r"simultaneous writers|two writers in turn"):
        prove_once(shaky, "s3://the-root")
    bucket = shaky.location("x").split("/")[2]
    left = plain_client(endpoint_url).list_objects_v2(Bucket=bucket)
    assert left["KeyCount"] == 0

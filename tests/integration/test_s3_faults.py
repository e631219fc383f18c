"""What a bad line, an overloaded server or stale credentials do to files and releases on S3.

Each fault ends in one of two ways: the work is done all the same, or an error says what to do and
nothing half done can be seen; afterwards the same command completes to the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import DamagedRelease, ObjectMissing, StorageError
from jobs.flow.releases.mirror import mirror
from jobs.flow.releases.opened_release import open_release
from jobs.flow.releases.verification import verify
from jobs.storage import s3, s3_clients
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.s3 import S3Store
from tests.contracts import TEXT
from tests.releases import ABOUT, small_release
from tests.s3_server import Faults, plain_client

pytestmark = pytest.mark.s3

PART = 8 << 20
FILE = TEXT * (PART * 3 // 2 // len(TEXT))
Fault = str | int


@pytest.fixture
def store(bucket: str, endpoint_url: str) -> ObjectStore:
    """Straight to the server, to see what is there."""
    return S3Store(StorageParams(f"s3://{bucket}/r", endpoint_url, None))


@pytest.fixture
def plan(proxy: tuple[str, Faults], monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    monkeypatch.setattr(s3, "_PAUSES_SECONDS", (0.0, 0.01, 0.02))
    yield proxy[1]
    proxy[1].forget()


@pytest.fixture
def forgiven() -> Iterator[None]:
    """A client that was told to slow down remembers it; the next test gets another."""
    yield
    s3_clients.s3_client.cache_clear()


@pytest.fixture
def shaky(bucket: str, proxy: tuple[str, Faults]) -> ObjectStore:
    return S3Store(StorageParams(f"s3://{bucket}/r", proxy[0], None))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of two parts."""
    path = tmp_path / "shard"
    path.write_bytes(FILE)
    return path


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the small release that nothing disturbed."""
    return small_release(DirectoryStore(tmp_path_factory.mktemp("undisturbed"))).digest


def _unfinished(bucket: str, endpoint_url: str) -> int:
    return len(plain_client(endpoint_url).list_multipart_uploads(Bucket=bucket).get("Uploads", []))


# --- files in parts

BEGIN, FIRST, SECOND, END = ("POST", "uploads"), ("PUT", "=1"), ("PUT", "=2"), ("POST", "uploadId=")


@pytest.mark.parametrize(
    ("place", "faults"),
    [
        (BEGIN, ["lose-answer"]),
        (FIRST, ["lose-request"]),
        (FIRST, ["lose-answer"]),
        (FIRST, ["cut-request", "cut-request"]),
        (SECOND, ["duplicate"]),
        (SECOND, [-500]),
        (SECOND, ["InternalError", "InternalError"]),
        (END, ["lose-request"]),
        (END, ["lose-answer"]),
        (END, ["lose-answer", "NoSuchUpload"]),
        (END, ["duplicate"]),
        (END, [-500]),
    ],
    ids=str,
)
def test_upload_in_parts_survives(
    store: ObjectStore,
    shaky: ObjectStore,
    plan: Faults,
    file: Path,
    place: tuple[str, str],
    faults: list[Fault],
) -> None:
    plan.methods, plan.only = (place[0],), place[1]
    plan.plan.extend(faults)
    shaky.put_file("cci/blobs/x", file)
    assert list(plan.plan) == []
    assert store.get("cci/blobs/x") == FILE


@pytest.mark.parametrize("fault", ["cut-request", "lose-request", "InternalError", "ExpiredToken"])
def test_upload_whose_second_part_never_arrives_leaves_nothing(
    store: ObjectStore,
    shaky: ObjectStore,
    plan: Faults,
    file: Path,
    fault: str,
    bucket: str,
    endpoint_url: str,
) -> None:
    plan.only = SECOND[1]
    plan.plan.extend([fault] * 20)
    with pytest.raises(StorageError, match="r/cci/blobs/x"):
        shaky.put_file("cci/blobs/x", file)
    assert store.size("cci/blobs/x") is None
    assert _unfinished(bucket, endpoint_url) == 0
    plan.plan.clear()
    shaky.put_file("cci/blobs/x", file)
    assert store.get("cci/blobs/x") == FILE


@pytest.mark.parametrize("content", [TEXT, FILE], ids=["whole", "in parts"])
def test_file_changed_on_the_way_is_refused_by_its_md5_alone(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, tmp_path: Path, content: bytes
) -> None:
    """Other checksums are taken off: many servers ignore them."""
    (tmp_path / "shard").write_bytes(content)
    plan.dropped_headers = {"x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"}
    plan.plan.extend(["flip"])
    with pytest.raises(StorageError, match=r"Content-MD5|BadDigest"):
        shaky.put_file("cci/blobs/x", tmp_path / "shard")
    assert store.size("cci/blobs/x") is None
    shaky.put_file("cci/blobs/x", tmp_path / "shard")
    assert store.get("cci/blobs/x") == content


def test_request_cut_half_way_is_sent_again(
    store: ObjectStore, shaky: ObjectStore, plan: Faults
) -> None:
    shaky.put("a", b"old")
    plan.plan.extend(["cut-request", "cut-request"])
    shaky.put("a", TEXT)
    assert store.get("a") == TEXT
    plan.plan.extend(["cut-request"] * 20)
    with pytest.raises(StorageError, match="r/a"):
        shaky.put("a", b"new")
    assert store.get("a") == TEXT


@pytest.mark.usefixtures("forgiven")
def test_client_sends_less_when_told_to_slow_down(
    bucket: str, proxy: tuple[str, Faults], plan: Faults
) -> None:
    """Even if the next requests succeed, unlike after another error that a server gets over."""
    seconds = {}
    for error in ("InternalError", "SlowDown"):
        s3_clients.s3_client.cache_clear()
        new = S3Store(StorageParams(f"s3://{bucket}/r", proxy[0], None))
        plan.plan.extend([error, error])
        new.put("a", TEXT)
        begin = time.perf_counter()
        for _ in range(4):
            new.put("a", TEXT)
        seconds[error] = time.perf_counter() - begin
    assert seconds["SlowDown"] > seconds["InternalError"] + 0.5


# --- releases


@pytest.mark.usefixtures("forgiven")
def test_storm_of_errors_delays_a_release_and_its_reading(
    shaky: ObjectStore, plan: Faults, digest: str
) -> None:
    plan.methods = ("PUT", "GET", "HEAD", "POST")
    calm: list[Fault | None] = [None] * 3
    plan.plan.extend([*calm, "InternalError", *calm, -500, *calm, "SlowDown"])
    plan.plan.extend([*calm, "lose-answer", *calm, "InternalError"] * 40)
    release = small_release(shaky)
    assert release.digest == digest
    found = verify(release)
    assert (found.problems, found.metadata_problems, found.documents) == ([], [], 30)
    assert plan.plan


@pytest.mark.parametrize("place", ["/blobs/", "/manifests/", "/state/", "/log/"])
@pytest.mark.parametrize(
    ("error", "remedy"),
    [("ExpiredToken", "renew the credentials"), ("RequestTimeTooSkewed", "set the clock")],
)
def test_credentials_or_clock_that_fail_half_way_are_named_and_nothing_is_visible(
    store: ObjectStore,
    shaky: ObjectStore,
    plan: Faults,
    digest: str,
    place: str,
    error: str,
    remedy: str,
) -> None:
    plan.only = place
    plan.plan.extend([None, error] if place == "/blobs/" else [error])
    with pytest.raises(StorageError, match=remedy):
        small_release(shaky)
    assert head(Corpus(store, "demo")).seq == 0
    assert small_release(shaky).digest == digest
    assert verify(open_release(store, "demo", "1.0.0")).problems == []


@pytest.mark.parametrize("error", ["ExpiredToken", "RequestTimeTooSkewed", 403])
def test_credentials_that_fail_while_reading_are_no_damage(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, error: Fault
) -> None:
    small_release(store)
    release = open_release(shaky, "demo", "1.0.0")
    plan.methods, plan.only = ("GET", "HEAD"), "/blobs/"
    plan.plan.extend([error] * 200)
    with pytest.raises(StorageError) as caught:
        verify(release)
    assert not isinstance(caught.value, ObjectMissing)
    plan.forget()
    assert verify(release).problems == []


def test_bytes_that_change_while_they_are_read_are_noticed(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, tmp_path: Path
) -> None:
    small_release(store)
    release = open_release(shaky, "demo", "1.0.0")
    plan.methods, plan.only = ("GET",), f"/{release.entries('shards')[0]['key']}"
    plan.plan.extend(["flip-answer"] * 100)
    try:
        assert len(verify(release).problems) == 1
    except StorageError as error:  # a server that sends checksums of what it answers
        assert plan.only in str(error)  # noqa: PT017
    with pytest.raises((DamagedRelease, StorageError)):
        mirror(release, DirectoryStore(tmp_path), commit_info=ABOUT)
    assert head(Corpus(DirectoryStore(tmp_path), "demo")).seq == 0
    plan.forget()
    assert verify(release).problems == []


def test_answers_that_break_off_are_read_again_and_then_no_damage(
    store: ObjectStore, shaky: ObjectStore, plan: Faults
) -> None:
    small_release(store)
    release = open_release(shaky, "demo", "1.0.0")
    plan.methods, plan.only = ("GET",), f"/{release.entries('shards')[0]['key']}"
    plan.plan.extend(["cut-answer"])
    assert verify(release).problems == []
    plan.plan.extend(["cut-answer"] * 100)
    with pytest.raises(StorageError, match=plan.only):
        verify(release)


@pytest.mark.parametrize("place", ["/manifests/", "/log/0", "/state/"])
def test_metadata_that_changes_while_it_is_read_is_noticed(
    store: ObjectStore, shaky: ObjectStore, plan: Faults, digest: str, place: str
) -> None:
    small_release(store)
    plan.methods, plan.only = ("GET",), place
    plan.plan.extend(["flip-answer"] * 20)
    with pytest.raises((DamagedRelease, StorageError)):
        verify(open_release(shaky, "demo", "1.0.0"))
    plan.forget()
    assert open_release(shaky, "demo", "1.0.0").digest == digest

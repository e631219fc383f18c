"""What is lost or changed between us and a real S3 server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.errors import (
    OutcomeUnknown,
    StorageError,
    StorageUnwritable,
)
from jobs.storage import s3_clients
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.s3 import S3Store
from jobs.storage.store_probe import prove_once
from tests.contracts import BIG, TEXT
from tests.s3_server import Faults, store_at

pytestmark = pytest.mark.s3


@pytest.fixture
def shaky(bucket: str, faults: tuple[str, Faults]) -> ObjectStore:
    """The store behind the proxy."""
    return store_at(f"s3://{bucket}/corpora", faults[0])


@pytest.fixture
def plan(faults: tuple[str, Faults]) -> Faults:
    return faults[1]


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
    plan.plan.extend(["cut-answer"] * 3)
    assert shaky.get("a") == BIG
    plan.plan.extend(["cut-answer"] * 20)
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


def test_store_that_ignores_the_condition_is_refused(shaky: ObjectStore, plan: Faults):
    plan.dropped_headers = {"if-none-match"}
    with pytest.raises(
        StorageUnwritable, match="in turn got created and created, stored is what second wrote"
    ):
        prove_once(shaky, "s3://the-root")


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

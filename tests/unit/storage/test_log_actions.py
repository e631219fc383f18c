"""The log in a store: heads, hints, damage, what publishing costs, what losers are told."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import orjson
import pytest

from jobs.errors import (
    AlreadyPublished,
    DamagedRelease,
    LostRace,
    OutcomeUnknown,
    ReleaseMissing,
    StorageError,
)
from jobs.flow.builds.publish_stage import settle
from jobs.flow.releases.corrections import logged_operations, rollback, tag, yank
from jobs.flow.releases.opened_release import open_release
from jobs.storage import commits
from jobs.storage.canonical_json import canonical_json
from jobs.storage.commits import commit
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import hint_key, log_key, state_key
from jobs.storage.log import head, history
from jobs.storage.objects import ObjectStore
from jobs.storage.operations import Tag
from jobs.storage.publication import publish
from tests.manifests import manifest_of, stored_file
from tests.memory_store import MemoryStore

CORPUS = "cci"
ABOUT = {"at": "2023-11-29T00:00:00+00:00", "by": "甲@南京"}
_FORK = multiprocessing.get_context("fork")


def within(store: ObjectStore) -> Corpus:
    return Corpus(store, CORPUS)


class CountingStore(MemoryStore):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0

    def _counted(name):  # noqa: N805
        def ask(self, *arguments):
            self.requests += 1
            return getattr(MemoryStore, name)(self, *arguments)

        return ask

    get, put, put_new = _counted("get"), _counted("put"), _counted("put_new")
    put_file, list, size = _counted("put_file"), _counted("list"), _counted("size")
    delete = _counted("delete")


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


def manifest(version: str, shards: list[dict], parent: tuple[str, str] | None = None) -> dict:
    of_parent = {"parent": {"version": parent[0], "digest": parent[1]}} if parent else {}
    return manifest_of(CORPUS, version, shards, **of_parent)


def published(store: ObjectStore, version: str, *texts: str) -> str:
    shards = [stored_file(store, CORPUS, text) for text in texts or (version,)]
    return publish(within(store), manifest(version, shards), commit_info=ABOUT)[0]


# --- requests


def test_publish_of_ten_thousand_shards_asks_about_the_three_new_ones(store: CountingStore):
    shards = [stored_file(store, CORPUS, f"文{number}") for number in range(10_000)]
    digest, _ = publish(within(store), manifest("1.0.0", shards), commit_info=ABOUT)
    grown = [*shards, *(stored_file(store, CORPUS, f"新{number}") for number in range(3))]
    before = store.requests
    publish(within(store), manifest("1.1.0", grown, ("1.0.0", digest)), commit_info=ABOUT)
    assert store.requests - before <= 3 + 14


@pytest.mark.parametrize("entries", [1, 40])
def test_head_costs_four_requests_however_long_the_log_is(store: CountingStore, entries: int):
    published(store, "1.0.0")
    for number in range(entries):
        commit(within(store), lambda _, n=number: Tag(f"t{n}", "1.0.0"), commit_info=ABOUT)
    before = store.requests
    assert head(within(store)).seq == entries + 1
    assert store.requests - before == 4


@pytest.mark.parametrize("hint", [b"", b"{}", b'{"seq": 2}', b'{"seq": 900}', b"[]", None])
def test_head_is_found_with_any_hint(store: CountingStore, hint: bytes | None):
    for number in range(30):
        published(store, f"1.{number}")
    (store.delete if hint is None else lambda key: store.put(key, hint))(hint_key(CORPUS))
    assert head(within(store)).seq == 30


# --- who lost is told why


def test_second_publisher_of_a_version_is_told_who_was_first(store: CountingStore):
    published(store, "1.0.0", "白日依山尽")
    with pytest.raises(AlreadyPublished, match=r"1\.0\.0 was published by 甲@南京 at 2023"):
        published(store, "1.0.0", "黄河入海流")
    again = manifest("1.0.0", [stored_file(store, CORPUS, "白日依山尽")])
    assert publish(within(store), again, commit_info=ABOUT)[1] is False


def test_publisher_goes_behind_entries_that_do_not_touch_it(store: CountingStore, monkeypatch):
    published(store, "1.0.0")
    sent = commits._sent
    waiting = ["2.0.0", "3.0.0"]

    def overtaken(*arguments):
        if waiting:
            published(store, waiting.pop())
        return sent(*arguments)

    monkeypatch.setattr(commits, "_sent", overtaken)
    published(store, "1.1.0")
    versions = [release["version"] for release in head(within(store)).releases]
    assert versions == ["1.0.0", "2.0.0", "3.0.0", "1.1.0"]


def test_publisher_that_loses_every_round_gives_up(store: CountingStore, monkeypatch):
    monkeypatch.setattr(commits, "_ROUNDS", 3)
    monkeypatch.setattr(commits, "_sent", lambda *_: False)
    with pytest.raises(LostRace, match="3 tries"):
        published(store, "1.0.0")


def test_publish_without_a_shard_is_refused(store: CountingStore):
    file = stored_file(store, CORPUS, "白日依山尽")
    store.delete(file["key"])
    with pytest.raises(LostRace, match=f"{file['sha256']}.*run the build again"):
        publish(within(store), manifest("1.0.0", [file]), commit_info=ABOUT)
    store.put(file["key"], b"half")
    with pytest.raises(LostRace):
        publish(within(store), manifest("1.0.0", [file]), commit_info=ABOUT)
    assert head(within(store)).seq == 0


# --- outcomes


class SilentStore(MemoryStore):
    """Takes a commit and never answers, nor to any question about it, until it is `awake`."""

    is_awake = False
    does_it = True

    def put_new(self, key: str, body: bytes) -> bool:
        if self.is_awake:
            return super().put_new(key, body)
        if self.does_it:
            super().put_new(key, body)
        raise OutcomeUnknown(key)

    def get(self, key: str) -> bytes:
        if "/log/" in key and not self.is_awake:
            raise StorageError(key)
        return super().get(key)


@pytest.mark.parametrize("does_it", [True, False])
def test_unknown_commit_is_settled_when_the_store_answers_again(does_it: bool):
    store = SilentStore()
    store.does_it = does_it
    with pytest.raises(OutcomeUnknown, match="resume=true"):
        published(store, "1.0.0")
    with pytest.raises(OutcomeUnknown):
        settle(store, CORPUS, "1.0.0")
    store.is_awake = True
    done = settle(store, CORPUS, "1.0.0")
    assert (done.version, done.digest) == (
        "1.0.0",
        head(within(store)).releases[0]["digest"],
    )
    assert len(history(within(store))) == 1
    assert list(store.list(f"{CORPUS}/pending/")) == []


def test_unknown_commit_that_was_overtaken_is_lost():
    store = SilentStore()
    store.does_it = False
    with pytest.raises(OutcomeUnknown):
        published(store, "1.0.0")
    store.is_awake = True
    published(store, "2.0.0")
    with pytest.raises(LostRace, match=r"1\.0\.0 was not published"):
        settle(store, CORPUS, "1.0.0")
    with pytest.raises(ReleaseMissing, match="no publish"):
        settle(store, CORPUS, "1.0.0")


# --- damage


def test_edited_log_is_noticed(store: CountingStore):
    for version in ("1.0.0", "1.1.0"):
        published(store, version)
    entry = orjson.loads(store.get(log_key(CORPUS, 1)))
    entry["about"]["by"] = "乙"
    store.put(log_key(CORPUS, 1), canonical_json(entry))
    with pytest.raises(DamagedRelease, match="does not follow"):
        history(within(store))


def test_entry_whose_state_its_operation_does_not_give_is_noticed(store: CountingStore):
    published(store, "1.0.0")
    entry = orjson.loads(store.get(log_key(CORPUS, 1)))
    entry["operation"]["documents"] = 7
    store.put(log_key(CORPUS, 1), canonical_json(entry))
    with pytest.raises(DamagedRelease, match="names a state"):
        history(within(store))


def test_edited_state_is_noticed(store: CountingStore):
    published(store, "1.0.0")
    digest = orjson.loads(store.get(log_key(CORPUS, 1)))["state"]
    store.put(state_key(CORPUS, digest), b"{}")
    with pytest.raises(DamagedRelease, match="restore it"):
        head(within(store))


# --- corrections


def test_corrections_are_in_the_log_once_each(store: CountingStore):
    for version in ("1.0.0", "1.1.0"):
        published(store, version)
    for _ in range(2):
        tag(within(store), "stable", "1.1.0", commit_info=ABOUT)
        rollback(within(store), "1.0.0", commit_info=ABOUT)
        yank(within(store), "stable", "重复交付", commit_info=ABOUT)
    told = [(entry["op"], entry["what"]) for entry in logged_operations(within(store))[2:]]
    assert told == [
        ("tag", "stable means 1.1.0"),
        ("rollback", "latest stays at 1.0.0"),
        ("yank", "1.1.0 重复交付"),
    ]


def test_release_opens_by_tag_and_a_yanked_one_warns(store: CountingStore):
    for version in ("1.0.0", "1.1.0"):
        published(store, version)
    tag(within(store), "stable", "1.1.0", commit_info=ABOUT)
    assert open_release(store, None, "stable").warning is None
    yank(within(store), "1.1.0", "重复交付", commit_info=ABOUT)
    assert open_release(store, None, "latest").version == "1.0.0"
    for name in ("stable", "1.1.0", "cci/stable"):
        opened = open_release(store, None, name)
        assert opened.version == "1.1.0"
        assert "重复交付" in str(opened.warning)


# --- many publishers


def _publish_one(root: Path, version: str, start, results) -> None:
    store = DirectoryStore(root)
    shards = [stored_file(store, CORPUS, version), stored_file(store, CORPUS, "共有")]
    start.wait()
    publish(within(store), manifest(version, shards), commit_info={**ABOUT, "by": version})
    results.put(version)


def test_eight_processes_publish_eight_versions_at_once(tmp_path: Path):
    start, results = _FORK.Barrier(8), _FORK.Queue()
    versions = [f"1.{number}" for number in range(8)]
    publishers = [
        _FORK.Process(target=_publish_one, args=(tmp_path, version, start, results))
        for version in versions
    ]
    for publisher in publishers:
        publisher.start()
    assert sorted(results.get(timeout=50) for _ in versions) == versions
    for publisher in publishers:
        publisher.join()
    store = DirectoryStore(tmp_path)
    assert sorted(entry["about"]["by"] for entry in history(within(store))) == versions
    assert sorted(r["version"] for r in head(within(store)).releases) == versions

"""Garbage is listed, retired in the log, and only then deleted."""

from __future__ import annotations

import pytest

from jobs.storage.canonical_json import canonical_json
from jobs.storage.corpus import Corpus
from jobs.storage.garbage import collect, garbage
from jobs.storage.layout import work_key
from jobs.storage.log import head, history
from jobs.storage.objects import ObjectStore
from jobs.storage.publication import publish
from tests.manifests import manifest_of, stored_file
from tests.memory_store import MemoryStore

CORPUS = "cci"
ABOUT = {"at": "2023-11-29T00:00:00+00:00", "by": "甲@南京"}


def within(store: ObjectStore) -> Corpus:
    return Corpus(store, CORPUS)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def published(store: MemoryStore, version: str, *texts: str) -> None:
    shards = [stored_file(store, CORPUS, text) for text in texts or (version,)]
    publish(within(store), manifest_of(CORPUS, version, shards), commit_info=ABOUT)


def test_garbage_is_listed_first_and_then_retired_and_deleted(store: MemoryStore):
    published(store, "1.0.0", "白日依山尽")
    orphan = stored_file(store, CORPUS, "黄河入海流")
    waiting = stored_file(store, CORPUS, "欲穷千里目")
    checkpoint = work_key(CORPUS, "merged", "f", "0.json")
    store.put(checkpoint, canonical_json({"shards": [{"sha256": waiting["sha256"]}]}))
    listed = garbage(within(store), with_work=False)
    assert [info.key for info in listed.orphans] == [orphan["key"]]
    assert store.size(orphan["key"]) is not None
    collect(within(store), with_work=False, commit_info=ABOUT)
    assert store.size(orphan["key"]) is None
    collect(within(store), with_work=True, commit_info=ABOUT)
    assert (store.size(waiting["key"]), store.size(checkpoint)) == (None, None)
    assert garbage(within(store), with_work=True).size_bytes == 0
    before = head(within(store)).seq
    collect(within(store), with_work=True, commit_info=ABOUT)
    assert head(within(store)).seq == before == 3


def test_delete_that_did_not_arrive_is_repeated_without_a_new_entry(store: MemoryStore):
    published(store, "1.0.0")
    orphan = stored_file(store, CORPUS, "黄河入海流")
    collect(within(store), with_work=False, commit_info=ABOUT)
    stored_file(store, CORPUS, "黄河入海流")  # an upload that was on its way all the time
    assert [info.key for info in garbage(within(store), with_work=False).retired] == [orphan["key"]]
    collect(within(store), with_work=False, commit_info=ABOUT)
    assert store.size(orphan["key"]) is None
    assert head(within(store)).seq == 2


class RecordingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.deleted: list[str] = []

    def delete(self, key: str) -> None:
        super().delete(key)
        self.deleted.append(key)


def test_checkpoints_are_deleted_before_the_tables_they_name():
    store = RecordingStore()
    published(store, "1.0.0")
    names = ("a.parquet", "done.json", "z.parquet", "zz.json")
    keys = [work_key(CORPUS, "normalized", "f", name) for name in names]
    for key in keys:
        store.put(key, b"{}")
    collect(within(store), with_work=True, commit_info=ABOUT)
    kinds = [key.endswith(".json") for key in store.deleted if key in keys]
    assert kinds == [True, True, False, False]


def test_garbage_of_many_blobs_is_retired_in_bounded_entries(store: MemoryStore):
    published(store, "1.0.0")
    for number in range(2500):
        stored_file(store, CORPUS, f"孤{number}")
    collect(within(store), with_work=False, commit_info=ABOUT)
    retired = [len(entry["operation"]["blobs"]) for entry in history(within(store))[1:]]
    assert retired == [1000, 1000, 500]
    assert len(list(store.list(f"{CORPUS}/blobs/"))) == 1

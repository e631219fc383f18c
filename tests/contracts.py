"""What every object store must do; each implementation runs the same suite."""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import ConfigError, ObjectMissing
from jobs.storage.layout import PASSED_KEY
from jobs.storage.objects import ObjectInfo, ObjectStore
from jobs.storage.store_probe import prove, prove_once

TEXT = "南京市长江大桥，位于江苏省南京市。".encode()
BIG = random.Random(20240229).randbytes(10_000_000)
REFUSED_KEYS = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    ".tmp/a",
    "a/.b",
    "a b",
    "语料/a",
    "a\\b",
    "a\n",
    "s3://b/a",
]

DELIVERED = [
    "a.jsonl",
    "b.jsonl.gz",
    "notes.txt",
    "2024/c.jsonl",
    "2024/deep/d.jsonl",
    "2025/c.jsonl",
    "2025/e.txt",
    ".hidden",
    "2024/.hidden/x.jsonl",
    "第一批/语料 1.jsonl",
]
"""What a partner's folder or bucket holds in the tests of patterns."""

PATTERNS = {
    "": [
        "2024/c.jsonl",
        "2024/deep/d.jsonl",
        "2025/c.jsonl",
        "2025/e.txt",
        "a.jsonl",
        "b.jsonl.gz",
        "notes.txt",
        "第一批/语料 1.jsonl",
    ],
    "a.jsonl": ["a.jsonl"],
    "2024": ["c.jsonl", "deep/d.jsonl"],
    "2024/": ["c.jsonl", "deep/d.jsonl"],
    "*.jsonl": ["a.jsonl"],
    "?.jsonl*": ["a.jsonl", "b.jsonl.gz"],
    "[bn]*": ["b.jsonl.gz", "notes.txt"],
    "*/c.jsonl": ["2024/c.jsonl", "2025/c.jsonl"],
    "202[!4]/*": ["2025/c.jsonl", "2025/e.txt"],
    "2024/**/*.jsonl": ["c.jsonl", "deep/d.jsonl"],
    "**/c.jsonl": ["2024/c.jsonl", "2025/c.jsonl"],
    "**/*.txt": ["2025/e.txt", "notes.txt"],
    "20*": ["2024/c.jsonl", "2024/deep/d.jsonl", "2025/c.jsonl", "2025/e.txt"],
    "第*/*.jsonl": ["第一批/语料 1.jsonl"],
}
"""Patterns below that folder, and the names each must find."""


class ObjectStoreContract:
    """Derive, and give a fixture `store` that returns an empty store."""

    def test_get_after_put_returns_the_bytes(self, store: ObjectStore):
        store.put("log/1.json", TEXT)
        assert store.get("log/1.json") == TEXT

    def test_get_of_nothing_raises_and_names_the_place(self, store: ObjectStore):
        store.put("log/1.json", TEXT)
        for key in ("log/2.json", "log", "log/1.json/x"):
            with pytest.raises(ObjectMissing) as caught:
                store.get(key)
            assert store.location(key) in str(caught.value)

    def test_put_again_replaces(self, store: ObjectStore):
        store.put("work/a", b"old and longer")
        store.put("work/a", b"new")
        assert store.get("work/a") == b"new"
        assert store.size("work/a") == 3

    def test_empty_objects_are_objects(self, store: ObjectStore, tmp_path: Path):
        store.put("empty/a", b"")
        assert store.put_new("empty/b", b"") is True
        (tmp_path / "c").write_bytes(b"")
        store.put_file("empty/c", tmp_path / "c")
        for key in ("empty/a", "empty/b", "empty/c"):
            assert (store.get(key), store.size(key)) == (b"", 0)
            with store.open(key) as file:
                assert file.read() == b""
        assert store.put_new("empty/a", b"") is False

    def test_ten_megabytes_survive_every_way_in_and_out(self, store: ObjectStore, tmp_path: Path):
        path = tmp_path / "shard"
        path.write_bytes(BIG)
        store.put("big/put", BIG)
        assert store.put_new("big/new", BIG)
        store.put_file("big/file", path)
        for key in ("big/put", "big/new", "big/file"):
            assert store.size(key) == len(BIG)
            assert store.get(key) == BIG
        with store.open("big/file") as file:
            file.seek(9_000_000)
            assert file.read(16) == BIG[9_000_000:9_000_016]

    def test_put_new_leaves_the_first_bytes(self, store: ObjectStore):
        assert store.put_new("log/1", b"first") is True
        assert store.put_new("log/1", b"second") is False
        assert store.put_new("log/1", b"first") is False
        assert store.get("log/1") == b"first"

    def test_put_new_after_delete_creates_again(self, store: ObjectStore):
        store.put("a", b"1")
        store.delete("a")
        assert store.put_new("a", b"2") is True

    def test_put_new_race_has_one_winner_whose_bytes_stay(self, store: ObjectStore):
        for number in range(8):
            key = f"race/{number}"
            start = threading.Barrier(12)

            def enter(racer: int, key: str = key, start: threading.Barrier = start) -> bool:
                start.wait()
                return store.put_new(key, b"%d" % racer * 1000)

            with ThreadPoolExecutor(12) as pool:
                created = list(pool.map(enter, range(12)))
            assert sum(created) == 1
            assert store.get(key) == b"%d" % created.index(True) * 1000

    def test_overwriting_is_never_seen_half_done(self, store: ObjectStore):
        bodies = [bytes([letter]) * 300_000 for letter in b"ab"]
        store.put("work/a", bodies[0])
        is_over = threading.Event()
        seen: set[bytes] = set()

        def read() -> None:
            while not is_over.is_set():
                seen.add(store.get("work/a"))

        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            for turn in range(30):
                store.put("work/a", bodies[turn % 2])
            is_over.set()
            for reader in readers:
                reader.result()
        assert seen <= set(bodies)

    def test_put_file_stores_the_file_and_leaves_it(self, store: ObjectStore, tmp_path: Path):
        path = tmp_path / "shard.parquet"
        path.write_bytes(TEXT)
        store.put_file("blobs/x.parquet", path)
        store.put_file("blobs/x.parquet", path)
        assert path.read_bytes() == TEXT
        path.unlink()
        assert store.get("blobs/x.parquet") == TEXT

    def test_put_file_replaces_what_is_there(self, store: ObjectStore, tmp_path: Path):
        path = tmp_path / "shard.parquet"
        path.write_bytes(TEXT)
        for there in (b"half", TEXT[:-1] + b"\0"):
            store.put("blobs/x.parquet", there)
            store.put_file("blobs/x.parquet", path)
            assert store.get("blobs/x.parquet") == TEXT

    def test_list_is_sorted_recursive_and_by_plain_prefix(self, store: ObjectStore):
        keys = ["b", "a/10", "a/2", "a/sub/x", "a-b/x", "a.json", "a_b", "A"]
        for size_bytes, key in enumerate(keys):
            store.put(key, b"x" * size_bytes)
        assert [info.key for info in store.list("")] == sorted(keys)
        assert list(store.list("a/1")) == [ObjectInfo("a/10", 1)]
        assert [info.key for info in store.list("a/")] == ["a/10", "a/2", "a/sub/x"]
        assert [info.key for info in store.list("a/s")] == ["a/sub/x"]
        assert list(store.list("none/")) == []

    def test_list_passes_the_page_of_a_thousand(self, store: ObjectStore):
        keys = [f"many/{number:04d}" for number in range(1001)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.put(key, b""), keys))
        assert [info.key for info in store.list("many/")] == keys

    def test_size_of_nothing_is_none(self, store: ObjectStore):
        store.put("a/b", TEXT)
        assert store.size("a/b") == len(TEXT)
        assert store.size("a/c") is None
        assert store.size("a") is None

    def test_delete_removes_one_object_and_forgives_none(self, store: ObjectStore):
        store.put("a/b", b"1")
        store.put("a/c", b"2")
        store.delete("a/b")
        store.delete("a/b")
        store.delete("a")
        store.delete("never/was")
        assert [info.key for info in store.list("")] == ["a/c"]

    def test_odd_keys_keep_apart(self, store: ObjectStore):
        keys = [
            "A",
            "a",
            "a=1",
            "a.b",
            "a-",
            "k=v/x..y",
            "z" * 200,
            "0/" * 20 + "0",
            "x.json.",
            "-",
        ]
        for key in keys:
            store.put(key, key.encode())
        assert [store.get(key).decode() for key in keys] == keys
        assert [info.key for info in store.list("")] == sorted(keys)

    @pytest.mark.parametrize("key", REFUSED_KEYS)
    def test_refused_keys_reach_nothing(self, store: ObjectStore, tmp_path: Path, key: str):
        path = tmp_path / "file"
        path.write_bytes(b"x")
        verbs = [
            lambda: store.get(key),
            lambda: store.put(key, b"x"),
            lambda: store.put_new(key, b"x"),
            lambda: store.put_file(key, path),
            lambda: store.size(key),
            lambda: store.delete(key),
            lambda: store.location(key),
            lambda: store.open(key),
        ]
        for verb in verbs:
            with pytest.raises(ConfigError):
                verb()

    @pytest.mark.parametrize("prefix", ["/", "../", "a/../b", ".tmp/", "a//"])
    def test_refused_prefixes_list_nothing(self, store: ObjectStore, prefix: str):
        with pytest.raises(ConfigError):
            list(store.list(prefix))

    def test_open_gives_parquet_random_access(self, store: ObjectStore, tmp_path: Path):
        table = pa.table({"text": ["他来自江南", None, "𠮷野家"], "n": [1, 2, 3]})
        pq.write_table(table, tmp_path / "t.parquet", row_group_size=1)
        store.put_file("t.parquet", tmp_path / "t.parquet")
        with store.open("t.parquet") as file:
            assert pq.ParquetFile(file).read_row_group(2, ["text"]).to_pylist() == [
                {"text": "𠮷野家"}
            ]

    def test_an_end_comes_with_the_file_whatever_its_size(self, store: ObjectStore):
        for body in (TEXT, b"x", b"", BIG):
            store.put("a", body)
            for size_bytes in (1, 5, len(body) + 1):
                file, end = store.open_end("a", size_bytes)
                with file:
                    assert end == body[-size_bytes:]
                    assert file.size() == len(body)
                    if body:
                        assert file.read_at(1, len(body) - 1) == body[-1:]
        with pytest.raises(ObjectMissing):
            store.open_end("nothing", 5)

    def test_tail_gives_the_last_bytes_or_all_there_are(self, store: ObjectStore):
        store.put("a", TEXT)
        assert store.tail("a", 5) == TEXT[-5:]
        assert store.tail("a", len(TEXT) + 1) == TEXT
        with pytest.raises(ObjectMissing, match="nothing"):
            store.tail("nothing", 5)

    def test_open_of_nothing_raises(self, store: ObjectStore):
        store.put("a/b", b"1")
        for key in ("a/c", "a"):
            with pytest.raises(ObjectMissing):
                store.open(key)

    def test_probe_leaves_only_the_note_that_it_was_passed(self, store: ObjectStore):
        assert all(check.is_passed for check in prove(store, "here"))
        prove_once(store, "here")
        assert [info.key for info in store.list("")] == [PASSED_KEY]

    def test_many_threads_share_one_store(self, store: ObjectStore):
        def visit(number: int) -> bool:
            key = f"t/{number}"
            body = os.urandom(2000)
            store.put(key, body)
            return store.get(key) == body and store.size(key) == 2000

        with ThreadPoolExecutor(12) as pool:
            assert all(pool.map(visit, range(48)))

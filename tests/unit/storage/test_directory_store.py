"""A directory as an object store: the common contract, and what only files can get wrong."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pickle
import resource
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.errors import ConfigError, StorageError, StorageUnwritable
from jobs.flow.releases.opened_release import open_release
from jobs.flow.releases.verification import verify
from jobs.storage import directory
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.log import head
from jobs.storage.objects import ObjectStore, StorageParams
from jobs.storage.store_probe import prove_once
from jobs.storage.stores import open_store
from tests.contracts import BIG, TEXT, ObjectStoreContract
from tests.releases import small_release

_FORK = multiprocessing.get_context("fork")


def _store(root: Path | str) -> ObjectStore:
    return open_store(StorageParams(root=str(root), endpoint_url=None, region=None))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "releases"


@pytest.fixture
def store(root: Path) -> ObjectStore:
    return _store(root)


class TestDirectoryStore(ObjectStoreContract):
    pass


def _everything_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_location_is_a_path_a_user_can_open(store: ObjectStore):
    store.put("log/1.json", TEXT)
    assert Path(store.location("log/1.json")).read_bytes() == TEXT
    assert Path(store.location("log/1.json")).is_absolute()


def test_relative_root_means_the_same_after_a_change_of_folder(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = StorageParams(root="out", endpoint_url=None, region=None)
    sent = pickle.dumps(params)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pickle.loads(sent).root == str(tmp_path / "out")


def test_home_is_understood(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _store("~/corpora").location("a") == str(tmp_path / "corpora" / "a")


@pytest.mark.parametrize("root", ["", "gs://bucket/x", "file:///data", "s3:///x", "s3://"])
def test_root_of_an_unknown_kind_is_refused(root: str):
    with pytest.raises(ConfigError):
        _store(root)


def test_files_of_other_hands_are_not_objects(store: ObjectStore, root: Path):
    store.put("a/b", TEXT)
    (root / "a" / ".DS_Store").write_bytes(b"x")
    (root / "a" / "读我.txt").write_bytes(b"x")
    (root / "a" / "empty folder").mkdir()
    assert [info.key for info in store.list("")] == ["a/b"]


def test_objects_obey_the_umask_so_that_others_can_read(store: ObjectStore, root: Path):
    before = os.umask(0o022)
    try:
        store.put("a", b"1")
        store.put_new("b", b"1")
    finally:
        os.umask(before)
    assert [(root / key).stat().st_mode & 0o777 for key in "ab"] == [0o644, 0o644]


def test_put_file_on_one_file_system_copies_nothing(store: ObjectStore, root: Path, tmp_path: Path):
    (tmp_path / "shard").write_bytes(TEXT)
    store.put_file("blobs/x", tmp_path / "shard")
    assert (root / "blobs" / "x").samefile(tmp_path / "shard")
    assert _everything_below(root) == [root / "blobs" / "x"]


def test_put_file_from_another_file_system_copies(store: ObjectStore, root: Path, tmp_path: Path):
    memory = Path("/dev/shm")  # noqa: S108
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system at /dev/shm")
    path = memory / f"heliu-test-{os.getpid()}"
    path.write_bytes(TEXT)
    try:
        store.put_file("blobs/x", path)
    finally:
        path.unlink()
    assert store.get("blobs/x") == TEXT
    assert _everything_below(root) == [root / "blobs" / "x"]


@pytest.mark.parametrize("way", ["put", "put_new", "put_file"])
def test_object_is_on_the_disk_before_it_has_a_name_and_the_name_before_the_end(
    store: ObjectStore, root: Path, tmp_path: Path, monkeypatch, way: str
):
    (tmp_path / "shard").write_bytes(TEXT)
    final, flushed = root / "blobs" / "x", []

    def flush(descriptor: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{descriptor}").readlink(), final.exists()))

    monkeypatch.setattr(os, "fsync", flush)
    write = {"put": store.put, "put_new": store.put_new, "put_file": store.put_file}[way]
    write("blobs/x", tmp_path / "shard" if way == "put_file" else TEXT)
    (temp, was_named), (folder, is_named) = flushed
    assert (temp.parent, was_named) == (root / ".tmp", False)
    assert (folder, is_named) == (final.parent, True)


def _enter(root: Path, racer: int, start, results) -> None:
    store = DirectoryStore(root)
    start.wait()
    results.put((racer, store.put_new("log/1", b"%d" % racer)))


def test_put_new_race_between_processes_has_one_winner(root: Path):
    start, results = _FORK.Barrier(4), _FORK.Queue()
    racers = [_FORK.Process(target=_enter, args=(root, n, start, results)) for n in range(4)]
    for racer in racers:
        racer.start()
    outcome = dict(results.get(timeout=20) for _ in racers)
    for racer in racers:
        racer.join()
    winners = [racer for racer, won in outcome.items() if won]
    assert [b"%d" % winner for winner in winners] == [DirectoryStore(root).get("log/1")]


def test_writer_killed_half_way_leaves_no_object(root: Path):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        store = DirectoryStore(root)
        while True:
            store.put("work/a", BIG)
            os.write(writer, b".")
    os.read(reader, 2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)
    store = DirectoryStore(root)
    assert [(info.key, info.size_bytes) for info in store.list("")] == [("work/a", len(BIG))]
    assert store.get("work/a") == BIG


@pytest.fixture
def no_large_files():
    """The disk seems full after 1 MB: the same path as a real one, from the same system call."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("no_large_files")
@pytest.mark.parametrize("verb", ["put", "put_new"])
def test_full_disk_is_named_and_leaves_the_old_object(store: ObjectStore, root: Path, verb: str):
    store.put("work/a", b"old")
    with pytest.raises(StorageUnwritable, match=f"{root}/work/b.*choose another root"):
        getattr(store, verb)("work/b", BIG)
    with pytest.raises(StorageUnwritable):
        store.put("work/a", BIG)
    assert _everything_below(root) == [root / "work" / "a"]
    assert store.get("work/a") == b"old"


def test_file_that_does_not_fit_is_named_and_leaves_nothing(
    store: ObjectStore, root: Path, tmp_path: Path, monkeypatch, request
):
    (tmp_path / "shard").write_bytes(BIG)
    request.getfixturevalue("no_large_files")
    monkeypatch.setattr(os, "link", _on_another_disk)
    with pytest.raises(StorageUnwritable, match=f"{root}/blobs/x.*choose another root"):
        store.put_file("blobs/x", tmp_path / "shard")
    assert _everything_below(root) == []


def _on_another_disk(_source: Path, target: Path) -> None:
    raise OSError(errno.EXDEV, "Invalid cross-device link", str(target))


@pytest.mark.parametrize("free_files", range(0, 12, 2))
def test_disk_that_fills_during_a_publish_shows_nothing_and_the_next_publish_completes(
    root: Path, tmp_path: Path, monkeypatch, free_files: int
):
    digest = small_release(DirectoryStore(tmp_path / "undisturbed")).digest
    flush, left = directory._write, iter(range(free_files))

    def write(temp: Path, body: bytes) -> None:
        if next(left, None) is None:
            temp.write_bytes(body[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(temp))
        flush(temp, body)

    store = DirectoryStore(root)
    with monkeypatch.context() as patch:
        patch.setattr(directory, "_write", write)
        with suppress(StorageUnwritable):
            small_release(store)
            assert free_files > 4  # it fitted
    assert head(Corpus(store, "demo")).seq in ({0} if free_files < 4 else {0, 1})
    assert small_release(store).digest == digest
    assert verify(open_release(store, "demo", "1.0.0")).problems == []


def test_root_below_a_file_is_unwritable(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x")
    store = _store(tmp_path / "file" / "root")
    with pytest.raises(StorageUnwritable, match=r"file/root.*choose another root"):
        prove_once(store, "here")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_root_without_rights_is_unwritable(tmp_path: Path):
    (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(StorageUnwritable, match="grant this user the right"):
        prove_once(_store(tmp_path / "locked"), "here")


@pytest.fixture
def no_links(monkeypatch):
    def link(_source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(target))

    monkeypatch.setattr(os, "link", link)


@pytest.mark.usefixtures("no_links")
class TestDirectoryStoreWithoutHardLinks(ObjectStoreContract):
    def test_put_new_race_between_processes_has_one_winner(self, root: Path):
        test_put_new_race_between_processes_has_one_winner(root)

    def test_claims_are_gone_afterwards(self, store: ObjectStore, root: Path):
        assert store.put_new("log/1", TEXT) is True
        assert store.put_new("log/1", BIG) is False
        assert _everything_below(root) == [root / "log" / "1"]

    def test_claim_of_a_killed_writer_is_named(self, store: ObjectStore, monkeypatch):
        monkeypatch.setattr(directory, "_CLAIM_TRIES", 2)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", _killed)
            with pytest.raises(KeyboardInterrupt):
                store.put_new("log/1", TEXT)
        with pytest.raises(StorageUnwritable, match=r"remove .*/\.tmp/claim-") as caught:
            store.put_new("log/1", TEXT)
        assert store.size("log/1") is None
        Path(str(caught.value).split("remove ")[1].split(" and run")[0]).unlink()
        assert store.put_new("log/1", TEXT) is True


def _killed(_source: Path, _target: Path) -> None:
    raise KeyboardInterrupt


def test_repeated_link_request_of_a_network_file_system_is_our_own_win(
    store: ObjectStore, monkeypatch
):
    link = os.link

    def link_twice(source: Path, target: Path) -> None:
        link(source, target)
        link(source, target)

    monkeypatch.setattr(os, "link", link_twice)
    assert store.put_new("log/1", b"ours") is True
    assert store.put_new("log/1", b"late") is False


def test_folder_in_the_place_of_an_object_is_an_error_not_a_loss(store: ObjectStore):
    store.put("a/b", b"1")
    with pytest.raises(StorageError):
        store.put("a", b"2")
    with pytest.raises(StorageError):
        store.put("a/b/c", b"2")
    assert store.get("a/b") == b"1"

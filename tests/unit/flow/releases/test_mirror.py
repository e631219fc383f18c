"""A mirror: the same digest, the same bytes; nothing is copied twice, nothing damaged is copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import AlreadyPublished, DamagedRelease, ReleaseMissing
from jobs.flow.releases import mirror as mirroring
from jobs.flow.releases.mirror import Mirrored, mirror
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.flow.releases.verification import verify
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import attestation_key, attestations, derived_key
from jobs.storage.publication import publish
from tests.releases import ABOUT, decided, publish_release, released, small_release, text


@pytest.fixture
def release(tmp_path: Path) -> OpenedRelease:
    return small_release(DirectoryStore(tmp_path / "here"))


def _mirror(release: OpenedRelease, folder: Path) -> Mirrored:
    return mirror(release, DirectoryStore(folder), commit_info=ABOUT)


def test_mirror_is_sound_and_has_the_same_digest(release: OpenedRelease, tmp_path: Path) -> None:
    there = attestations("demo", release.digest)
    signed = [f"{there}.json", attestation_key("demo", release.digest, "a"), f"{there}/b.json"]
    for key in signed:
        release.store.put(key, key.encode())
    done = _mirror(release, tmp_path / "there")
    copy = open_release(DirectoryStore(tmp_path / "there"), "demo", "1.0.0", digest=release.digest)
    assert verify(copy).problems == []
    assert (done.copied, done.present) == (5, 0)
    assert done.copied_bytes == sum(file["bytes"] for k in copy.kinds() for file in copy.entries(k))
    assert [copy.store.get(key) for key in signed] == [key.encode() for key in signed]
    assert copy.store.size(derived_key("demo", "1.0.0", "files.txt")) is not None


def test_mirror_continues_where_it_stopped(
    release: OpenedRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, calls = mirroring._copy, []

    def stops(*arguments):
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return copy(*arguments)

    monkeypatch.setattr(mirroring, "_THREADS", 1)
    monkeypatch.setattr(mirroring, "_copy", stops)
    with pytest.raises(KeyboardInterrupt):
        _mirror(release, tmp_path / "there")
    with pytest.raises(ReleaseMissing):
        open_release(DirectoryStore(tmp_path / "there"), None, "1.0.0")
    monkeypatch.setattr(mirroring, "_copy", copy)
    done = _mirror(release, tmp_path / "there")
    assert (done.copied, done.present) == (2, 3)
    assert _mirror(release, tmp_path / "there").present == 5


@pytest.mark.parametrize("body", [b"", b"shorter", None])
def test_damaged_file_in_the_mirror_is_copied_again(
    release: OpenedRelease, tmp_path: Path, body: bytes | None
) -> None:
    copy = _mirror(release, tmp_path / "there").release
    path = Path(copy.files()[1])
    path.write_bytes(bytes(path.stat().st_size) if body is None else body)
    assert _mirror(release, tmp_path / "there").copied == 1
    assert verify(copy).problems == []


@pytest.mark.parametrize("is_there", [True, False], ids=["flipped", "missing"])
def test_damaged_source_is_told_and_nothing_is_committed(
    release: OpenedRelease, tmp_path: Path, is_there: bool
) -> None:
    path = Path(release.files()[1])
    if is_there:
        path.write_bytes(bytes(path.stat().st_size))
    else:
        path.unlink()
    with pytest.raises(DamagedRelease, match=path.name):
        _mirror(release, tmp_path / "there")
    with pytest.raises(ReleaseMissing):
        open_release(DirectoryStore(tmp_path / "there"), None, "1.0.0")


def test_second_release_shares_files_and_another_of_that_version_is_refused(
    release: OpenedRelease, tmp_path: Path
) -> None:
    _mirror(release, tmp_path / "there")
    assert _mirror(small_release(release.store, "1.1.0"), tmp_path / "there").copied == 0
    documents = released("gov", {"1": text(1)})
    other = publish_release(
        DirectoryStore(tmp_path / "other"), "1.0.0", {"gov": ([documents], decided(documents, {}))}
    )
    with pytest.raises(AlreadyPublished):
        _mirror(other, tmp_path / "there")


def test_release_is_mirrored_without_its_parent(release: OpenedRelease, tmp_path: Path) -> None:
    parent = {"version": release.version, "digest": release.digest}
    manifest = release.manifest | {"version": "1.1.0", "parent": parent}
    publish(Corpus(release.store, "demo"), manifest, commit_info=ABOUT)
    copy = _mirror(open_release(release.store, "demo", "1.1.0"), tmp_path / "there").release
    assert verify(copy).problems == []
    assert copy.manifest["parent"] == parent

"""The list of releases says what each is called now, and which are not to be used."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from jobs.cli import main
from jobs.command.columns import cells
from jobs.flow.releases.corrections import rollback, tag, yank
from jobs.flow.releases.opened_release import open_release
from jobs.storage.canonical_json import sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import blob_key
from jobs.storage.publication import publish
from jobs.takedown import later_releases
from tests.manifests import file_entry, manifest_of
from tests.releases import small_release

INFO = {"at": "2023-11-29T00:00:00+00:00", "by": "甲@南京"}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    found = Corpus(DirectoryStore(tmp_path), "cci")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        digest = sha256_hex(version.encode())
        found.store.put(blob_key("cci", digest), version.encode())
        manifest = manifest_of("cci", version, [file_entry("cci", digest, len(version))])
        publish(found, manifest, commit_info=INFO)
    tag(found, "stable", "1.0.0", commit_info=INFO)
    tag(found, "approved", "1.0.0", commit_info=INFO)
    yank(found, "1.2.0", "重复交付", commit_info=INFO)
    return found


def listed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str
) -> str:
    monkeypatch.setattr("sys.argv", ["heliu", "releases", f"storage.root={root}", *more])
    main()
    return capsys.readouterr().out


def test_releases_are_listed_with_tags_latest_and_why_one_was_yanked(
    corpus: Corpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = listed(tmp_path, monkeypatch, capsys).splitlines()[1:]
    assert [line.split("  1  ")[0].split() for line in lines] == [
        ["cci", "1.0.0", "approved,", "stable", "active"],
        ["cci", "1.1.0", "latest", "active"],
        ["cci", "1.2.0", "yanked:", "重复交付"],
    ]
    found = orjson.loads(listed(tmp_path, monkeypatch, capsys, "format=json"))
    names = [one["names"] for one in found]
    assert names == [["approved", "stable"], ["latest"], []]
    assert found[2]["status"] == "yanked"
    monkeypatch.setenv("COLUMNS", "80")
    assert all(cells(line) <= 80 for line in listed(tmp_path, monkeypatch, capsys).splitlines())
    rollback(corpus, "1.0.0", commit_info=INFO)
    assert listed(tmp_path, monkeypatch, capsys).splitlines()[1].split()[2] == "latest,"


def test_takedown_from_an_older_release_knows_which_came_later(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for version in ("1.0.0", "1.1.0", "2.0.0", "2.1.0", "1.0.1"):
        small_release(store, version)
    yank(Corpus(store, "demo"), "2.1.0", "重复交付", commit_info=INFO)
    opened = {name: open_release(store, "demo", name) for name in ("1.0.0", "2.0.0", "1.0.1")}
    assert later_releases(opened["1.0.0"], "1.0.1") == ["1.1.0", "2.0.0"]
    assert later_releases(opened["2.0.0"], "2.0.1") == ["1.0.1"]
    assert later_releases(opened["1.0.1"], "1.0.2") == []

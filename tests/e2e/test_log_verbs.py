"""What people do to published releases, by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.storage.corpus import Corpus
from jobs.storage.directory import DirectoryStore
from jobs.storage.publication import publish
from tests.commands import heliu
from tests.manifests import manifest_of, stored_file

pytestmark = pytest.mark.e2e

ABOUT = {"at": "2023-11-29T00:00:00+00:00", "by": "甲@南京"}


def put(root: Path, text: str) -> dict[str, object]:
    return stored_file(DirectoryStore(root), "cci", text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for version in ("1.0.0", "1.1.0"):
        shards = [put(tmp_path, version)]
        manifest = manifest_of("cci", version, shards)
        publish(Corpus(DirectoryStore(tmp_path), "cci"), manifest, commit_info=ABOUT)
    return tmp_path


@pytest.mark.timeout(900)
def test_corrections_by_command_are_told_and_obeyed(root: Path):
    def run(*arguments: str) -> tuple[int, str, str]:
        done = heliu(*arguments, HELIU_ROOT=str(root))
        return done.returncode, done.stdout, done.stderr

    assert run("tag", "name=stable", "release=1.1.0")[:2] == (0, "cci: stable means 1.1.0\n")
    assert run("tag", "name=latest", "release=1.0.0")[0] == 2
    assert run("yank", "release=1.1.0")[0] == 2
    code, said, _ = run("yank", "release=stable", "reason=重复交付")
    assert (code, said) == (0, "cci: stable is yanked; latest is 1.0.0\n")
    code, files, warning = run("files", "release=stable")
    assert (code, warning) == (0, "heliu: 1.1.0 was yanked: 重复交付\n")
    assert Path(files.strip()).read_text(encoding="utf-8") == "1.1.0"
    assert run("rollback", "release=1.0.0")[0] == 0
    assert run("publish", "resume=true", "corpus.name=cci", "corpus.version=3")[0] == 34
    orphan = put(root, "没有人要")
    told = json.loads(run("gc", "format=json")[1])
    assert [row["key"] for row in told["objects"]] == [orphan["key"]]
    assert run("gc", "apply=true")[0] == 0
    assert not (root / str(orphan["key"])).exists()
    entries = json.loads(run("log", "format=json")[1])
    operations = ["publish", "publish", "tag", "yank", "rollback", "collect"]
    assert [entry["op"] for entry in entries] == operations


def test_doctor_passes_a_directory_and_refuses_a_file(tmp_path: Path):
    done = heliu("doctor", f"storage.root={tmp_path / 'new'}", "format=json")
    assert done.returncode == 0
    assert all(check["is_passed"] for check in json.loads(done.stdout))
    assert (tmp_path / "new" / "probe" / "passed.json").is_file()
    (tmp_path / "file").write_bytes(b"x")
    assert heliu("doctor", f"storage.root={tmp_path / 'file'}").returncode == 31

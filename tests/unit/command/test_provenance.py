"""What the log says of how a release was made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson

from jobs.command import provenance
from jobs.command.program import circumstances
from jobs.command.provenance import code_state, lock_digest
from jobs.command.settings import CorpusChoice, OneRelease, Storage
from jobs.storage.canonical_json import canonical_json, file_sha256

ROOT = Path(__file__).parents[3]


def test_log_entry_tells_configuration_code_and_versions() -> None:
    config = OneRelease(Storage("/数据", None, None), CorpusChoice("cci"), "latest")
    about = circumstances(config)
    assert orjson.loads(canonical_json(about)) == about
    assert about["configuration"]["storage"]["root"] == "/数据"
    assert about["lock"] == lock_digest() == file_sha256(ROOT / "requirements.lock")
    assert {"at", "by", "python", "heliu", "pyarrow", "ray"} <= about.keys()


def test_code_in_a_clone_has_a_commit_and_elsewhere_a_digest(tmp_path: Path, monkeypatch) -> None:
    package = tmp_path / "jobs"
    package.mkdir()
    (package / "a.py").write_text("语料 = 1\n")
    monkeypatch.setattr(provenance, "_PACKAGE", package)
    outside = code_state()
    assert outside.keys() == {"sha256"}
    assert lock_digest() is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)
    inside = code_state()
    assert (inside["sha256"], inside["is_dirty"]) == (outside["sha256"], False)
    assert len(str(inside["commit"])) == 40
    (package / "a.py").write_text("语料 = 2\n")
    assert code_state()["is_dirty"] is True
    assert code_state()["sha256"] != outside["sha256"]

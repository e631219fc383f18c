"""Releases that earlier versions wrote stay readable and verifiable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import heliu
from jobs.flow.releases.difference import diff
from jobs.flow.releases.explanation import explain
from jobs.flow.releases.exports import export_huggingface
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import LEVELS, verify

FOLDER = Path(__file__).parents[3] / "fixtures"
FIXTURES = sorted(path.parent for path in FOLDER.glob("*/expected.json"))

pytestmark = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)


def _opened(fixture: Path) -> tuple[OpenedRelease, dict[str, Any]]:
    expected = json.loads((fixture / "expected.json").read_text(encoding="utf-8"))
    return heliu.open_release(str(fixture / "root"), digest=expected["digest"]), expected


@pytest.mark.parametrize("level", LEVELS)
def test_old_release_verifies(fixture: Path, level: str) -> None:
    release, expected = _opened(fixture)
    found = verify(release, level)
    assert (found.problems, found.metadata_problems, found.orphans) == ([], [], 0)
    assert found.documents == expected["documents"] > 0


def test_old_release_is_read_explained_compared_and_exported(fixture: Path, tmp_path: Path) -> None:
    release, expected = _opened(fixture)
    first = expected["first"]
    assert release.dataset().head(1).to_pylist() == [first]
    explained = explain(release, first["id"])
    assert explained is not None
    assert explained.document is not None
    assert explained.document["content"] == first["content"]
    kept = {name: account["kept"] for name, account in release.manifest["partners"].items()}
    compared = diff(release, release).partners
    assert {name: counts["unchanged"] for name, counts in compared.items()} == kept
    assert export_huggingface(release, tmp_path / "hub").files

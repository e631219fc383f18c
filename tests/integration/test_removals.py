"""What is removed below the document, on the demo whose truth says what was planted."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.corpus.removal.removals import restored_text
from jobs.flow.params import BuildParams
from jobs.flow.releases.explanation import explain
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import verify
from tests.builds import build, build_parameters, opened, table

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

FEW = "paragraphs.min_documents=10"  # the demo is small
PLANTS = {"boilerplate", "repeated_caption", "pasted_twice"}


@pytest.fixture(scope="module")
def params(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> BuildParams:
    return build_parameters(demo / "conf", tmp_path_factory.mktemp("releases"), FEW)


@pytest.fixture(scope="module")
def release(params: BuildParams) -> OpenedRelease:
    build(params)
    return opened(params)


@pytest.fixture(scope="module")
def planted(demo: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = pq.read_table(demo / "truth.parquet").to_pylist()
    return {(row["partner"], row["source_id"]): row for row in rows if row["plant"] in PLANTS}


def kept(release: OpenedRelease) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in table(release, "shards").to_pylist()}


def removed(release: OpenedRelease) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in table(release, "removals").to_pylist():
        found[row["doc_id"]].append(row)
    return found


def test_planted_repeats_and_frames_are_removed_and_nothing_else(
    release: OpenedRelease, planted: dict[tuple[str, str], dict[str, Any]]
) -> None:
    cuts, seen = removed(release), set()
    for doc_id, row in kept(release).items():
        truth = planted.get((row["partner"], row["source_id"]))
        pieces = cuts.get(doc_id, [])
        assert bool(pieces) is (truth is not None), (row["source_id"], truth, pieces)
        if truth is None:
            continue
        seen.add(truth["plant"])
        before = restored_text(row["content"], pieces)
        if truth["plant"] == "repeated_caption":
            assert row["content"].count(truth["detail"]) == 1
            assert before.count(truth["detail"]) >= 3
        elif truth["plant"] == "pasted_twice":
            assert before == f"{row['content']}\n{row['content']}"
        else:
            assert {piece["kind"] for piece in pieces} == {"site_boilerplate"}
            lines = before.split("\n")
            at = lines.index(row["content"].split("\n")[0])
            assert at > 0
            assert "编辑：" in lines[at + row["content"].count("\n") + 1]
    assert seen == PLANTS


def test_release_with_removals_is_sound_and_the_same_in_any_pieces(
    release: OpenedRelease, demo: Path, tmp_path: Path
) -> None:
    assert verify(release).problems == []
    pieces = ("shards.run_bytes=200000", "shards.batch_bytes=50000", "shards.input_bytes=1")
    other = build(build_parameters(demo / "conf", tmp_path, FEW, *pieces, "compute.workers=1"))
    assert other.digest == release.digest
    assert len(other.manifest["removals"]) == len(release.manifest["removals"]) > 0


def test_explanation_shows_what_was_removed(release: OpenedRelease) -> None:
    doc_id, pieces = next(iter(removed(release).items()))
    explanation = explain(release, doc_id)
    assert explanation is not None
    assert explanation.removals == pieces


def test_nothing_is_removed_where_both_are_switched_off(demo: Path, tmp_path: Path) -> None:
    off = ("paragraphs.repeated=false", "paragraphs.site_boilerplate=false")
    published = build(build_parameters(demo / "conf", tmp_path, FEW, *off))
    assert published.manifest["removals"] == []
    assert not (tmp_path / "demo" / "work" / "site_boilerplate").exists()

"""Rules in a whole build: a filtered row takes no part and says why; no text is read again."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from jobs.flow.intake.plan import plan
from tests.builds import build, build_parameters, opened, table

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]


def normalized_files(root: Path) -> dict[Path, int]:
    folder = root / "demo" / "work" / "normalized"
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def test_build_with_rules_explains_what_they_reject_and_normalizes_nothing_again(
    demo: Path, tmp_path: Path
) -> None:
    build(build_parameters(demo / "conf", tmp_path))
    before = normalized_files(tmp_path)
    shorter = ("rules=cci", "rules.reject.too_short.value=300", "corpus.version=2")
    params = build_parameters(demo / "conf", tmp_path, *shorter, "shards.group_documents=100")
    manifest = build(params).manifest
    assert before
    assert normalized_files(tmp_path) == before
    release = opened(params)
    decisions = table(release, "decisions")
    filtered = decisions.filter(pc.equal(decisions["stage"], "judge"))
    short = filtered.filter(pc.equal(filtered["reason"], "too_short"))
    assert len(short) > 0
    assert set(filtered["verdict"].to_pylist()) == {"rejected"}
    assert all(text.startswith("content_chars ") for text in short["evidence"].to_pylist())
    assert pc.min(table(release, "shards")["content_chars"]).as_py() >= 300
    # Nobody is replaced by a document that a rule rejects.
    assert not set(filtered["doc_id"].to_pylist()) & set(decisions["kept_doc_id"].to_pylist())
    counted = sum(
        count
        for account in manifest["partners"].values()
        for reason, count in account["reasons"].items()
        if reason.startswith("judge/")
    )
    assert counted == len(filtered)
    assert manifest["parameters"]["rules"]["rules"][0]["value"] == 300


def test_rules_change_no_key_of_normalize_but_keywords_do(demo: Path, tmp_path: Path) -> None:
    def keys(*overrides: str) -> list[str]:
        params = build_parameters(demo / "conf", tmp_path, *overrides)
        return [shard.key for shard in plan(params)]

    for category in ("ads", "gambling", "porn", "navigation"):
        (tmp_path / f"{category}.txt").write_text("微信号\n", encoding="utf-8")
    assert keys() == keys("rules=cci") == keys("rules=cci", "rules.reject.ads.value=2")
    assert not set(keys()) & set(keys(f"signals.keywords={tmp_path}"))

"""The recipe of the Chinese Corpora Internet on the demo and on real deliveries, whole and in part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import verify
from tests.builds import build, build_parameters, in_this_process, opened, real_conf, table

pytestmark = pytest.mark.timeout(900)

HOSTS = "github.com\tother\nlaw.moj.gov.tw\tministry\n"
CHANGING = {"rejected": True, "dropped": True, "kept": False}
OFF: dict[str, tuple[str, ...]] = {
    "sources": ("sources.policy=off", "sources.registry=null"),
    "gate": ("sources.most_flagged=null",),
    "span": ("span.from=null", "span.to=null", "span.missing=keep"),
    "judge": ("rules=none", "sources.most_flagged=null"),
}
"""The settings that switch a part off, by the stage of which there is nothing then."""


def released(conf: Path, root: Path, *overrides: str) -> OpenedRelease:
    params = build_parameters(conf, root, "recipe=cci", "alarms=warn", *overrides)
    with in_this_process():
        build(params)
    return opened(params)


def assert_sound(release: OpenedRelease) -> list[dict[str, Any]]:
    """It verifies, its counts balance, and every row that is not kept says why."""
    assert not verify(release, level="everything").problems
    for name, account in release.manifest["partners"].items():
        ends = account["kept"] + account["dropped"] + account["rejected"]
        assert account["delivered"] == ends > 0, name
    rows: list[dict[str, Any]] = table(release, "decisions").to_pylist()
    for row in rows:
        if row["verdict"] != "kept":
            assert row["stage"], row
            assert row["reason"], row
            assert row["evidence"] or row["kept_doc_id"], row
    return rows


@pytest.mark.parametrize("off", [None, *OFF])
def test_demo_is_built_by_the_recipe_and_without_any_part_of_it(
    off: str | None, demo: Path, tmp_path: Path
) -> None:
    chosen = [f"sources.registry={demo}/conf/sources.tsv", *OFF.get(off or "", ())]
    if off == "sources":
        chosen = [*OFF["sources"]]
    rows = assert_sound(released(demo / "conf", tmp_path / "root", *chosen))
    stages = {row["stage"] for row in rows}
    expected = {"merge", "dedup", "intake", "sources", "span", "judge"}
    assert stages >= expected - {off or ""} - {"sources"} if off == "gate" else expected - {off}
    assert off not in stages


def test_demo_without_private_data_keeps_what_it_says(demo: Path, tmp_path: Path) -> None:
    """What a part does to kept texts, when all else is as it was."""
    registry = f"sources.registry={demo}/conf/sources.tsv"
    kinds = ("resident_id", "mobile", "landline", "email")
    off = [f"private_data.{kind}=off" for kind in kinds]
    one = released(demo / "conf", tmp_path / "one", registry)
    other = released(demo / "conf", tmp_path / "other", registry, *off)
    with_marks, without = (
        {row["doc_id"]: row["content"] for row in table(release, "shards").to_pylist()}
        for release in (one, other)
    )
    assert any("〔" in text for text in with_marks.values())
    changed = [name for name in with_marks.keys() & without.keys() if with_marks[name] != without[name]]
    assert changed
    assert_sound(other)


@pytest.mark.parametrize("missing", ["keep", "reject"])
def test_real_deliveries_are_built_by_the_recipe(
    missing: str, real_data: Path, tmp_path: Path
) -> None:
    conf = real_conf(real_data, tmp_path / "conf")
    registry = tmp_path / "sources.tsv"
    registry.write_text(f"source\ttier\n{HOSTS}", encoding="utf-8")
    chosen = ("partners=[a,b,c]", f"sources.registry={registry}", f"span.missing={missing}")
    rows = assert_sound(released(conf, tmp_path / "root", *chosen))
    reasons = {(row["stage"], row["reason"]) for row in rows}
    assert (("span", "undated") in reasons) == (missing == "reject")
    assert ("span", "outside_span") in reasons
    assert sum(row["verdict"] == "kept" for row in rows) > 100

"""The recipe of the Chinese Corpora Internet on the demo and real deliveries, whole and in part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.errors import NotAccepted
from jobs.flow.releases.candidates import open_reviewed
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.verification import verify
from tests.builds import build, build_parameters, built_here, in_this_process, real_conf, table

pytestmark = pytest.mark.timeout(900)

HOSTS = "github.com\tother\nlaw.moj.gov.tw\tministry\n"
OFF = {
    "sources/unlisted_source": {"sources.policy": "off"},
    "sources/source_over_limit": {"sources.most_flagged": "null"},
    "span/outside_span": {"span.from": "null", "span.to": "null"},
    "judge/navigation": {
        "rules": "none",
        "sources.most_flagged": "null",
        "sources.flagged_by": "[]",
    },
}
"""The settings that switch a part off, by a reason that it alone gives."""

UNREVIEWED = ("acceptance.reviewed=0", "acceptance.within=0")


def released(conf: Path, root: Path, *overrides: str) -> OpenedRelease:
    params = build_parameters(conf, root, "recipe=cci", "alarms=warn", *UNREVIEWED, *overrides)
    return built_here(params)


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


@pytest.fixture(scope="module")
def chosen(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings by which each part of the recipe has something to reject in the demo."""
    registry = tmp_path_factory.mktemp("registry") / "sources.tsv"
    header, _, *rest = (demo / "conf" / "sources.tsv").read_text(encoding="utf-8").splitlines()
    registry.write_text("\n".join([header, *rest]), encoding="utf-8")
    return {
        "sources.registry": str(registry),
        "span.to": "2015-12",
        "sources.most_flagged": "0",
        "sources.flagged_by": "[navigation]",
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def whole(demo: Path, chosen: dict[str, str], root: Path) -> OpenedRelease:
    return released(demo / "conf", root, *given(chosen))


def given(settings: dict[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in settings.items()]


def reasons(rows: list[dict[str, Any]]) -> set[str]:
    return {f"{row['stage']}/{row['reason']}" for row in rows}


def test_the_demo_is_built_by_the_recipe(whole: OpenedRelease) -> None:
    found = reasons(assert_sound(whole))
    assert {*OFF} <= found
    assert {name.partition("/")[0] for name in found} >= {"dedup", "intake"}


def test_the_recipe_publishes_nothing_that_people_have_not_reviewed(
    demo: Path, chosen: dict[str, str], root: Path, whole: OpenedRelease
) -> None:
    overrides = ("recipe=cci", "alarms=warn", "corpus.version=1.0.1", *given(chosen))
    params = build_parameters(demo / "conf", root, *overrides)
    with in_this_process(), pytest.raises(NotAccepted, match=r"0 of .* attested as reviewed"):
        build(params)
    candidate = open_reviewed(whole.store, "demo", "1.0.1")
    assert candidate.acceptance == params.acceptance
    assert candidate.release.manifest["documents"] == whole.manifest["documents"]


@pytest.mark.parametrize("off", OFF)
def test_the_rest_of_the_recipe_works_without_any_part(
    off: str, demo: Path, chosen: dict[str, str], tmp_path: Path, whole: OpenedRelease
) -> None:
    settings = given(chosen | OFF[off])
    after = reasons(assert_sound(released(demo / "conf", tmp_path / "root", *settings)))
    assert off not in after
    before = reasons(table(whole, "decisions").to_pylist())
    unaffected = {name for name in before if name.startswith(("intake", "normalize", "dedup"))}
    assert unaffected <= after


def test_demo_without_private_data_keeps_what_it_says(
    demo: Path, chosen: dict[str, str], tmp_path: Path, whole: OpenedRelease
) -> None:
    """What a part does to kept texts, when all else is as it was."""
    kinds = ("resident_id", "mobile", "landline", "email")
    off = [f"private_data.{kind}=off" for kind in kinds]
    other = released(demo / "conf", tmp_path / "other", *given(chosen), *off)
    with_marks, without = (
        {row["id"]: row["content"] for row in table(release, "shards").to_pylist()}
        for release in (whole, other)
    )
    assert any("〔" in text for text in with_marks.values())
    changed = [
        name for name in with_marks.keys() & without.keys() if with_marks[name] != without[name]
    ]
    assert changed
    assert_sound(other)


@pytest.mark.parametrize("missing", ["keep", "reject"])
def test_real_deliveries_are_built_by_the_recipe(
    missing: str, real_data: Path, tmp_path: Path
) -> None:
    conf = real_conf(real_data, tmp_path / "conf")
    hosts = tmp_path / "sources.tsv"
    hosts.write_text(f"source\ttier\n{HOSTS}", encoding="utf-8")
    settings = ("partners=[a,b,c]", f"sources.registry={hosts}", f"span.missing={missing}")
    rows = assert_sound(released(conf, tmp_path / "root", *settings))
    found = reasons(rows)
    assert ("span/undated" in found) == (missing == "reject")
    assert "span/outside_span" in found
    assert sum(row["verdict"] == "kept" for row in rows) > 100

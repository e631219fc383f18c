"""Recipes: files of differences that set keys of a whole build."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.command.overrides import command_line
from jobs.command.settings import Build
from jobs.errors import ConfigError
from tests.builds import build_parameters, write_partner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_partner(tmp_path, "甲", "deliveries: /a\nformat: jsonl\nlicence: CC0\npriority: 1")
    (tmp_path / "sources.tsv").write_text("source\ttier\nnews.example\tkey_news_site\n")
    (tmp_path / "recipe").mkdir()
    return tmp_path


def parameters(folder: Path, *overrides: str):
    registry = f"sources.registry={folder}/sources.tsv"
    return build_parameters(folder, folder, "partners=[甲]", registry, *overrides)


def test_the_recipe_of_cci_asks_for_what_its_description_names(folder: Path) -> None:
    params = parameters(folder, "recipe=cci")
    assert params.rules.profile == "cci"
    assert params.origin.sources.policy == "allow"
    assert params.origin.sources.most_flagged == 0.05
    assert set(params.origin.sources.flagged_by) <= {rule.reason for rule in params.rules.rules}
    assert (params.origin.span.first, params.origin.span.last) == ("2001-01", "2023-11")
    assert params.private_data.policies["resident_id"] == "replace"
    assert (params.acceptance.reviewed, params.acceptance.passed) == (4000, 0.96)
    assert params.acceptance.within == 0.98
    assert "porn_hits_per_1000_chars" in params.acceptance.limits


def test_the_recipe_of_cci_counts_risk_keywords_where_there_are_libraries(folder: Path) -> None:
    assert parameters(folder, "recipe=cci").signals.risks is None
    (folder / "words.csv").write_text("类别,关键词\n赌博,老虎机\n", encoding="utf-8")
    params = parameters(folder, "recipe=cci", f"signals.risk_keywords={folder}/words.csv")
    assert params.signals.risks is not None
    assert params.signals.risks.names == ["赌博"]
    assert "risk" in params.origin.sources.flagged_by


def test_any_part_of_a_recipe_can_be_switched_off(folder: Path) -> None:
    off = ["sources.policy=off", "span.from=null", "span.missing=keep", "private_data.mobile=off"]
    off += ["acceptance.reviewed=0", "acceptance.within=0"]
    params = parameters(folder, "recipe=cci", "rules=gopher-zh", "sources.most_flagged=null", *off)
    assert params.rules.profile == "gopher-zh"
    assert not params.origin.sources.is_on
    assert params.origin.span.first is None
    assert "mobile" not in params.private_data.policies
    assert "email" in params.private_data.policies
    assert not params.acceptance.is_demanded


def test_nothing_is_asked_without_a_recipe(folder: Path) -> None:
    params = parameters(folder)
    assert (params.rules.profile, params.origin.sources.policy) == ("none", "off")
    assert not params.acceptance.is_demanded
    assert params == parameters(folder, "recipe=none")


def test_a_recipe_of_ones_own(folder: Path) -> None:
    differences = "span:\n  to: 2024-12\nlimits:\n  alarm_rows: 7\n"
    text = f"# @package _global_\ndefaults:\n  - cci\n{differences}"
    (folder / "recipe" / "ours.yaml").write_text(text)
    params = parameters(folder, "recipe=ours")
    assert (params.origin.span.first, params.origin.span.last) == ("2001-01", "2024-12")
    assert params.rules.profile == "cci"
    assert params.alarms.rows == 7


def test_a_recipe_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"there is no recipe/ccj\.yaml in .*did you mean cci\?"):
        command_line(Build, ["recipe=ccj"])

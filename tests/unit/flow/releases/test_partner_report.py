"""What became of what one partner gave, from decisions alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jobs.corpus.release.alarm_params import AlarmParams
from jobs.errors import ConfigError
from jobs.flow.builds.loss_alarms import release_alarms
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.partner_report import partner_report
from tests.builds import build_parameters, built_here, table


@pytest.fixture(scope="module")
def release(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> OpenedRelease:
    params = build_parameters(demo / "conf", tmp_path_factory.mktemp("root"), "alarms=warn")
    return built_here(params)


@pytest.mark.parametrize("partner", ["gov", "news", "papers"])
def test_report_counts_what_decisions_say(release: OpenedRelease, partner: str) -> None:
    rows = [row for row in table(release, "decisions").to_pylist() if row["partner"] == partner]
    found = partner_report(release, partner, examples=2)
    assert {row["file"]: row["delivered"] for row in found.files} == Counter(
        row["source_file"] for row in rows
    )
    for key in ("kept", "dropped", "rejected"):
        assert sum(row[key] for row in found.files) == found.account[key]
    shares = [(row["kept"] / row["delivered"], row["file"]) for row in found.files]
    assert shares == sorted(shares)
    lost = [row for row in rows if row["verdict"] != "kept"]
    assert {(row["stage"], row["reason"]): row["rows"] for row in found.reasons} == Counter(
        (row["stage"], row["reason"]) for row in lost
    )
    whose = Counter((row["kept_partner"], row["reason"]) for row in rows if row["kept_partner"])
    told = {(row["kept_partner"], row["reason"]): row["dropped"] for row in found.duplication}
    assert told == whose


def test_examples_are_the_first_of_each_reason_by_file_and_row(release: OpenedRelease) -> None:
    rows = [row for row in table(release, "decisions").to_pylist() if row["partner"] == "news"]
    lost = [row for row in rows if row["verdict"] != "kept"]
    place = lambda row: (row["source_file"], row["source_row"])  # noqa: E731
    expected = {
        of: sorted(place(row) for row in lost if (row["stage"], row["reason"]) == of)[:2]
        for of in {(row["stage"], row["reason"]) for row in lost}
    }
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for row in partner_report(release, "news", examples=2).examples:
        found.setdefault((row["stage"], row["reason"]), []).append(place(row))
    assert found == expected
    assert partner_report(release, "news", examples=0).examples == []


def test_a_partner_who_gave_nothing_is_named_beside_those_who_did(release: OpenedRelease) -> None:
    with pytest.raises(ConfigError, match="partner=新闻: choose gov, news or papers"):
        partner_report(release, "新闻", examples=1)


def test_alarms_of_one_partner_are_its_own_of_all(release: OpenedRelease) -> None:
    strict = AlarmParams(is_stopping=True, share=0, reason_share=0, id_rows=1, rows=1, bad_share=0)
    found = release_alarms(release, strict)
    assert {one.partner for one in found} == {"gov", "news", "papers"}
    for name in ("gov", "papers"):
        assert release_alarms(release, strict, partner=name) == [
            one for one in found if one.partner == name
        ]

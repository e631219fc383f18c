"""What became of what one partner gave, from decisions alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.corpus.release.alarm_params import AlarmParams
from jobs.errors import ConfigError
from jobs.flow.builds.loss_alarms import release_alarms
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.partner_report import partner_report
from jobs.flow.tasks.blobs import write_blob
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import blob_key
from tests.builds import build_parameters, built_here, table
from tests.releases import decided, publish_release, released, text


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


def test_worst_file_comes_first_and_shares_are_of_what_was_delivered(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    gov, news = (released(name, {str(n): text(n) for n in range(6)}) for name in ("gov", "news"))
    decisions = decided(gov, {"8": "near_duplicate", "9": "exact_duplicate"})
    names = ["乙" if verdict == "kept" else "甲" for verdict in decisions["verdict"].to_pylist()]
    at = decisions.schema.get_field_index("source_file")
    field = decisions.schema.field("source_file")
    decisions = decisions.set_column(at, field, pa.array(names, field.type))
    others = decided(news, {})
    partners = {"gov": ([gov], decisions), "news": ([news], others)}
    release = publish_release(store, "1.0.0", partners)
    # Older releases have rows of all partners in a file.
    mixed = write_blob(store, "demo", None, pa.concat_tables([decisions, others]).sort_by("doc_id"))
    entry = {"key": blob_key("demo", mixed["sha256"]), **mixed}
    older = replace(release, manifest={**release.manifest, "decisions": [entry]})
    for one in (release, older):
        found = partner_report(one, "gov", examples=1)
        assert [(row["file"], row["delivered"]) for row in found.files] == [("甲", 2), ("乙", 6)]
        assert {row["share"] for row in found.reasons} == {1 / 8}

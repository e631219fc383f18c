"""A build that asks where documents come from and of which time they are."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from jobs.errors import ConfigError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.releases.verification import verify
from jobs.storage.stores import open_store
from tests.builds import build_parameters, built_here, table, write_partner

ROWS = [
    ("http://www.news.example.cn/1", "2010-05-01", "一"),
    ("http://ads.news.example.cn/2", "2010-05-01", "二"),
    ("http://forum.example/3", "2010-05-01", "三"),
    ("http://www.news.example.cn/4", "1998-05-01", "四"),
    ("http://www.news.example.cn/5", None, "五"),
    ("http://forum.example/6", "1998-05-01", "六"),
]
LISTED = "news.example.cn\tkey_news_site\t北京\tCC0-1.0\t\n"
ALLOW = ("sources.policy=allow", "span.from=2001-01", "span.to=2023-11", "span.missing=reject")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = [
        orjson.dumps({"text": mark * 60, "url": url, "date": date, "id": mark})
        for url, date, mark in ROWS
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    partner = f"deliveries: {tmp_path}/*.jsonl\nformat: jsonl\nlicence: 部门授权\npriority: 2\n"
    write_partner(tmp_path, "gov", partner + "columns: {id: id, url: url, published: date}")
    write_registry(tmp_path, LISTED)
    return tmp_path


def write_registry(folder: Path, rows: str) -> None:
    header = "source\ttier\tregion\tlicence\tstatus\n"
    blocked = "ads.news.example.cn\t\t\t\tblocked\n"
    (folder / "sources.tsv").write_text(header + rows + blocked, encoding="utf-8")


def released(folder: Path, *overrides: str):
    registry = f"sources.registry={folder}/sources.tsv"
    params = build_parameters(
        folder, folder / "releases", "partners=[gov]", "alarms=warn", registry, *overrides
    )
    return params, built_here(params)


def test_every_row_says_which_filter_rejected_it(folder: Path) -> None:
    params, release = released(folder, *ALLOW)
    decided = {row["source_id"]: row for row in table(release, "decisions").to_pylist()}
    found = {name: (row["stage"], row["reason"], row["evidence"]) for name, row in decided.items()}
    assert found == {
        "一": ("merge", None, None),
        "二": ("sources", "blocked_source", "ads.news.example.cn"),
        "三": ("sources", "unlisted_source", "forum.example"),
        "四": ("span", "outside_span", "1998-05-01"),
        "五": ("span", "undated", "no date that can be read"),
        "六": ("sources", "unlisted_source", "forum.example"),
    }
    (kept,) = table(release, "shards").to_pylist()
    assert (kept["site"], kept["source_tier"], kept["region"], kept["licence"]) == (
        *("www.news.example.cn", "key_news_site", "北京"),
        "CC0-1.0",
    )
    verify(release)
    recorded = release.manifest["parameters"]
    assert recorded["span"] == {"first": "2001-01", "last": "2023-11", "missing": "reject"}
    assert recorded["sources"]["policy"] == "allow"
    assert params.origin.sources.registry is not None
    assert recorded["sources"]["registry"] == {"digest": params.origin.sources.registry.digest}


def test_nothing_is_rejected_or_recorded_without_a_policy(folder: Path) -> None:
    _, release = released(folder)
    assert not {"sources", "span"} & release.manifest["parameters"].keys()
    kept = table(release, "shards").to_pylist()
    assert len(kept) == len(ROWS)
    assert {row["licence"] for row in kept} == {"部门授权"}
    assert {row["source_tier"] for row in kept} == {None}


def test_another_registry_makes_another_release_and_extends_none(folder: Path) -> None:
    _, before = released(folder, *ALLOW)
    write_registry(folder, LISTED + "forum.example\tother\t\t\t\n")
    _, after = released(folder, *ALLOW, "corpus.version=2.0.0")
    ids = {row["source_id"] for row in table(after, "shards").to_pylist()}
    assert ids == {"一", "三"}
    assert before.manifest["parameters"]["sources"] != after.manifest["parameters"]["sources"]
    registry = f"sources.registry={folder}/sources.tsv"
    grown = ("partners=[gov]", "corpus.parent=1.0.0", "corpus.version=1.1.0", registry, *ALLOW)
    params = build_parameters(folder, folder / "releases", *grown)
    with pytest.raises(ConfigError, match=r"sources\.registry\.digest"):
        open_parent(open_store(params.storage), params)


def test_the_span_alone_needs_no_registry(folder: Path) -> None:
    _, release = released(folder, "span.from=2001")
    reasons = [row["reason"] for row in table(release, "decisions").to_pylist()]
    assert sorted(filter(None, reasons)) == ["outside_span", "outside_span"]


GATE = ("rules=gate", "sources.most_flagged=0.05", "sources.flagged_by=[digits]")


@pytest.fixture
def flagged(tmp_path: Path) -> Path:
    """Three sites: a fifth of one is digits, one document of another, none of the third."""
    for partner in ("甲", "乙"):
        lines = []
        for number in range(60):
            for site, is_bad in (("bad", number % 5 == 0), ("one", number == 0), ("good", False)):
                text = "0123456789" * 6 if is_bad else chr(0x4E00 + number) * 40
                url = f"http://{site}.example/{partner}/{number}"
                lines.append(orjson.dumps({"text": f"{text}{partner}{site}", "url": url}))
        (tmp_path / f"{partner}.jsonl").write_bytes(b"\n".join(lines))
        given = f"deliveries: {tmp_path}/{partner}.jsonl\nformat: jsonl\nlicence: CC0\npriority: 1"
        write_partner(tmp_path, partner, given + "\ncolumns: {url: url}")
    (tmp_path / "rules").mkdir()
    rule = "reject:\n  digits: {signal: digit_share, operator: '>', value: 0.5}\n"
    (tmp_path / "rules" / "gate.yaml").write_text(f"profile: gate\nsource: 试用\n{rule}")
    return tmp_path


def gated(folder: Path, root: str, *overrides: str):
    chosen = ("partners=[甲,乙]", "alarms=warn", *overrides)
    params = build_parameters(folder, folder / root, *chosen)
    return built_here(params)


def test_a_site_over_the_limit_is_rejected_as_a_whole(flagged: Path) -> None:
    release = gated(flagged, "releases", *GATE)
    rows = table(release, "decisions").to_pylist()
    bad = [row for row in rows if "//bad.example" in row["url"]]
    assert {row["reason"] for row in bad} == {"digits", "source_over_limit"}
    evidence = {row["evidence"] for row in bad if row["reason"] == "source_over_limit"}
    assert evidence == {"bad.example: 24 of 120 documents are flagged"}
    others = {row["reason"] for row in rows if "//bad.example" not in row["url"]}
    assert "digits" in others
    assert "source_over_limit" not in others
    verify(release)


def test_the_gate_does_not_depend_on_tasks(flagged: Path) -> None:
    whole = gated(flagged, "one", *GATE)
    parts = gated(flagged, "many", *GATE, "shards.input_bytes=20000", "shards.batch_bytes=1000")
    assert whole.manifest["partners"] == parts.manifest["partners"]
    assert whole.digest == parts.digest


def test_without_the_gate_no_site_is_rejected(flagged: Path) -> None:
    rows = table(gated(flagged, "releases", "rules=gate"), "decisions").to_pylist()
    assert "source_over_limit" not in {row["reason"] for row in rows}


def test_a_reason_that_no_rule_has_is_refused(flagged: Path) -> None:
    wrong = ("partners=[甲]", "rules=gate", "sources.most_flagged=0.05", "sources.flagged_by=[x]")
    with pytest.raises(ConfigError, match=r"sources\.flagged_by names x: the reasons"):
        build_parameters(flagged, flagged / "releases", *wrong)

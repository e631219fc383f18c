"""A build that asks where documents come from and of which time they are."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from jobs.errors import ConfigError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.releases.verification import verify
from jobs.storage.stores import open_store
from tests.builds import build, build_parameters, in_this_process, opened, table, write_partner

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
    with in_this_process():
        build(params)
    return params, opened(params)


def test_every_row_says_which_filter_rejected_it(folder: Path) -> None:
    params, release = released(folder, *ALLOW)
    decided = {row["source_id"]: row for row in table(release, "decisions").to_pylist()}
    found = {name: (row["stage"], row["reason"], row["evidence"]) for name, row in decided.items()}
    assert found == {
        "一": ("merge", None, None),
        "二": ("sources", "blocked_source", "ads.news.example.cn"),
        "三": ("sources", "unlisted_source", "forum.example"),
        "四": ("span", "outside_span", "1998-05-01"),
        "五": ("span", "undated", None),
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


def test_another_registry_makes_another_release(folder: Path) -> None:
    _, before = released(folder, *ALLOW)
    write_registry(folder, LISTED + "forum.example\tother\t\t\t\n")
    _, after = released(folder, *ALLOW, "corpus.version=2.0.0")
    ids = {row["source_id"] for row in table(after, "shards").to_pylist()}
    assert ids == {"一", "三"}
    assert before.manifest["parameters"]["sources"] != after.manifest["parameters"]["sources"]


def test_a_parent_with_another_registry_is_refused_by_name(folder: Path) -> None:
    released(folder, *ALLOW)
    write_registry(folder, LISTED + "forum.example\tother\t\t\t\n")
    registry = f"sources.registry={folder}/sources.tsv"
    grown = ("partners=[gov]", "corpus.parent=1.0.0", "corpus.version=1.1.0", registry, *ALLOW)
    params = build_parameters(folder, folder / "releases", *grown)
    with pytest.raises(ConfigError, match=r"sources\.registry\.digest"):
        open_parent(open_store(params.storage), params)


def test_the_span_alone_needs_no_registry(folder: Path) -> None:
    _, release = released(folder, "span.from=2001")
    reasons = [row["reason"] for row in table(release, "decisions").to_pylist()]
    assert sorted(filter(None, reasons)) == ["outside_span", "outside_span"]

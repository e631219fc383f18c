"""A build that counts risk keywords, and one that asks for opt-outs of pages."""

from __future__ import annotations

import logging
from pathlib import Path

import orjson
import pytest

from jobs.errors import ConfigError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.releases.verification import verify
from jobs.storage.stores import open_store
from tests.builds import build_parameters, built_here, table, write_partner
from tests.private_deliveries import everything_below

FOOTER = "版权所有：某某老虎机研究中心，未经许可不得转载，违者必究。"
PAGES = 60
UNSAID = "无人提及之词"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("risks")
    rows = [
        {"id": "赌", "text": "来玩老*虎*机，老 虎 機 最好。" + "甲" * 150},
        {"id": "一", "text": "警方查获老虎机。" + "乙" * 150},
        {"id": "骗", "text": "刷单兼职，刷单兼职，" + "丙" * 400},
        {"id": "查", "text": "打击刷单兼职专项行动。" + "丁" * 150},
    ]
    for number in range(PAGES):
        text = f"{chr(0x4E00 + number) * 60}\n{FOOTER}"
        rows.append({"id": f"{number}", "text": text, "url": f"http://a.example/{number}"})
    (folder / "a.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    tags = {"禁": "noai", "图": "noimageai", "可": "index"}
    for name, word in tags.items():
        head = f'<meta name="robots" content="{word}">'
        body = f"<p>{name * 30}，有关单位已经发布通告，请遵照执行。</p>"
        page = f"<html><head>{head}</head><body>{body}</body></html>"
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    given = "licence: CC0-1.0\npriority: 1\n"
    rows_of = f"deliveries: {folder}/*.jsonl\nformat: jsonl\ncolumns: {{id: id, url: url}}\n"
    write_partner(folder, "gov", rows_of + given)
    pages_of = f"deliveries: {folder}/*.html\nformat: html\ncolumns: {{id: name}}\n"
    write_partner(folder, "web", pages_of + given)
    write_rules(folder, "ours", risk="risk_hits_per_1000_chars > 8", fraud="risk_hits.诈骗 >= 2")
    write_rules(folder, "all", risk="risk_hits_per_1000_chars >= 0")
    write_rules(folder, "other", other="risk_hits_per_1000_chars.走私 > 1")
    (folder / "words").mkdir()
    (folder / "words" / "赌博.txt").write_text(f"{UNSAID}\n老虎机\n", encoding="utf-8")
    (folder / "words" / "b.csv").write_text("类别,关键词\n诈骗,刷单兼职\n", encoding="utf-8")
    (folder / "harmless.txt").write_text("打击刷单兼职\n", encoding="utf-8")
    return folder


def write_rules(folder: Path, profile: str, **rules: str) -> None:
    (folder / "rules").mkdir(exist_ok=True)
    lines = [f"profile: {profile}", "source: 试用", "reject:"]
    for reason, rule in rules.items():
        signal, operator, value = rule.split()
        lines.append(f"  {reason}: {{signal: {signal}, operator: '{operator}', value: {value}}}")
    (folder / "rules" / f"{profile}.yaml").write_text("\n".join(lines), encoding="utf-8")


def parameters(folder: Path, root: Path, *overrides: str):
    few = ("partners=[gov,web]", "alarms=warn", "limits.reject_share=1")
    return build_parameters(folder, root, *few, *overrides)


def released(folder: Path, root: Path, *overrides: str):
    params = parameters(folder, root, *overrides)
    return built_here(params)


def words(folder: Path) -> tuple[str, ...]:
    return (
        f"signals.risk_keywords={folder}/words",
        f"signals.risk_exceptions={folder}/harmless.txt",
        "signals.risk_version=2026-11",
    )


def test_hits_are_columns_and_rules_say_which_word_by_number(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, *words(folder), "rules=ours")
    decided = {row["source_id"]: row for row in table(release, "decisions").to_pylist()}
    assert (decided["赌"]["stage"], decided["赌"]["reason"]) == ("judge", "risk")
    assert decided["赌"]["evidence"] == "risk_hits_per_1000_chars 10 > 8: words 赌博=2"
    assert decided["骗"]["reason"] == "fraud"
    assert decided["骗"]["evidence"] == "risk_hits.诈骗 2 >= 2: words 诈骗=1"
    kept = {row["source_id"]: row for row in table(release, "shards").to_pylist()}
    assert (kept["一"]["risk_hits"], kept["一"]["risk_words"]) == ("赌博=1", "赌博=2")
    assert kept["查"]["risk_hits"] is None
    assert kept["查"]["risk_hits_per_1000_chars"] == 0
    recorded = release.manifest["parameters"]["signals"]["risks"]
    assert recorded["categories"] == {"诈骗": 1, "赌博": 2}
    assert (recorded["version"], recorded["exceptions"]) == ("2026-11", 1)
    assert not verify(release).problems


def test_lines_that_a_site_loses_are_counted_no_more(folder: Path, tmp_path: Path) -> None:
    removed = released(folder, tmp_path / "a", *words(folder))
    whole = released(folder, tmp_path / "b", *words(folder), "paragraphs.site_boilerplate=false")
    for release, hits in ((removed, None), (whole, "赌博=1")):
        kept = table(release, "shards").to_pylist()
        found = [row["risk_hits"] for row in kept if row["url"] and "a.example" in row["url"]]
        assert set(found) == {hits}


def test_no_word_is_anywhere_and_a_small_library_is_warned_of(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        released(folder, tmp_path, *words(folder), "rules=cci")
    for path, text in everything_below(tmp_path):
        assert UNSAID not in text, path
    assert "signals.risk_keywords: 3 words, 10,000 are asked for" in caplog.text
    assert "signals.risk_keywords: 2 categories, 17 are asked for" in caplog.text
    assert UNSAID not in caplog.text


def test_without_a_library_nothing_is_counted_and_no_rule_holds(
    folder: Path, tmp_path: Path
) -> None:
    release = released(folder, tmp_path, "rules=all")
    assert "risks" not in release.manifest["parameters"]["signals"]
    kept = table(release, "shards").to_pylist()
    assert {row["risk_hits_per_1000_chars"] for row in kept} == {None}
    assert "赌" in {row["source_id"] for row in kept}


def test_another_library_extends_no_release(folder: Path, tmp_path: Path) -> None:
    released(folder, tmp_path, *words(folder))
    (tmp_path / "other.csv").write_text("category,word\n赌博,时时彩\n", encoding="utf-8")
    grown = ("corpus.parent=1.0.0", "corpus.version=1.1.0")
    params = parameters(folder, tmp_path, *grown, f"signals.risk_keywords={tmp_path}/other.csv")
    with pytest.raises(ConfigError, match=r"signals\.risks\.digest"):
        open_parent(open_store(params.storage), params)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ([], r"risk keywords of 走私: signals\.risk_keywords has no file"),
        (["signals.risk_keywords=WORDS"], r"of 走私: signals\.risk_keywords has 诈骗, 赌博"),
        (["signals.risk_keywords=NOWHERE"], r"signals\.risk_keywords: NOWHERE: no file there"),
    ],
)
def test_library_and_rules_must_fit(folder: Path, given: list[str], complaint: str) -> None:
    given = [one.replace("WORDS", f"{folder}/words") for one in given]
    with pytest.raises(ConfigError, match=complaint):
        parameters(folder, folder, "rules=other", *given)


@pytest.mark.parametrize(
    ("policy", "shown", "rejected"),
    [
        ("off", {"禁": None, "图": None, "可": None}, set()),
        ("report", {"禁": "meta robots: noai", "图": "meta robots: noimageai", "可": None}, set()),
        ("reject", {"图": "meta robots: noimageai", "可": None}, {"禁"}),
    ],
)
def test_opt_outs_are_reported_or_rejected(
    folder: Path, tmp_path: Path, policy: str, shown: dict, rejected: set
) -> None:
    release = released(folder, tmp_path, f"rights.policy={policy}")
    kept = table(release, "shards").to_pylist()
    assert {row["source_id"]: row["rights"] for row in kept if row["partner"] == "web"} == shown
    out = [row for row in table(release, "decisions").to_pylist() if row["stage"] == "rights"]
    assert {row["source_id"] for row in out} == rejected
    assert {(row["verdict"], row["reason"], row["evidence"]) for row in out} <= {
        ("rejected", "rights_reserved", "meta robots: noai")
    }
    recorded = release.manifest["parameters"].get("rights")
    assert recorded == (None if policy == "off" else {"policy": policy})
    assert not verify(release).problems


def test_policy_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"rights\.policy='maybe': choose off, report, reject"):
        parameters(folder, folder, "rights.policy=maybe")

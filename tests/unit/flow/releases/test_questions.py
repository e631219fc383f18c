"""Questions about one document or one sentence, asked of a release that was built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from jobs.command.plain_config import plain_config
from jobs.command.schemas import from_plain
from jobs.errors import ConfigError
from jobs.explain import main as verb
from jobs.flow.releases.amounts import amounts
from jobs.flow.releases.explanation import explain
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.text_search import holding, near_copies
from tests.builds import build_parameters, built_here, write_partner

STORY = (
    "河务局昨日通报，入汛以来全市平均降雨量比常年多两成，三座水库超过汛限水位，"
    "值守人员已增加到每处四人，低洼路段备足沙袋与水泵。居民如遇积水，请拨打便民电话。"
)
ROWS = [
    {
        "id": "1",
        "title": "汛情通报",
        "text": STORY,
        "url": "https://a.example/1?p=2",
        "date": "2019-01-02",
    },
    {"id": "2", "title": "汛情通报", "text": f"{STORY}\n【完】", "url": "https://a.example/2"},
    {
        "id": "3",
        "title": "读书会",
        "text": "周末在图书馆三楼举办读书会，欢迎带着书来。",
        "url": None,
    },
    {"id": "a://b", "title": "开馆", "text": "新馆下月开放，试运行期间凭预约进入。", "url": None},
    {"id": "5", "title": "开馆", "text": "旧馆同日起闭馆修缮，还书可投门口书箱。", "url": None},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("questions")


@pytest.fixture(scope="module")
def release(folder: Path) -> OpenedRelease:
    (folder / "2023").mkdir()
    (folder / "2023" / "a.jsonl").write_bytes(b"\n".join(map(orjson.dumps, ROWS)))
    columns = "{id: id, title: title, url: url, published: date}"
    given = f"deliveries: {folder}/**/*.jsonl\nformat: jsonl\nlicence: CC0\npriority: 1\n"
    write_partner(folder, "gov", f"{given}columns: {columns}")
    params = build_parameters(folder, folder / "releases", "partners=[gov]", "alarms=warn")
    return built_here(params)


def ids(release: OpenedRelease) -> dict[str, str]:
    return {row["source_id"]: row["id"] for row in release.dataset().to_table().to_pylist()}


@pytest.mark.parametrize(
    ("asked", "source_id"),
    [
        *(("gov/3", "3"), ("gov/a://b", "a://b"), ("https://a.example/1?p=2", "1")),
        *(("https://a.example/2", "2"), ("2023/a.jsonl:3", "3"), ("读书会", "3")),
    ],
)
def test_a_document_is_asked_for_in_many_ways(
    release: OpenedRelease, asked: str, source_id: str
) -> None:
    found = explain(release, asked)
    assert found is not None
    assert [row["source_id"] for row in found.decisions] == [source_id]
    again = explain(release, found.doc_id)
    assert again == found


def run_explain(folder: Path, *given: str) -> None:
    """Run the verb in this process."""
    line = [f"storage.root={folder / 'releases'}", *given]
    plain = plain_config("explain", verb.schema, line)
    verb.action(from_plain(verb.schema, plain))


@pytest.mark.usefixtures("release")
def test_duplicate_is_shown_beside_what_stayed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    run_explain(folder, "id=gov/1")
    shown = capsys.readouterr()
    assert "│" not in shown.out
    assert "give deliveries=PATH where 2023/a.jsonl is now" in shown.err
    there = f"deliveries={folder}/2023/a.jsonl"
    run_explain(folder, "id=gov/1", there)
    shown = capsys.readouterr()
    size = len(STORY)
    begin = f"dropped ({size} characters) │ stayed ({size + 4}), from line 1:\n"
    beside = f"{' ' * 39}│ 【完】\n  line 1: 遇积水，请拨打便民电话。{{+⏎【完】+}}\n"
    assert shown.out.endswith(begin + beside)
    assert shown.err == ""
    run_explain(folder, "id=gov/1", there, "format=json")
    found = orjson.loads(capsys.readouterr().out)
    assert found["dropped_text"] == STORY
    assert found["document"]["content"] == f"{STORY}\n【完】"
    run_explain(folder, "id=gov/2", there, "format=json")
    assert orjson.loads(capsys.readouterr().out)["dropped_text"] is None


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ("开馆", "is that of 2 documents: give one id of [0-9a-f]{32}, [0-9a-f]{32}$"),
        ("https://a.example/9", "is in no delivery: give 32 hexadecimal digits"),
        ("2023/a.jsonl:99", "is in no delivery"),
        ("没有这个标题", "is in no delivery"),
    ],
)
def test_what_is_unknown_or_of_several_is_refused(
    release: OpenedRelease, asked: str, reported: str
) -> None:
    with pytest.raises(ConfigError, match=reported):
        explain(release, asked)


def test_a_sentence_is_found_with_its_origin(release: OpenedRelease) -> None:
    (hit,) = holding(release, "凭预约进入")
    assert (hit.partner, hit.title, hit.row) == ("gov", "开馆", 4)
    assert hit.file.endswith("a.jsonl")
    text = ROWS[3]["text"]
    assert text is not None
    assert hit.position == text.index("凭预约进入")
    assert "试运行期间凭预约进入。" in hit.excerpt
    assert list(holding(release, "凭预约出去")) == []


def test_a_near_copy_is_found_in_other_typesetting(release: OpenedRelease) -> None:
    pasted = STORY.replace("，", ",").replace("昨日", "今日").replace("入汛", "　入 汛")
    (hit,) = near_copies(release, pasted, threshold=0.5)
    assert hit.similarity is not None
    assert 0.5 <= hit.similarity < 1
    assert hit.title == "汛情通报"
    (same,) = near_copies(release, f"{STORY}【完】", threshold=None)
    assert same.similarity == 1.0
    assert (
        list(near_copies(release, "全然不同的一段文字，与上述各篇都不相干。", threshold=0.5)) == []
    )


def test_signatures_of_another_canonical_form_are_not_compared(release: OpenedRelease) -> None:
    older = {**release.manifest["parameters"], "canonical": {"version": 2, "folding": "0"}}
    manifest = {**release.manifest, "parameters": older}
    with pytest.raises(ConfigError, match=r"signed by another version of heliu"):
        list(near_copies(replace(release, manifest=manifest), STORY, threshold=0.5))


def test_what_cannot_be_searched_for_is_refused(release: OpenedRelease) -> None:
    with pytest.raises(ConfigError, match="stands in every document"):
        list(holding(release, ""))
    with pytest.raises(ConfigError, match="fewer than 5 letters and digits"):
        list(near_copies(release, "短，短", threshold=0.5))


def test_amounts_by_values_add_up_to_the_release(release: OpenedRelease) -> None:
    rows = release.dataset().to_table().to_pylist()
    whole = {"documents": len(rows), "characters": sum(row["content_chars"] for row in rows)}
    for by in (["partner"], ["year"], ["site", "licence"], ["year", "partner", "script"]):
        found = amounts(release, by).to_pylist()
        assert {name: sum(row[name] for row in found) for name in whole} == whole
        assert found == sorted(found, key=lambda row: -row["characters"])
    sites = {row["site"]: row["documents"] for row in amounts(release, ["site"]).to_pylist()}
    assert sites == {"a.example": 1, None: 3}
    with pytest.raises(ConfigError, match="choose year, partner"):
        amounts(release, ["colour"])

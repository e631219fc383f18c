"""Which titles and texts make siblings, and which name one document in two ways."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.corpus.dedup.siblings import Keys, are_titles_unlike, title_keys
from jobs.corpus.text.canonical import canonical, canonical_texts
from jobs.corpus.text.text_buffers import text_buffers

LONG = "各县人民政府要加强防汛抗旱工作的组织领导，落实责任，确保安全。"


def keys(titles: list[str | None], texts: list[str]) -> list[str | None]:
    canonical = canonical_texts(pa.array(texts, pa.large_string()))
    return title_keys(pa.array(titles, pa.string()), canonical).to_pylist()


def unlike(one: str, other: str) -> bool:
    titles = title_keys(pa.array([one, other]), canonical_texts(pa.array([one, other])))
    data, offsets, _ = text_buffers(titles)
    return bool(are_titles_unlike(Keys(data, offsets), 0, 1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("高雄分局办事细则", "新竹分局办事细则"),
        ("一百零七年度预算编制办法", "一百零六年度预算编制办法"),
        ("软件 3.2 RC 版本说明", "软件 3.2 版本说明"),
        ("启动实例", "重启实例"),
    ],
)
def test_titles_of_one_kind_that_differ_are_unlike(one: str, other: str) -> None:
    assert unlike(one, other)
    assert unlike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("商标法", "中华人民共和国商标法"),
        ("红楼梦 第一一六回", "红楼梦 第一百十六回 得通灵幻境悟仙缘"),
        ("改革迈出新步伐", "聚焦基层：图书馆的一天"),
        ("《通知》", "通知。"),
    ],
)
def test_titles_that_may_name_one_document_are_not(one: str, other: str) -> None:
    assert not unlike(one, other)
    assert not unlike(other, one)


def test_title_key_needs_a_text_with_the_title_near_its_beginning() -> None:
    title, body = "高雄分局办事细则", "本细则依法订定。"
    texts = [f"{title}\n{body}", body, body * 400 + title, title]
    assert keys([title] * 3 + [None], texts) == [title, None, None, None]
    numbered = ["第十二期公告", "下半年公告", "第007章"]
    assert keys(numbered, [body] * 3) == ["?第12期公告", "?3半年公告", "?第7章"]


@pytest.mark.parametrize(
    ("one", "other", "unlike"),
    [
        ("2023年3月居民消费价格上涨0.7%", "2023年4月居民消费价格下降0.3%", True),
        ("上半年财政收支情况", "下半年财政收支情况", True),
        ("The Second Session opens", "The Third Session opens", True),
        ("第088章 出海", "第88章 出海", False),  # one number
        ("全市新增3例", "今天全市新增病例3例，累计20例", False),  # of two papers: more numbers
        ("警方抓获5人，案件告破", "失窃6年的古画找到了", False),  # hardly alike
        ("3", "4", False),  # nothing but a number
    ],
)
def test_titles_that_texts_lack_are_unlike_by_their_numbers_alone(
    one: str, other: str, *, unlike: bool
) -> None:
    titles = title_keys(pa.array([one, other]), pa.array([LONG, LONG], pa.large_string()))
    data, offsets, _ = text_buffers(titles.fill_null(""))
    assert bool(are_titles_unlike(Keys(data, offsets), 0, 1)) is unlike
    assert bool(are_titles_unlike(Keys(data, offsets), 1, 0)) is unlike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第十四届二次会议", "第十四届三次会议"),
        ("同比增长-12.5%", "同比增长12%"),
        ("2023年11月5日", "2024年1月29日"),
        ("见 https://a.example/1 共3", "见 https://a.example/2 共4"),
        (f"{LONG}见 https://a.example/ 共3", f"{LONG}见 共4"),
    ],
)
def test_texts_that_differ_in_numbers_alone_have_the_same_letters(one: str, other: str) -> None:
    first, second = canonical(pa.array([one, other])).sums.tolist()
    assert first[0] == second[0]
    assert 0 != first[1] != second[1] != 0


def test_other_texts_have_other_letters_and_numbers_are_none_where_there_are_none() -> None:
    sums = canonical(pa.array(["甲方共3人", "乙方共3人", "没有数目", "", None])).sums.tolist()
    assert sums[0][0] != sums[1][0]
    assert sums[0][1] == sums[1][1]
    assert [numbers for _, numbers in sums[2:]] == [0, 0, 0]

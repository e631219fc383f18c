"""The canonical form: what writing habits are taken away, and what must never be."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.corpus.text.canonical import canonical
from jobs.corpus.text.page_furniture import SetAside
from tests.corpora import canonical_list


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("关于印发《通知》的函。", "关于印发通知的函"),
        ("ＡＢＣ－１２３", "abc-123"),
        ("臺灣、後來、國務院", "台湾后来国务院"),
        ("2023年11月29日，共1,234件", "2023年11月29日共1234件"),
        ("  \u3000\t\n。！？—…", ""),
        ("𠮷野家①", "𠮷野家1"),
        ("", ""),
    ],
)
def test_canonical_text_keeps_what_tells_texts_apart(text: str, canonical: str) -> None:
    assert canonical_list([text]) == [canonical]


def test_canonical_text_of_two_bulletins_differs_in_their_numbers() -> None:
    may, june = canonical_list(["5月份居民消费价格同比上涨0.2%", "6月份居民消费价格同比上涨0.3%"])
    assert may != june


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x+3=7", "x-3=7"),
        ("x + 3", "x - 3"),
        ("x−3", "x3"),
        ("同比增长 -12.5%", "同比增长 12.5%"),
        ("涨 12.5", "涨 125"),
        ("水温>30℃", "水温<30℃"),
        ("学 C++", "学 C"),
        ("学 C#", "学 C"),
        ("比分 3:2", "比分 32"),
        ("占 1/2", "占 12"),
        ("共 10² 个", "共 102 个"),
        ("价格 $30", "价格 30"),
        ("ཀི", "ཀུ"),
        ("กิ", "กุ"),
        ("a ≤ b", "a ≥ b"),
        ("a<=b", "a>=b"),
        ("-5℃", "5℃"),
        ("x<5", "x>5"),
        ("误差 <5", "误差 >5"),
        ("a!=b", "a==b"),
        ("5!", "5"),
        ("第1、2条", "第12条"),
        ("3～5人", "35人"),
        ("12 34", "1234"),
        ("¬p", "p"),
        ("涨↑", "跌↑"),
        ("↑5%", "↓5%"),
        ("☑同意", "☐同意"),
        ("👍", "👎"),
        ("a_b", "ab"),
    ],
)
def test_canonical_texts_that_differ_in_a_sign_or_mark_differ(one: str, other: str) -> None:
    first, second = canonical_list([one, other])
    assert first != second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("- 第一项\n- 第二项", "• 第一项\n• 第二项"),
        ("**重要**：注意", "重要:注意"),
        ("甲——乙", "甲—乙"),
        ("共1,234件", "共 1234 件"),
        ("> 引用", "引用"),
        ("# 标题", "标题"),
        ("甲→乙", "甲 乙"),
        ("字️", "字"),
    ],
)
def test_canonical_form_leaves_out_what_only_decorates(one: str, other: str) -> None:
    first, second = canonical_list([one, other])
    assert first == second


LONG = "各县人民政府要加强防汛抗旱工作的组织领导，落实责任，确保人民群众生命财产安全。"


@pytest.mark.parametrize(
    "address",
    [
        "http://www.gov.example/a/b.html?id=3#x",
        "HTTPS://a.example/",
        "www.gov.example/a",
        "![图一](https://img.example/a.png)",
        '![](a/b.png "图")',
    ],
)
def test_addresses_and_pictures_are_set_aside_and_told(address: str) -> None:
    texts = [f"{LONG} {address} {LONG}", LONG + LONG]
    found = canonical(pa.array(texts, pa.large_string()))
    assert found.compared[0] == found.compared[1]
    assert found.set_aside.tolist() == [SetAside.ADDRESSES, 0]
    (whole,) = found.whole.to_pylist()
    assert len(whole) > len(found.compared[0].as_py())


def test_target_of_a_link_is_set_aside_and_its_text_is_not() -> None:
    linked = f"{LONG}[相关规定](/docs/rules.md){LONG}call[0](x)"
    plain = f"{LONG}相关规定{LONG}call0x"
    first, second = canonical_list([linked, plain])
    assert first == second


def test_text_of_little_but_an_address_keeps_it() -> None:
    one, other = canonical_list(["下载 https://a.example/1", "下载 https://a.example/2"])
    assert one != other

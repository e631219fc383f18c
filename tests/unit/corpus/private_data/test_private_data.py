"""Private data is found by what identifies it, and numbers that only look like it are left."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.private_data.findings import FINDINGS, private_data
from jobs.corpus.private_data.kinds import PLACEHOLDERS, PrivateKind, private_spans
from jobs.corpus.private_data.numbers import (
    is_credit_code,
    is_payment_card,
    is_resident_id,
)

HELD = {
    PrivateKind.RESIDENT_ID: [
        *("11010519491231002X", "11010519491231002x", "110105 19491231 002X", "110105491231002"),
    ],
    PrivateKind.MOBILE: [
        "13812345678",
        "14712345678",
        "138-1234-5678",
        "１３８１２３４５６７８",
        "1 3 8 1 2 3 4 5 6 7 8",
    ],
    PrivateKind.PAYMENT_CARD: ["6222021234567890128", "6222 0212 3456 7890 128"],
    PrivateKind.CREDIT_CODE: ["91110000802100433B"],
    PrivateKind.NUMBER_PLATE: ["京A12345", "粤B·12345", "沪AD12345"],
    PrivateKind.EMAIL: ["zhang.san@example.com"],
    PrivateKind.IP_ADDRESS: ["202.96.128.86"],
    PrivateKind.MAC_ADDRESS: ["00:1A:2B:3C:4D:5E"],
    PrivateKind.SECRET: ["AKIAIOSFODNN7EXAMPLE"],
}
NAMED = {
    PrivateKind.PASSPORT: ("持护照号", "E12345678"),
    PrivateKind.TRAVEL_PERMIT: ("港澳居民来往内地通行证：", "H1234567801"),
    PrivateKind.WECHAT: ("微信号：", "abc_12345"),
    PrivateKind.QQ: ("QQ：", "123456789"),
    PrivateKind.LANDLINE: ("家庭电话：", "0571-87654321"),
    PrivateKind.HOME_ADDRESS: ("现住朝阳区", "建国路88号3号楼2单元1203室"),
    PrivateKind.SECRET: ("密码：", "abc123!@"),
}
BESIDE = [
    (PrivateKind.WECHAT, "微信号 ： ", "li_829778"),
    (PrivateKind.WECHAT, "| 张三 | 微信 | ", "wxid_s457984"),
    (PrivateKind.QQ, "张三\tQQ号\t", "541291"),
    (PrivateKind.EMAIL, "邮箱：", "y8967340@163．com"),
    (PrivateKind.EMAIL, "邮箱：", "wang_fang＠sina．cn"),
    (PrivateKind.MAC_ADDRESS, "网卡地址：", "E6：FB：D5：FE：4B：BF"),
    (PrivateKind.HOME_ADDRESS, "现住", "学府街126号阳光花园11栋5单元1702户"),
]
LEFT = [
    "上游DNS服务器8.8.8.8，网关地址1.2.3.4，组播地址224.0.0.1",
    '<metadata minClientVersion="100.0.0.1">，Extensions.Core 3.17.11.40',
    "新建和平小区12栋300户",
    "2023年13800138000元的项目",
    "全年完成13812345678吨",
    "热线12345，值班电话010-66001234",
    "国发〔2023〕12号，第110105194912310021号",
    "身份证号110105194912310021有误",
    "卡号6222021234567890127",
    "版本1.2.3.4，见第10.2.3.1节",
    "本机127.0.0.1，网段192.168.1.1",
    "订单号：13812345678",
    "圆周率3.14159265358979",
    "2023-11-29 08:00:00至2023-12-01 09:30:00",
    "ISBN 978-7-04-050694-5",
    "统计：1234567 2345678 3456789",
    "每股13.812345678元",
    "京ABCDEFG",
    "政务大厅1203室",
    "他说微信群里有人，QQ群也有",
]


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in HELD.items() for value in values]
)
@pytest.mark.parametrize(
    "around", ["{}", "请联系{}，谢谢。", "字{}字", "| 张三 | {} |\n", "（{}）"]
)
def test_value_is_found_wherever_it_stands(kind: PrivateKind, value: str, around: str) -> None:
    text = around.format(value)
    assert [(text[s.start : s.end], s.kind) for s in private_spans(text)] == [(value, kind)]
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(("kind", "said"), NAMED.items())
def test_value_is_found_by_what_names_it(kind: PrivateKind, said: tuple[str, str]) -> None:
    named, value = said
    assert found(f"情况：{named}{value}。") == [(kind, value)]
    assert kind == PrivateKind.HOME_ADDRESS or found(f"数据{value}。") == []


@pytest.mark.parametrize(("kind", "named", "value"), BESIDE)
def test_value_is_found_as_people_write_it(kind: PrivateKind, named: str, value: str) -> None:
    assert found(f"情况：{named}{value}。") == [(kind, value)]


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert found(text) == []


def test_two_numbers_beside_each_other_are_two() -> None:
    assert [kind for kind, _ in found("13812345678 13987654321")] == [PrivateKind.MOBILE] * 2


def test_check_digits_tell_numbers_from_others() -> None:
    rng = random.Random(7)
    ids = [f"110105{rng.randrange(1950, 2005)}0101{rng.randrange(1000):03d}" for _ in range(50)]
    assert all(sum(is_resident_id(one + check) for check in "0123456789X") == 1 for one in ids)
    cards = [f"62{rng.randrange(10**13):013d}" for _ in range(50)]
    assert all(
        sum(is_payment_card(card + str(check)) for check in range(10)) == 1 for card in cards
    )
    assert not is_credit_code("91110000802100433A")


def test_many_short_texts_each_with_a_value_lose_none() -> None:
    found = private_data(pa.array(["电话13812345678"] * 1000, pa.large_string()))
    assert found["row"].to_pylist() == list(range(1000))


def test_rows_are_independent_and_null_rows_have_none() -> None:
    texts = [
        "电话13812345678",
        None,
        "",
        "字" * 1000,
        "邮箱a@example.com和" + "文" * 300 + "13812345678",
    ]
    whole = private_data(pa.array(texts, pa.large_string())).to_pylist()
    alone = [
        {**one, "row": row}
        for row, text in enumerate(texts)
        for one in private_data(pa.array([text], pa.large_string())).to_pylist()
    ]
    assert whole == alone
    assert [one["row"] for one in whole] == [0, 4, 4]
    assert private_data(pa.array([], pa.large_string())).schema == FINDINGS


@settings(deadline=None)  # the first text compiles the kernel
@given(st.text(alphabet="0123456789Xx -.:@京A微信QQ号：室·\u00a0１户单元街", max_size=80))
def test_windows_lose_nothing(text: str) -> None:
    spans = [
        (len(text[: s.start].encode()), len(text[: s.end].encode()), s.kind)
        for s in private_spans(text)
    ]
    table = private_data(pa.array([text], pa.large_string())).to_pylist()
    assert [(one["start"], one["end"], one["kind"]) for one in table] == spans


def test_every_kind_has_a_placeholder() -> None:
    assert set(PLACEHOLDERS) == set(PrivateKind)
    assert all(not private_spans(text) for text in PLACEHOLDERS.values())


def found(text: str) -> list[tuple[str, str]]:
    whole = text.encode()
    table = private_data(pa.array([text], pa.large_string())).to_pylist()
    return [(one["kind"], whole[one["start"] : one["end"]].decode()) for one in table]

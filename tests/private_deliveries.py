"""Deliveries with values of every kind of private data, and a search of all bytes for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.corpus.private_data.kinds import PrivateKind

SAID = {
    PrivateKind.RESIDENT_ID: "张三身份证号{}", PrivateKind.MOBILE: "手机{}，请致电。",
    PrivateKind.LANDLINE: "家庭电话：{}", PrivateKind.PAYMENT_CARD: "汇入账户{}内",
    PrivateKind.PASSPORT: "持护照号{}入境", PrivateKind.TRAVEL_PERMIT: "持通行证：{}入境",
    PrivateKind.CREDIT_CODE: "代码{}的单位", PrivateKind.NUMBER_PLATE: "驾驶{}行至路口",
    PrivateKind.EMAIL: "邮箱{}收件", PrivateKind.WECHAT: "微信号：{}，可加好友",
    PrivateKind.QQ: "QQ：{}，可加好友", PrivateKind.HOME_ADDRESS: "现住朝阳区{}。",
    PrivateKind.IP_ADDRESS: "登录IP：{}。", PrivateKind.MAC_ADDRESS: "网卡{}在线",
    PrivateKind.SECRET: "密码：{}",
}  # fmt: skip
VALUES = {
    PrivateKind.RESIDENT_ID: "11010519491231002X", PrivateKind.MOBILE: "13812345678",
    PrivateKind.LANDLINE: "0571-87654321", PrivateKind.PAYMENT_CARD: "6222021234567890128",
    PrivateKind.PASSPORT: "E12345678", PrivateKind.TRAVEL_PERMIT: "H1234567801",
    PrivateKind.CREDIT_CODE: "91110000802100433B", PrivateKind.NUMBER_PLATE: "京A12345",
    PrivateKind.EMAIL: "zhang.san@example.com", PrivateKind.WECHAT: "abc_12345",
    PrivateKind.QQ: "987650321", PrivateKind.HOME_ADDRESS: "建国路88号3号楼2单元1203室",
    PrivateKind.IP_ADDRESS: "202.96.128.86", PrivateKind.MAC_ADDRESS: "00:1A:2B:3C:4D:5E",
    PrivateKind.SECRET: "abc123!@",
}  # fmt: skip
FURNITURE = "版权所有：某某信息中心，未经许可不得转载，联系手机13812345678。"


def lines() -> Iterator[bytes]:
    """Per kind a value in a text twice over, one in a title, one in a row that is refused."""
    for number, kind in enumerate(PrivateKind):
        said = SAID[kind].format(VALUES[kind])
        line = f"第{number}号通报，{said}，有关情况已经核实无误，特此通知各有关单位。"
        text = f"{'一二三四五六七八九十百千万元亿'[number] * 40}\n{line}\n{line}\n{FURNITURE}"
        url = f"http://a.example/{number}"
        for title, body in (("通报", text), (said, f"标题所说的第{number}件事。\n{FURNITURE}")):
            yield orjson.dumps({"title": title, "text": body, "url": url})
        yield f'{{"text": {said}'.encode()


def everything_below(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file: the words of a Parquet file's columns, and the bytes of all."""
    for path in sorted(root.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            table_end = body.rfind(b"PAR1") + 4 if body.startswith(b"PAR1") else 0  # then a seal
            columns = pq.read_table(pa.BufferReader(body[:table_end])) if table_end else None
            yield path, f"{columns and columns.to_pydict()} {body.decode('utf-8', 'replace')}"


def held(texts: str) -> set[str]:
    return {value for value in VALUES.values() if value in texts}


def quoted_lines() -> Iterator[bytes]:
    """Values where they are quoted: kept columns, dates, pages' policies, rows that break off.

    JSON as Python writes it, with escapes in front of values.
    """
    for number, kind in enumerate(PrivateKind):
        said = SAID[kind].format(VALUES[kind])
        row = {"text": f"第{number}件事，已经办结。" * 9, "note": f"备注\n{said}", "date": said}
        row["contacts"] = [
            {"说明": f"其一\t{said}"},
            {said: said},
            json.dumps([f"\n{said}"]),
        ]
        yield json.dumps(row).encode()
        broken = json.dumps({"text": f"第{number}件事\n{said}"}).encode()
        for left in range(1, 24):  # what is quoted begins or ends inside the value
            yield broken[:-left]
        policy = (
            f'<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="{said}">'
        )
        page = f"<html><head>{policy}</head><body><p>{row['text']}</p></body></html>"
        yield json.dumps({"text": page}).encode()


def parts_held(texts: str) -> set[str]:
    """Parts of values that are in some texts: eight characters of those that are no words."""
    plain = [value for value in VALUES.values() if value.isascii()]
    parts = {value[at : at + 8] for value in plain for at in range(max(1, len(value) - 7))}
    return {part for part in parts if part in texts}

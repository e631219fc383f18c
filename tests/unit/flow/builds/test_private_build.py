"""A build that replaces private data: no value of it is left anywhere below the root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command.reports import report_partners
from jobs.corpus.private_data.kinds import PLACEHOLDERS, PrivateKind
from jobs.errors import ConfigError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.verification import verify
from jobs.storage.stores import open_store
from tests.builds import (
    build,
    build_parameters,
    in_this_process,
    opened,
    table,
    write_partner,
)

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
IN_BATCHES = ("shards.batch_bytes=2000", "shards.run_bytes=10000")
REPLACE = tuple(f"private_data.{kind}=replace" for kind in PrivateKind)


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("private")
    (folder / "a.jsonl").write_bytes(b"\n".join(lines()))
    partner = f"deliveries: {folder}/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2\n"
    write_partner(folder, "gov", partner + "columns: {title: title, url: url}")
    return folder


def parameters(folder: Path, root: Path, *overrides: str):
    few = ("paragraphs.min_documents=5", "limits.reject_share=1", "alarms=warn")
    return build_parameters(folder, root, "partners=[gov]", *few, *overrides)


def released(folder: Path, root: Path, *overrides: str):
    params = parameters(folder, root, *overrides)
    with in_this_process():
        build(params)
    return opened(params)


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


def test_the_search_finds_values_where_nothing_is_replaced(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path)
    files = list(everything_below(tmp_path))
    assert held("".join(text for _, text in files)) == set(VALUES.values())
    for kind in ("documents", "removals", "log"):
        assert any(kind in str(path) for path, _ in files), kind
    assert held(str(table(release, "decisions").to_pydict())) == set(VALUES.values())
    assert "private_data" not in release.manifest
    assert "private_data" not in release.manifest["parameters"]


def test_no_value_is_left_once_it_is_replaced(folder: Path, tmp_path: Path, capsys, caplog) -> None:
    release = released(folder, tmp_path, *REPLACE)
    for path, text in everything_below(tmp_path):
        assert not held(text), path
    report_partners(release.manifest)
    out = capsys.readouterr()
    assert not held(out.out + out.err + caplog.text)
    assert "private data" in out.out
    shown = "".join(table(release, "shards")["content"].to_pylist())
    assert {place for place in PLACEHOLDERS.values() if place in shown} == {*PLACEHOLDERS.values()}
    assert not verify(release).problems


def test_removals_hold_kind_and_place(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, *REPLACE)
    removed = table(release, "removals").to_pylist()
    assert {row["kind"] for row in removed} == {
        "private_data", "repeated_paragraph", "site_boilerplate"
    }  # fmt: skip
    private = [row for row in removed if row["kind"] == "private_data"]
    assert {row["text"] for row in private} == set(PLACEHOLDERS.values())
    assert {row["line"] for row in private} == {0, 2, 3, 4}


def test_manifest_and_card_count_per_partner_and_kind(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, *REPLACE, "private_data.qq=report")
    assert release.manifest["parameters"]["private_data"]["qq"] == "report"
    counts = release.manifest["private_data"]["gov"]
    assert counts["qq"] == {"documents": 2, "values": 3}
    assert counts["mobile"] == {"documents": 30, "values": 33}
    card = dataset_card(release.manifest, release.digest, paths=[])
    assert "| gov | qq | report | 2 | 3 |" in card


def test_dropped_documents_are_in_decisions_alone(folder: Path, tmp_path: Path) -> None:
    release = released(folder, tmp_path, "private_data.qq=drop", "private_data.mobile=replace")
    decisions = table(release, "decisions").to_pylist()
    gone = [row for row in decisions if row["stage"] == "private_data"]
    assert {(row["verdict"], row["reason"]) for row in gone} == {("dropped", "private_data")}
    assert sorted(row["evidence"] for row in gone) == ["1 qq", "2 qq"]
    assert release.manifest["partners"]["gov"]["reasons"]["private_data/private_data"] == 2
    for path, text in everything_below(tmp_path):
        assert VALUES[PrivateKind.QQ] not in text, path
    assert not verify(release).problems


def test_in_many_batches_it_is_the_same_release(folder: Path, tmp_path: Path) -> None:
    once = released(folder, tmp_path / "a", *REPLACE)
    assert released(folder, tmp_path / "b", *REPLACE, *IN_BATCHES).digest == once.digest


def test_a_release_with_private_data_is_no_parent_of_one_without(
    folder: Path, tmp_path: Path
) -> None:
    released(folder, tmp_path)
    told = ("corpus.parent=1.0.0", "corpus.version=1.1.0", "private_data.mobile=replace")
    params = parameters(folder, tmp_path, *told)
    with pytest.raises(ConfigError, match=r'private_data\.mobile: absent, "replace"'):
        open_parent(open_store(params.storage), params)

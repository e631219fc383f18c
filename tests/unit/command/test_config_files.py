"""A partner's file says what its author wrote, or is refused with its line and the cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.command.config_files import read_config
from jobs.command.schemas import keys_of
from jobs.command.settings import Build, Partner
from jobs.errors import ConfigError
from tests.builds import build_config, write_partner

PARTNER = "deliveries: /a\nformat: jsonl\nlicence: MIT\npriority: 1"
SLIPS = [
    ("gov:\n\tformat: jsonl\n", 2, "a tab stands there"),
    ("gov:\n  format: jsonl\n  columns:\n  \ttext: 正文\n", 4, "a tab stands there"),
    ("gov:\n  format：jsonl\n  licence: MIT\n", 2, "full-width '：': write a colon and a space"),
    ("gov：\n  format: jsonl\n", 1, "full-width '：'"),
    ("gov:\n  format: jsonl\n  licence：MIT\n", 3, "full-width '：'"),
    ("gov:\n  licence：MIT\n", 2, "full-width '：'"),
    ("gov:\n  columns: {text：正文}\n", 2, "full-width '：'"),
    ("gov:\n  columns: {text: 正文，title: 标题}\n", 2, "full-width '，': write a comma"),
    ("gov:\n  metadata: {联系人：张三}\n", 2, "full-width '：'"),
    (
        "gov:\n  format: jsonl\n  html: no\n  format: csv\n",
        4,
        "'format' is there twice, first in line 2",
    ),
    ("gov:\n  columns: {text: a, text: b}\n", 2, "'text' is there twice"),
    ("gov:\n  deliveries: 360\n", 2, "deliveries: 360 is no path"),
    ("gov:\n  deliveries: no\n", 2, "deliveries: no is no path"),
    ("gov:\n  deliveries: [/a, 2023]\n", 2, "deliveries: 2023 is no path"),
    ("gov:\n  format: jsonl\n  priority: first\n", 3, "'first' stands there: give a whole number"),
    ("gov:\n  html: 2\n", 2, "give true or false"),
    ("gov:\n  reject_share: 5%\n", 2, "give a number"),
    ("gov:\n  licence:\n", 2, "gov.licence says nothing: give text"),
    ("gov:\n  licence: [MIT]\n", 2, "gov.licence is a list here: give text"),
    ("gov:\n  columns: [text]\n", 2, "gov.columns is a list here: give a mapping of keys"),
    ("gov:\n  columns: text\n", 2, "give a mapping of keys"),
    ("gov:\n  format: {jsonl: 1}\n", 2, "'jsonl' stands below it: give text"),
    ("gov:\n  fromat: jsonl\n", 2, "no key gov.fromat: did you mean format?"),
    ("- gov:\n    format: jsonl\n", 1, "a list stands where keys are expected"),
    ("gov\n", 1, "'gov' stands where keys are expected"),
    ("format: jsonl\nlicence: MIT\n", 1, "begin with the one key `gov:`"),
    ("news:\n  format: jsonl\n", 1, "write `gov:`, or rename the file to news.yaml"),
    ("gov:\n  columns: {text: 正文\n", 2, "the file breaks off"),
    ("gov:\n  licence: 'MIT\n", 2, "a quote opens there"),
    ("gov:\n  licence: \x07\n", 2, "'\\x07' stands there: remove it"),
    ("gov: &gov\n  metadata: *gov\n", 1, "write it out"),
    ("gov:\n  ? [a]\n  : b\n", 2, "no key: write"),
]


def read(folder: Path, text: str | bytes, name: str = "gov") -> Any:
    path = folder / f"{name}.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path, keys_of(Build)["partners"], name)


@pytest.mark.parametrize(("text", "line", "said"), SLIPS)
def test_slip_is_told_with_file_line_and_cure(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    message = str(refused.value)
    assert message.startswith(f"{tmp_path}/gov.yaml line {line}: ")
    assert said in message
    assert "\n" not in message


def test_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    text = "gov:\n  format: jsonl\n  metadata: {联系人: 张三}\n"
    with pytest.raises(ConfigError, match=r"line 3 is not UTF-8; read as GBK .*张三.*iconv -f GBK"):
        read(tmp_path, text.encode("gbk"))
    with pytest.raises(ConfigError, match="UTF-16: save it as UTF-8"):
        read(tmp_path, text.encode("utf-16"))
    expected = {"gov": {"format": "jsonl", "metadata": {"联系人": "张三"}}}
    assert read(tmp_path, text.encode("utf-8-sig")) == expected
    assert read(tmp_path, text.replace("\n", "\r\n").encode()) == expected


def test_text_is_text_and_numbers_are_numbers(tmp_path: Path) -> None:
    text = """\
2023:
  deliveries: ['360', 2023-11-01, /甲]
  format: jsonl
  licence: no
  encoding: 1e3
  priority: 007
  reject_share: 5e-2
  html: yes
  columns: {text: 1.10, id: off, title: ~tilde, url: "null"}
  script: 0x10
  metadata: {版本: 1.10, 同意: no, 无: null, 批次: [1.0, 2], 日: 2023-11-29, 又: {a: 1}}
"""
    assert read(tmp_path, text, "2023") == {
        "2023": {
            "deliveries": ["360", "2023-11-01", "/甲"],
            "format": "jsonl",
            "licence": "no",
            "encoding": "1e3",
            "priority": 7,
            "reject_share": 0.05,
            "html": True,
            "columns": {"text": "1.10", "id": "off", "title": "~tilde", "url": "null"},
            "script": "0x10",
            "metadata": {
                "版本": "1.10",
                "同意": "no",
                "无": None,
                "批次": ["1.0", "2"],
                "日": "2023-11-29",
                "又": {"a": "1"},
            },
        }
    }


def test_files_of_users_reach_the_build_as_written(tmp_path: Path) -> None:
    write_partner(tmp_path, "gov", f"{PARTNER.replace('MIT', 'no')}\nmetadata: {{版本: 1.10}}")
    (tmp_path / "rules").mkdir()
    rule = "{signal: han_share, operator: <, value: 0.10}"
    rules = f"profile: 1.10\nsource: no\nreject:\n  not_chinese: {rule}\n"
    (tmp_path / "rules" / "ours.yaml").write_text(rules)
    config = build_config(tmp_path, tmp_path / "r", "partners=[gov]", "rules=ours")
    assert config.partners["gov"] == Partner("/a", "jsonl", "no", 1, metadata={"版本": "1.10"})
    assert (config.rules.profile, config.rules.source) == ("1.10", "no")
    assert config.rules.reject["not_chinese"].value == 0.1
    (tmp_path / "rules" / "ours.yaml").write_text(rules.replace("signal", "singal"))
    with pytest.raises(ConfigError, match=r"ours\.yaml line 4: .* did you mean signal\?"):
        build_config(tmp_path, tmp_path / "r", "partners=[gov]", "rules=ours")


def test_anchors_and_merge_keys_are_read(tmp_path: Path) -> None:
    text = "gov:\n  columns: &c {text: a}\n  metadata: {<<: *c, 又: b}\n"
    assert read(tmp_path, text)["gov"]["metadata"] == {"text": "a", "又": "b"}

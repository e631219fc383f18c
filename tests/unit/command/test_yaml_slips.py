"""One reading of a partner's file names every slip in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.command.chosen_partners import check_partner_files
from jobs.command.yaml_slips import yaml_slips
from jobs.errors import ConfigError
from tests.unit.command.test_config_files import read

MANY = """gov:
\tdeliveries: /a
  formt: jsonl
  licence：CC0-1.0
  columns: {tekst: 正文}
  metadata:
    联系人: "张三
  priority: first
"""
SAID = {
    2: "a tab stands there: indent with spaces",
    3: "there is no key gov.formt: did you mean format?",
    4: "has a full-width '：': write a colon and a space",
    7: 'a quote opens there and does not close: write " at its end',
    8: "'first' stands there: give a whole number",
}


def test_every_slip_is_named_with_its_line_in_one_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, MANY)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(SAID)
    for line, (number, said) in zip(lines, SAID.items(), strict=True):
        assert line.startswith(f"{tmp_path}/gov.yaml line {number}: ")
        assert said in line


def test_slips_of_the_schema_alone_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, "gov:\n  fromat: jsonl\n  html: 2\n  columns: {text: a, text: b}\n")
    assert [line.partition(" line ")[2][0] for line in str(refused.value).splitlines()] == [*"234"]


@pytest.mark.parametrize(
    "text",
    [
        "gov:\n  metadata:\n    说明: |\n      时间：五月\n      \t缩进\n  licence: MIT\n",
        'gov:\n  metadata: {备注: "全角：不改"}\n',
        "gov:\n  licence: it's free\n",
        "gov:\n  deliveries: /data/第1期：上/a.jsonl\n",
    ],
)
def test_what_is_meant_so_is_no_slip(text: str) -> None:
    assert yaml_slips(text) == []


def test_slips_of_all_files_that_are_chosen_are_named_together(tmp_path: Path) -> None:
    folder = tmp_path / "partners"
    folder.mkdir()
    (folder / "gov.yaml").write_text("gov:\n  formt: jsonl\n")
    (folder / "news.yaml").write_text("news:\n\tformat: jsonl\n")
    (folder / "papers.yaml").write_text("papers:\n  format: jsonl\n")
    with pytest.raises(ConfigError) as refused:
        check_partner_files(["partners/gov", "partners/news", "partners/papers"], [tmp_path])
    said = str(refused.value)
    assert "gov.yaml line 2: there is no key gov.formt" in said
    assert "news.yaml line 2: a tab" in said
    assert "papers" not in said

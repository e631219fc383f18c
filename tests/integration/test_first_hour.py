"""The first hour of a data engineer: own deliveries, mistakes as people make them, a release."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from jobs.errors import TooManyRejects
from jobs.flow.releases.opened_release import open_release
from jobs.storage.directory import DirectoryStore
from tests.builds import build, build_parameters, in_this_process, write_partner
from tests.own_deliveries import write_all, write_gov

YAML_SLIPS = (
    ("gov", "  format: jsonl", "  formt: jsonl"),
    ("gov", "  priority: 1", "\tpriority: 1"),
    ("news", "  licence: unknown", "  licence：unknown"),
    ("papers", "  licence: unknown", '  licence: "unknown'),
)
NAMED = (
    "gov.yaml line 5: there is no key gov.formt: did you mean format?",
    "a tab stands there: indent with spaces",
    "full-width '：': write a colon and a space",
    'a quote opens there and does not close: write " at its end',
)
WRONG_VALUES = (
    ("gov", "text: content|正文  #", "text: conten  #"),
    ("news", "deliveries/news\n      format: html", "deliveries/nwes\n      format: html"),
    ("papers", "format: parquet", "format: csv"),
    ("papers", "priority: 3", "priority: 1"),
)
CURES = (
    "columns.text is 'conten', which no row has: did you mean 'content|正文'?",
    "'$/deliveries' holds no 'nwes': did you mean '$/deliveries/news'?",
    "format is 'csv', but 1 of the 1 files looked at begin as parquet does: write format: parquet",
    "gov, papers all have priority 1",
)


class Ended(NamedTuple):
    """How a verb ended, and what it wrote."""

    code: int
    out: str
    err: str


class Shell:
    """Verbs run in this process, in a folder of their own, as `heliu VERB …`."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.capsys, self.patch = capsys, patch

    def heliu(self, *words: str) -> Ended:
        verb, *rest = words
        self.patch.setattr(sys, "argv", [f"heliu {verb}", *rest])
        code = 0
        try:
            importlib.import_module(f"jobs.{verb}").main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = self.capsys.readouterr()
        return Ended(code, out, err)


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys, monkeypatch)


def next_command(out: str) -> list[str]:
    (line,) = [line for line in out.splitlines() if line.startswith("  heliu ")]
    return shlex.split(line)[1:]


@contextmanager
def mistakes(conf: Path, made: Sequence[tuple[str, str, str]]) -> Iterator[None]:
    """Partners' files with mistakes inside, each mended at the end as the message says."""
    for partner, right, wrong in made:
        edit(conf, partner, right, wrong)
    yield
    for partner, right, wrong in made:
        edit(conf, partner, wrong, right)


def edit(conf: Path, partner: str, before: str, after: str) -> None:
    path = conf / "partners" / f"{partner}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (partner, before, text)
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_walk_from_a_folder_to_a_release(tmp_path: Path, shell: Shell) -> None:
    write_all(tmp_path / "deliveries")
    conf = tmp_path / "conf"
    done = shell.heliu("init", "deliveries")
    assert done.code == 0, done.err
    assert "not read: news/统计.xlsx: holds an Excel workbook (xlsx)" in done.out
    preview = next_command(done.out)
    assert preview == ["preview", "--config-dir", "conf", "partners=[gov,news,papers]"]
    assert shell.heliu("init", "deliveries").out.count("is there, kept") == 3

    with mistakes(conf, YAML_SLIPS):
        refused = shell.heliu(*preview)
        assert refused.code == 2
        for said in NAMED:
            assert said in refused.err, refused.err
    with mistakes(conf, WRONG_VALUES):
        wrong = shell.heliu(*preview)  # the first command after the first preview
        assert wrong.code == 12, wrong.err
        said = " ".join(wrong.out.split())
        for cure in CURES:
            assert cure.replace("$", str(tmp_path)) in said, said
    with mistakes(conf, [("gov", "text: content|正文  #", "text: content  #")]):
        drifted = shell.heliu(*preview)  # the second
        assert drifted.code == 13
        assert "no 'content' but '正文': write text: content|正文" in " ".join(drifted.out.split())

    place = ("corpus.name=own", "corpus.version=1.0.0", f"storage.root={tmp_path}/releases")
    with in_this_process():  # the third
        built = shell.heliu("build", *preview[1:], *place)
    assert built.code == 0, built.err
    release = open_release(DirectoryStore(tmp_path / "releases"), "own", "1.0.0")
    kept = {name: one["kept"] for name, one in release.manifest["partners"].items()}
    assert kept == {"gov": 240, "news": 48, "papers": 160}
    texts = release.dataset().to_table(columns=["content", "title"])
    assert not any("<p>" in one or "�" in one for one in texts["content"].to_pylist())
    assert texts["title"].null_count == 0


def test_preview_of_right_files_names_the_next_command(tmp_path: Path, shell: Shell) -> None:
    write_all(tmp_path / "deliveries")
    preview = next_command(shell.heliu("init", "deliveries").out)
    done = shell.heliu(*preview)
    assert done.code == 0, done.out
    assert next_command(done.out)[:4] == ["build", *preview[1:]]
    assert "not read: 统计.xlsx: holds an Excel workbook (xlsx): save each sheet as CSV" in done.out
    assert "encodings, by files: gb18030 24" in done.out
    assert "markup:" in done.out
    as_json = json.loads(shell.heliu(*preview, "format=json").out)
    assert [one["rows"] for one in as_json] == [240, 48, 160]
    keys = {column["name"]: column for column in as_json[0]["groups"][0]["layouts"][0]["columns"]}
    assert keys["content"]["mapped"] == "text"
    assert keys["views"] | {"chars": 0} == {
        "name": "views",
        "kind": "number",
        "filled": 1.0,
        "chars": 0,
        "mapped": "",
        "hint": "",
    }


def test_too_many_rejects_name_file_rows_keys_and_the_cure(tmp_path: Path) -> None:
    write_gov(tmp_path / "gov")
    how = "format: jsonl\nlicence: CC0-1.0\npriority: 1\ncolumns: {text: content, id: 编号}"
    write_partner(tmp_path, "gov", f"deliveries: {tmp_path}/gov\n{how}")
    params = build_parameters(tmp_path, tmp_path / "releases", "partners=[gov]")
    with in_this_process(), pytest.raises(TooManyRejects) as stopped:
        build(params)
    said = re.sub(r" +", " ", str(stopped.value))
    assert "90 of 240 rows are rejected, more than reject_share=0.05" in said
    assert "90 missing_text" in said
    assert "notices-3.jsonl.gz: 60 rows, rows 1 to 60" in said
    assert "notices-2.jsonl.gz: 30 rows, rows 31 to 60" in said
    assert "notices-3.jsonl.gz row 1: 编号, 标题, 正文, link, date, views" in said
    assert "did you mean '正文'?" in said

"""Whatever is wrong is named, with what to do, and has an exit code of its own."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.cli import main
from jobs.errors import LossAlarm
from tests.builds import write_partner

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

TEXT = (
    "国务院关于加强数字政府建设的指导意见，各省、自治区、直辖市人民政府，国务院各部委、各直属机构。"
)


def heliu(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a command run in this process, on the session's Ray."""
    monkeypatch.setattr(sys, "argv", ["heliu", *arguments])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def build(monkeypatch: pytest.MonkeyPatch, folder: Path, *overrides: str) -> int:
    where = ["--config-dir", str(folder / "conf"), f"storage.root={folder / '发布'}"]
    what = ["corpus.name=bad", "corpus.version=1.0.0", "partners=[甲]"]
    return heliu(monkeypatch, "build", *where, *what, *overrides)


def partner(folder: Path, **changes: object) -> None:
    """A partner 甲 of one good jsonl delivery, with changes."""
    (folder / "p").mkdir(exist_ok=True)
    rows = [json.dumps({"id": str(n), "text": f"{TEXT}第{n}号"}) for n in range(30)]
    (folder / "p" / "文.jsonl").write_text("\n".join(rows), encoding="utf-8")
    settings = {
        "deliveries": str(folder / "p" / "*"),
        "format": "jsonl",
        "columns": {"id": "id"},
        "licence": "CC0-1.0",
        "priority": 1,
        **changes,
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in settings.items()]
    write_partner(folder / "conf", "甲", "\n".join(lines))


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"deliveries": "/nowhere/*.jsonl"}, 10, ["甲", "/nowhere/*.jsonl"]),
        ({"encoding": "klingon"}, 3, ["klingon", "gb18030"]),
        ({"format": "docx"}, 2, ["docx", "jsonl"]),
        ({"format": "parquet"}, 11, ["文.jsonl"]),
        ({"columns": {"text": "正文"}}, 12, ["文.jsonl", "正文", "text"]),
        ({"columns": {"body": "text"}}, 2, ["body", "text"]),
        ({"reject_share": 7}, 2, ["reject_share", "7"]),
        ({"licens": "MIT"}, 2, ["licens"]),
    ],
)
def test_build_of_a_wrong_partner_names_it_and_exits_with_its_code(
    changes: dict[str, object],
    code: int,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    partner(tmp_path, **changes)
    assert build(monkeypatch, tmp_path) == code
    message = capsys.readouterr().err
    assert all(word in message for word in said), message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("overrides", "code", "said"),
    [
        (["minhash.bandz=3"], 2, ["minhash.bandz", "did you mean bands?"]),
        (["minhash.bands=viele"], 2, ["viele"]),
        (["minhash.bands=64"], 2, ["bands=64", "num_perm=128"]),
        (["partners=[q]"], 2, ["partners/q"]),
        (["partners=[]"], 2, ["partners"]),
        (["corpus.name=大"], 2, ["大"]),
        (["corpus.version=latest"], 2, ["latest"]),
        (["storage.root=/proc/heliu"], 31, ["/proc/heliu"]),
    ],
)
def test_command_with_a_wrong_value_names_it_and_exits_with_its_code(
    overrides: list[str],
    code: int,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    partner(tmp_path)
    assert build(monkeypatch, tmp_path, *overrides) == code
    message = capsys.readouterr().err
    assert all(word in message for word in said), message
    assert "Traceback" not in message


def test_truncated_file_later_in_a_delivery_ends_the_build_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    partner(tmp_path)
    whole = gzip.compress(os.urandom(20_000).hex().encode())
    (tmp_path / "p" / "断.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    assert build(monkeypatch, tmp_path) == 11
    assert "断.jsonl.gz" in capsys.readouterr().err


def test_rejects_beyond_the_agreed_share_stop_the_build_with_a_table_of_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    partner(tmp_path)
    bad = ['{"id": "1", "text"', '{"id": "2"}', '{"text": null}', '{"id": "4", "text": " "}']
    (tmp_path / "p" / "坏.jsonl").write_text("\n".join(bad), encoding="utf-8")
    assert build(monkeypatch, tmp_path) == 13
    message = capsys.readouterr().err
    for reason in ("broken_json", "missing_text", "null_text", "empty_text", "4 of 34", "甲"):
        assert reason in message
    assert heliu(monkeypatch, "releases", f"storage.root={tmp_path / '发布'}") == 0
    partner(tmp_path, reject_share=0.2)
    assert build(monkeypatch, tmp_path) == 0


def test_taken_version_exits_with_its_own_code_and_the_release_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    partner(tmp_path)
    assert build(monkeypatch, tmp_path) == 0
    partner(tmp_path, licence="MIT")
    assert build(monkeypatch, tmp_path) == 33
    assert "1.0.0 was published by" in capsys.readouterr().err
    assert heliu(monkeypatch, "verify", f"storage.root={tmp_path / '发布'}") == 0


def test_empty_file_and_parquet_without_rows_are_deliveries_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    partner(tmp_path)
    (tmp_path / "q").mkdir()
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "q" / "空.parquet")
    lines = f"deliveries: {tmp_path}/q/*.parquet\nformat: parquet\nlicence: CC0-1.0\npriority: 2"
    write_partner(tmp_path / "conf", "q", lines)
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "空.jsonl").write_bytes(b"")
    lines = f"deliveries: {tmp_path}/r/空.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 3"
    write_partner(tmp_path / "conf", "r", lines)
    assert build(monkeypatch, tmp_path, "partners=[甲,q,r]") == LossAlarm.exit_code
    said = capsys.readouterr().err
    assert "q: no row was read from 1 files" in said
    assert "r: no row was read from 1 files" in said
    assert build(monkeypatch, tmp_path, "partners=[甲,q,r]", "alarms=warn") == 0
    capsys.readouterr()
    assert heliu(monkeypatch, "show", f"storage.root={tmp_path / '发布'}", "format=json") == 0
    partners = json.loads(capsys.readouterr().out)["partners"]
    delivered = {name: account["delivered"] for name, account in partners.items()}
    assert delivered == {"甲": 30, "q": 0, "r": 0}
    assert heliu(monkeypatch, "verify", f"storage.root={tmp_path / '发布'}") == 0

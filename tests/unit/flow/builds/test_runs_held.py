"""A task works on what it holds when that is enough, and writes it before it is too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.flow.builds import normalize_stage
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.intake.plan import plan
from tests.builds import build_parameters, write_partner

SETTINGS = "format: jsonl\nlicence: CC0-1.0\npriority: 1\nreject_share: 1"


@pytest.mark.parametrize(
    "line", ['{"text"', '{"text":"短文"}', '{"text":1,"id":"' + "号" * 90 + '"}']
)
def test_rows_without_text_count_for_a_run_as_others_do(line: str, tmp_path: Path) -> None:
    file = tmp_path / "文.jsonl"
    file.write_text(f"{line}\n" * 4_000, encoding="utf-8")
    write_partner(tmp_path / "conf", "a", f"deliveries: {file}\n{SETTINGS}")
    sizes = ("shards.run_bytes=200000", "shards.batch_bytes=100000")
    params = build_parameters(tmp_path / "conf", tmp_path / "out", "partners=[a]", *sizes)
    (shard,) = plan(params)
    checkpoint = normalize_shard(shard, params=params)
    assert checkpoint["delivered"] == 4_000
    assert len(checkpoint["runs"]) > 2


@pytest.mark.parametrize("batch_bytes", [8_388_608, 4])
def test_small_files_are_normalized_together(
    batch_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "页").mkdir()
    for number in range(120):
        text = f"第{number}号通知：各区县人民政府现将有关事项通知如下。"
        (tmp_path / "页" / f"{number:03}.txt").write_text(text, encoding="utf-8")
    settings = SETTINGS.replace("jsonl", "text")
    write_partner(tmp_path / "conf", "a", f"deliveries: {tmp_path / '页'}\n{settings}")
    size = f"shards.batch_bytes={batch_bytes}"
    params = build_parameters(tmp_path / "conf", tmp_path / "out", "partners=[a]", size)
    tables: list[int] = []
    documents = normalize_stage.documents

    def counted(delivered: pa.Table, **kwargs: Any) -> object:
        tables.append(len(delivered))
        return documents(delivered, **kwargs)

    monkeypatch.setattr(normalize_stage, "documents", counted)
    shards = plan(params)
    checkpoints = [normalize_shard(shard, params=params) for shard in shards]
    assert [checkpoint["delivered"] for checkpoint in checkpoints] == [
        len(shard.files) for shard in shards
    ]
    assert sum(tables) == 120
    assert len(tables) == (len(shards) if batch_bytes > 4 else 120)

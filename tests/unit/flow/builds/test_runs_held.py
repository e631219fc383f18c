"""A task writes what it holds before that is too much, whatever it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

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

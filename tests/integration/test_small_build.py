"""A small build is a program and one process beside it; Ray is not started for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builds import write_partner
from tests.commands import heliu

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_small_build_starts_no_ray(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": f"第{n}号公告：长江大桥维修，来往车辆绕行。"} for n in range(9)]
    delivered = tmp_path / "公告.jsonl"
    delivered.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    columns = "columns: {id: id, text: text}"
    settings = f"deliveries: {delivered}\nformat: jsonl\nlicence: none\npriority: 1\n{columns}"
    write_partner(tmp_path / "conf", "gov", settings)
    arguments = (
        *("build", "--config-dir", str(tmp_path / "conf"), "partners=[gov]", "corpus.name=demo"),
        *("corpus.version=1.0.0", f"storage.root={tmp_path / 'root'}"),
    )
    ray = tmp_path / "ray"
    for _ in range(2):
        done = heliu(*arguments, RAY_TMPDIR=str(ray), RAY_ADDRESS="")
        assert done.returncode == 0, done.stderr
        assert "9" in done.stdout
        assert not ray.exists()

"""What a program sees of a build: the plan before, events while it runs, the summary after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import build_arguments, heliu

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_program_can_follow_a_build(small_demo: Path, tmp_path: Path) -> None:
    arguments = build_arguments(small_demo, tmp_path / "root", "shards.input_bytes=120000")
    planned = heliu(*arguments, "plan=true", "format=json")
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    done = heliu(*arguments, "progress=json", "format=json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["begin", "end"]
    stages = [event["label"] for event in events if event["event"] == "stage"]
    assert stages[0] == "normalize"
    assert stages[-1] == "merge"
    shares = [event["share"] for event in events[1:-1]]
    assert shares == sorted(shares)
    summary = json.loads(done.stdout)
    delivered = sum(account["delivered"] for account in summary["partners"].values())
    kept = sum(account["kept"] for account in summary["partners"].values())
    last = events[-2]
    assert (last["rows"], last["kept"], last["share"]) == (delivered, kept, 1.0)
    assert {name: one["kept"] for name, one in last["partners"].items()} == {
        name: account["kept"] for name, account in summary["partners"].items()
    }
    assert summary["log"] == events[0]["log"]
    logged = Path(summary["log"]).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event"] for line in logged][-1] == "end"
    estimated = sum(one["rows"] for one in plan["partners"].values())
    assert delivered / 1.3 <= estimated <= delivered * 1.3
    tasks = next(event["total"] for event in events if event["event"] == "stage")
    assert tasks / 2 <= plan["stages"][0]["tasks"] <= tasks * 2  # Parquet is split at row groups

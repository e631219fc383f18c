"""A file that keeps a decoder busy for ever ends its task's process, whoever holds the lock."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.flow.builds import normalize_stage
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.input_shards import InputShard
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from tests.builds import build_parameters, write_partner

BUSY = """
import re
from jobs.flow.intake.processor_time import limited
with limited(0.2) as renew:
    for _ in range(3):
        sum(range(4_000_000))
        renew()
    print("read", flush=True)
    re.match("(a+)+$", "a" * 60 + "b")  # never comes back to Python
"""


def test_process_that_never_comes_back_is_ended() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", BUSY], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGPROF, "read\n")


def a_shard(tmp_path: Path, lines: int) -> tuple[InputShard, BuildParams]:
    (tmp_path / "甲.jsonl").write_text('{"text":"甲"}\n' * lines, encoding="utf-8")
    write_partner(
        tmp_path / "conf",
        "a",
        f"deliveries: {tmp_path}/甲.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 1",
    )
    sizes = "shards.batch_bytes=500000"
    params = build_parameters(tmp_path / "conf", tmp_path / "out", "partners=[a]", sizes)
    (shard,) = plan(params)
    return shard, params


def test_texts_are_normalized_within_the_limit_however_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []
    documents = normalize_stage.documents

    def watched(*arguments, **named):
        left.append(signal.getitimer(signal.ITIMER_PROF)[0])
        return documents(*arguments, **named)

    monkeypatch.setattr(normalize_stage, "documents", watched)
    shard, params = a_shard(tmp_path, lines=3)
    assert normalize_stage.normalize_shard(shard, params=params)["delivered"] == 3
    assert len(left) == 1
    assert left[0] > 0


def test_tables_are_read_within_the_limit_which_ends_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []

    def watched(*arguments, **named):
        for table in file_tables(*arguments, **named):
            sum(range(1_000_000))
            left.append(signal.getitimer(signal.ITIMER_PROF)[0])
            yield table

    monkeypatch.setattr(normalize_stage, "file_tables", watched)
    shard, params = a_shard(tmp_path, lines=5_000)
    begun = time.process_time()
    assert normalize_stage.normalize_shard(shard, params=params)["delivered"] == 5_000
    assert len(left) > 3
    assert min(left) > 900 - (time.process_time() - begun)
    assert max(left) <= 900
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)

"""Whole builds with a component too large for a task: the same release, also when resumed."""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from jobs.corpus.dedup.params import VERIFICATIONS
from tests.builds import build, build_parameters, in_this_process, write_partner

WORDS = "国务院关于进一步做好防汛抗旱工作的通知各省自治区直辖市人民政府切实加强组织领导落实责任"


def deliver(folder: Path) -> Path:
    """A chain of 60 notices, each the one before with a few words changed, in four files."""
    edits = random.Random(4)
    text = "".join(edits.choices(WORDS, k=240))
    rows = []
    for _ in range(60):
        at = edits.randrange(len(text) - 12)
        text = text[:at] + "".join(edits.choices(WORDS, k=8)) + text[at + 8 :]
        rows.append(orjson.dumps({"text": text}))
    for number in range(4):
        (folder / f"{number}.jsonl").write_bytes(b"\n".join(rows[number::4]))
    deliveries = f"format: jsonl\nlicence: none\npriority: 1\ndeliveries: {folder}/*.jsonl"
    write_partner(folder / "conf", "gov", deliveries)
    return folder / "conf"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("verify", VERIFICATIONS)
def test_release_decided_in_rounds_has_the_same_digest_also_when_resumed(
    tmp_path: Path, verify: str
) -> None:
    given = ("partners=[gov]", "minhash.bands=32", "minhash.rows=4", f"minhash.verify={verify}")
    tiny = ("shards.group_documents=5", "shards.input_bytes=1")
    conf = deliver(tmp_path)
    with in_this_process():
        whole = build(build_parameters(conf, tmp_path / "whole", *given))
        params = build_parameters(conf, tmp_path / "rounds", *given, *tiny)
        assert build(params).digest == whole.digest
        drops = tmp_path / "rounds" / "demo" / "work" / "drops"
        settled = sorted(drops.rglob("settled-*.json"))
        assert len(settled) > 2
        # A build that died in the middle: some checkpoints are there and some are not.
        bodies = {path: path.read_bytes() for path in drops.rglob("*.parquet")}
        for path in [*settled[1::2], *drops.rglob("compared-*1.json")]:
            path.unlink()
        assert build(params).digest == whole.digest
        assert {path: path.read_bytes() for path in drops.rglob("*.parquet")} == bodies

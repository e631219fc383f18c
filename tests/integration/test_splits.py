"""Cutting large files into tasks changes no byte of a release."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from tests.builds import build, build_parameters, write_partner
from tests.deliveries import delivered_tables

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

TEXT = "国务院关于加强数字政府建设的指导意见，各省、自治区、直辖市人民政府，国务院各部委。"


def deliver(folder: Path) -> None:
    """Three partners without ids of their own, one large file each, some rows bad."""
    texts = [f"{TEXT}第{n * n}号，{TEXT[n % 20 :]}。" for n in range(200)]
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    lines[50:50] = ["{broken", '{"no": 1}', ""]
    (folder / "a.jsonl").write_bytes("\n".join(lines).encode("gb18030"))
    with (folder / "b.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["text"], *([f'{text}\n"{text}"'] for text in texts), [""]])
    pq.write_table(pa.table({"text": texts[::-1]}), folder / "c.parquet", row_group_size=20)
    for priority, (name, suffix) in enumerate(zip("abc", ("jsonl", "csv", "parquet"), strict=True)):
        settings = f"deliveries: {folder}/{name}.{suffix}\nformat: {suffix}\nlicence: CC0-1.0"
        write_partner(folder / "conf", name, f"{settings}\npriority: {priority}")


def rows(params: BuildParams) -> list[dict[str, object]]:
    """Every delivered row of every partner, in order."""
    tables = [
        table for shard in plan(params) for table in delivered_tables(shard, endpoint_url=None)
    ]
    return [row for table in tables for row in table.to_pylist()]


def test_release_of_cut_files_is_the_release_of_whole_ones(tmp_path: Path) -> None:
    deliver(tmp_path)
    conf = tmp_path / "conf"
    given = ("partners=[a,b,c]", "alarms=warn")  # who have the same texts
    uncut = build_parameters(conf, tmp_path / "whole", *given)
    cut = build_parameters(conf, tmp_path / "cut", *given, "shards.input_bytes=4000")
    assert len(plan(uncut)) == 3
    assert len(plan(cut)) > 20
    assert rows(cut) == rows(uncut)
    assert build(uncut).digest == build(cut).digest

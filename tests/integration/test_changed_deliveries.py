"""Delivered files that change while a build runs: what is recorded is what was read."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from jobs.errors import DeliveryChanged, DeliveryMissing, ReleaseMissing
from jobs.flow.builds.normalize_stage import normalize, normalize_shard
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from tests.builds import build, build_parameters, in_this_process, opened, table, write_partner
from tests.deliveries import delivered_tables

FORMS = {"jsonl": 10**9, "jsonl.gz": 10**9, "csv": 4_000, "parquet": 10**9, "pieces.parquet": 4_000}
"""What is delivered, and how much of it a task reads."""


def text(number: int, letter: str = "甲") -> str:
    return f"第{number}号公告：{letter}南京市长江大桥维修，来往车辆绕行。" + "请各单位知悉。" * 3


def deliver(path: Path, texts: list[str]) -> None:
    if path.suffix == ".parquet":
        rows = pa.table({"text": texts, "id": [str(n) for n in range(len(texts))]})
        pq.write_table(rows, path, row_group_size=20, compression="none", use_dictionary=False)
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([["text", "id"], *([t, n] for n, t in enumerate(texts))])
    else:
        records = [{"text": text, "id": str(number)} for number, text in enumerate(texts)]
        body = "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()
        path.write_bytes(gzip.compress(body, 1, mtime=0) if path.suffix == ".gz" else body)


@pytest.fixture(params=list(FORMS))
def delivery(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, BuildParams]:
    """A delivered file, and a build of it."""
    name = f"公告.{request.param}"
    deliver(tmp_path / name, [text(number) for number in range(100)])
    kind = request.param.removeprefix("pieces.").partition(".")[0]
    settings = f"format: {kind}\ncolumns: {{id: id}}\nlicence: none\npriority: 1"
    write_partner(tmp_path / "conf", "gov", f"{settings}\ndeliveries: {tmp_path}/公告*")
    pieces = f"shards.input_bytes={FORMS[request.param]}"
    return tmp_path / name, build_parameters(
        tmp_path / "conf", tmp_path / "root", "partners=[gov]", pieces
    )


def in_place(path: Path) -> None:
    """One byte is another; size and times are as before."""
    times, body = path.stat(), bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(body)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def renewed(path: Path) -> None:
    """Another file of the same name, whole and well formed."""
    deliver(path.with_name(f"new{path.suffix}"), [text(number, "乙") for number in range(100)])
    path.with_name(f"new{path.suffix}").replace(path)


def longer(path: Path) -> None:
    with path.open("ab") as file:
        file.write(path.read_bytes()[-50:])


def shorter(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 50)


@pytest.mark.parametrize("change", [in_place, renewed, longer, shorter])
def test_change_between_plan_and_task_ends_the_build_with_the_files_name(
    delivery: tuple[Path, BuildParams], change: Callable[[Path], None]
) -> None:
    path, params = delivery
    shards = plan(params)
    change(path)
    for shard in shards:
        with pytest.raises(DeliveryChanged, match=path.name):
            normalize_shard(shard, params=params)


def test_changed_file_is_not_published_and_its_new_content_is_next_time(
    delivery: tuple[Path, BuildParams], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, params = delivery

    def too_late(*args: object, **kwargs: object) -> object:
        renewed(path)
        return normalize(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr("jobs.flow.builds.pipeline.normalize", too_late)
    with in_this_process(), pytest.raises(DeliveryChanged, match=path.name) as caught:
        build(params)
    assert caught.value.exit_code == 14
    with pytest.raises(ReleaseMissing):
        opened(params)
    monkeypatch.undo()
    with in_this_process():
        (read,) = build(params).manifest["inputs"]
    assert read["xxh3_128"] == xxhash.xxh3_128_hexdigest(path.read_bytes())
    assert read["bytes"] == path.stat().st_size
    assert all(
        "乙" in content for content in table(opened(params), "shards")["content"].to_pylist()
    )


@pytest.mark.parametrize("change", [in_place, shorter])
def test_change_in_the_midst_of_reading_is_noticed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "公告.jsonl"
    deliver(path, [text(number) + "字" * 300_000 for number in range(40)])  # of 36 MB
    settings = f"format: jsonl\nlicence: none\npriority: 1\ndeliveries: {path}"
    write_partner(tmp_path / "conf", "gov", settings)
    given = ("partners=[gov]", "shards.input_bytes=1000000000", "shards.batch_bytes=1000000")
    (shard,) = plan(build_parameters(tmp_path / "conf", tmp_path / "root", *given))
    tables = delivered_tables(shard, endpoint_url=None)
    assert next(tables)["text"][0].as_py().startswith("第0号")
    change(path)
    with pytest.raises(DeliveryChanged, match="公告"):
        list(tables)


def test_file_that_is_gone_when_it_is_read_is_missing(
    delivery: tuple[Path, BuildParams],
) -> None:
    path, params = delivery
    (shard, *_) = plan(params)
    path.unlink()
    with pytest.raises(DeliveryMissing, match=path.name):
        normalize_shard(shard, params=params)


def test_file_that_changes_after_it_was_listed_is_not_read(
    delivery: tuple[Path, BuildParams], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, params = delivery
    from jobs.flow.intake import listing as intake

    def listed(*args: object, **kwargs: object) -> object:
        found = listings(*args, **kwargs)
        renewed(path)
        return found

    def read() -> None:
        for shard in plan(params):
            normalize_shard(shard, params=params)

    listings = intake.listings
    monkeypatch.setattr(intake, "listings", listed)
    with pytest.raises(DeliveryChanged, match=path.name):
        read()

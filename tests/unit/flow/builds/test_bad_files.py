"""Files that cannot be read: all are named, or set aside, and nothing else depends on them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import DeliveryUnreadable, LossAlarm, TaskError
from jobs.flow.builds import normalize_stage
from jobs.flow.builds.bad_files import KILLED, readable
from jobs.flow.builds.loss_alarms import release_alarms
from jobs.flow.builds.normalize_stage import normalize
from jobs.flow.intake.input_shards import InputShard
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.verification import verify
from jobs.flow.tasks.checkpoints import Checkpoint
from tests.builds import build, build_parameters, opened, silent, write_partner

pytestmark = pytest.mark.usefixtures("tasks_here")


PARTNER = "deliveries: {folder}/*.*\nformat: jsonl\nlicence: CC0-1.0\npriority: 1"
SKIP, WARN = "on_bad_file=skip", "alarms=warn"


def text(number: int) -> str:
    return f"第{number}号公告：南京市长江大桥维修，来往车辆绕行。" + f"请{number}号单位知悉。" * 9


def lines(*numbers: int) -> bytes:
    rows = [{"id": str(number), "text": text(number)} for number in numbers]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def truncated() -> bytes:
    whole = gzip.compress(b"".join(lines(number) for number in range(500, 900)), mtime=0)
    return whole[: len(whole) - 9]


BAD = {
    "截断.jsonl.gz": truncated(),
    "坏.jsonl.gz": b"\x1f\x8b\x08" + bytes(30),
    "书.jsonl": b"%PDF-1.7\n" + lines(3),
    "数组.jsonl": b"[" + lines(4).strip() + b"]",
    "空.jsonl.zst": b"",
}


def deliver(folder: Path, bad: Sequence[str] = tuple(BAD), good: int = 3) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(good):
        (folder / f"公告{number}.jsonl").write_bytes(lines(*range(10 * number, 10 * number + 10)))
    for name in bad:
        (folder / name).write_bytes(BAD[name])


def parameters(folder: Path, *overrides: str) -> BuildParams:
    write_partner(folder / "conf", "gov", PARTNER.format(folder=folder / "in"))
    root = next((one for one in overrides if one.startswith("root=")), f"root={folder / 'root'}")
    given = [one for one in overrides if not one.startswith("root=")]
    return build_parameters(folder / "conf", root.removeprefix("root="), "partners=[gov]", *given)


def test_every_bad_file_is_named_at_once_and_good_ones_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "in")
    params = parameters(tmp_path, "shards.input_bytes=1")
    with pytest.raises(DeliveryUnreadable, match="5 delivered files cannot be read") as caught:
        build(params)
    assert all(name in str(caught.value) for name in BAD)
    assert "公告" not in str(caught.value)
    assert "on_bad_file=skip" in str(caught.value)
    for name in BAD:
        (tmp_path / "in" / name).unlink()
    read = []
    task = normalize_stage.normalize_shard

    def watched(shard: InputShard, *, params: BuildParams) -> Checkpoint:
        read.append(shard)
        return task(shard, params=params)

    monkeypatch.setattr(normalize_stage, "normalize_shard", watched)
    assert build(params).manifest["documents"] == 30
    assert read == []


def test_bad_files_of_several_partners_are_named_together(tmp_path: Path) -> None:
    deliver(tmp_path / "in", bad=["书.jsonl"])
    deliver(tmp_path / "press", bad=["数组.jsonl"])
    write_partner(tmp_path / "conf", "press", PARTNER.format(folder=tmp_path / "press"))
    parameters(tmp_path)
    params = build_parameters(tmp_path / "conf", tmp_path / "root", "partners=[gov,press]")
    with pytest.raises(DeliveryUnreadable) as caught:
        build(params)
    assert "书.jsonl holds a PDF" in str(caught.value)
    assert "数组.jsonl is one JSON array" in str(caught.value)


def test_delivery_of_bad_files_alone_ends_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "in", bad=["书.jsonl", "数组.jsonl"], good=0)
    monkeypatch.setattr(normalize_stage, "normalize_shard", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(DeliveryUnreadable) as caught:
        build(parameters(tmp_path))
    assert "书.jsonl" in str(caught.value)
    assert "数组.jsonl" in str(caught.value)


def test_bad_files_are_set_aside_whole_whatever_the_shards_and_runs(tmp_path: Path) -> None:
    deliver(tmp_path / "in")
    digests = set()
    for number, size in enumerate(("1", "3000", "100000000")):
        params = parameters(
            tmp_path, SKIP, WARN, f"shards.input_bytes={size}", f"root={tmp_path / str(number)}"
        )
        published = build(params)
        digests.add(published.digest)
        assert build(params).digest == published.digest
    assert len(digests) == 1
    manifest = published.manifest
    assert manifest["documents"] == 30
    bad = manifest["bad_files"]
    assert [one["file"] for one in bad] == sorted(BAD)
    assert [one["bytes"] for one in bad] == [len(BAD[name]) for name in sorted(BAD)]
    assert all(one["partner"] == "gov" and one["since"] == "1.0.0" for one in bad)
    assert not any(str(tmp_path) in one["reason"] for one in bad)
    assert "holds a PDF document" in bad[[one["file"] for one in bad].index("书.jsonl")]["reason"]
    assert {one["file"] for one in manifest["inputs"]} == {f"公告{n}.jsonl" for n in range(3)}
    # What was readable of a file before its damage is no document.
    without = parameters(tmp_path, f"root={tmp_path / 'none'}")
    for name in BAD:
        (tmp_path / "in" / name).unlink()
    plain = build(without).manifest
    assert "bad_files" not in plain
    assert [file["sha256"] for file in plain["shards"]] == [
        file["sha256"] for file in manifest["shards"]
    ]


def test_bad_files_are_alarming_and_allowed_by_their_limit(tmp_path: Path) -> None:
    deliver(tmp_path / "in", bad=["书.jsonl"], good=4)
    with pytest.raises(LossAlarm, match=r"1 of 5 files cannot be read .* such as 书\.jsonl"):
        build(parameters(tmp_path, SKIP))
    few = parameters(tmp_path, SKIP, "limits.alarm_bad_share=0.25")
    assert build(few).manifest["bad_files"][0]["file"] == "书.jsonl"
    # Of a small part of the files, a large part of the bytes.
    (tmp_path / "in" / "书.jsonl").write_bytes(b"%PDF-1.7\n" + bytes(100_000))
    with pytest.raises(LossAlarm, match="1 of 5 files"):
        build(parameters(tmp_path, SKIP, "limits.alarm_bad_share=0.25", "corpus.version=2.0.0"))


def test_partner_with_bad_files_alone_has_no_rows_and_is_told(tmp_path: Path) -> None:
    deliver(tmp_path / "in", bad=["书.jsonl"], good=0)
    with pytest.raises(LossAlarm) as caught:
        build(parameters(tmp_path, SKIP))
    assert "no row was read" in str(caught.value)
    assert "1 of 1 files cannot be read" in str(caught.value)
    assert build(parameters(tmp_path, SKIP, WARN)).manifest["documents"] == 0


def test_release_with_bad_files_is_read_verified_reported_and_extended(tmp_path: Path) -> None:
    deliver(tmp_path / "in", bad=["书.jsonl", "截断.jsonl.gz"])
    params = parameters(tmp_path, SKIP, WARN)
    build(params)
    release = opened(params)
    assert verify(release).problems == []
    assert [alarm.kind for alarm in release_alarms(release, params.alarms)] == ["bad_files"]
    card = dataset_card(release.manifest, release.digest, paths=[])
    assert "书.jsonl" in card
    assert "holds a PDF document" in card
    # The one is delivered again and is good, the other is still bad.
    (tmp_path / "in" / "书.jsonl").write_bytes(lines(700))
    grown = parameters(tmp_path, SKIP, WARN, "corpus.parent=1.0.0", "corpus.version=1.1.0")
    manifest = build(grown).manifest
    assert manifest["documents"] == 31
    assert [(one["file"], one["since"]) for one in manifest["bad_files"]] == [
        ("截断.jsonl.gz", "1.1.0")
    ]
    # One that is not delivered again stays on the list.
    (tmp_path / "in" / "截断.jsonl.gz").unlink()
    (tmp_path / "in" / "公告9.jsonl").write_bytes(lines(800))
    later = parameters(tmp_path, SKIP, WARN, "corpus.parent=1.1.0", "corpus.version=1.2.0")
    manifest = build(later).manifest
    assert [(one["file"], one["since"]) for one in manifest["bad_files"]] == [
        ("截断.jsonl.gz", "1.1.0")
    ]
    assert release_alarms(opened(later), params.alarms) == []


def test_partner_says_for_itself_what_becomes_of_its_bad_files(tmp_path: Path) -> None:
    deliver(tmp_path / "in", bad=["书.jsonl"])
    deliver(tmp_path / "press", bad=[])
    write_partner(
        tmp_path / "conf",
        "press",
        PARTNER.format(folder=tmp_path / "press") + "\non_bad_file: stop",
    )
    parameters(tmp_path)

    def params() -> BuildParams:
        given = ("partners=[gov,press]", SKIP, WARN)
        return build_parameters(tmp_path / "conf", tmp_path / "root", *given)

    assert len(build(params()).manifest["bad_files"]) == 1
    (tmp_path / "press" / "数组.jsonl").write_bytes(BAD["数组.jsonl"])
    with pytest.raises(DeliveryUnreadable, match=r"a delivered file cannot be read.*\n.*数组") as e:
        build(replace(params(), version="2.0.0"))
    assert "书" not in str(e.value)


def test_links_and_pipes_are_set_aside_by_name(tmp_path: Path) -> None:
    deliver(tmp_path / "in", bad=[])
    (tmp_path / "secret.jsonl").write_bytes(lines(99))
    (tmp_path / "in" / "外.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (tmp_path / "in" / "无.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "in" / "管.jsonl")
    with pytest.raises(DeliveryUnreadable) as caught:
        build(parameters(tmp_path))
    assert all(f"{name}.jsonl" in str(caught.value) for name in ("外", "无", "管"))
    manifest = build(parameters(tmp_path, SKIP, WARN)).manifest
    assert manifest["documents"] == 30
    assert [one["file"] for one in manifest["bad_files"]] == ["外.jsonl", "无.jsonl", "管.jsonl"]


def test_large_file_with_damage_behind_good_splits_is_out_whole(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    deliver(folder, bad=[])
    numbers = range(100, 400)
    table = pa.table({"text": [text(n) for n in numbers], "id": [str(n) for n in numbers]})
    for name in ("整.parquet", "坏.parquet"):
        pq.write_table(table, folder / name, row_group_size=30, use_dictionary=False)
    body = bytearray((folder / "坏.parquet").read_bytes())
    column = pq.read_metadata(folder / "坏.parquet").row_group(9).column(0)
    place, size = column.data_page_offset, column.total_compressed_size
    body[place : place + size] = bytes(size)
    (folder / "坏.parquet").write_bytes(bytes(body))
    settings = PARTNER.replace("*.*", "*.parquet").replace("jsonl", "parquet")
    write_partner(tmp_path / "conf", "gov", settings.format(folder=folder))
    given = ("partners=[gov]", SKIP, WARN, "shards.input_bytes=4000")
    manifest = build(build_parameters(tmp_path / "conf", tmp_path / "root", *given)).manifest
    assert manifest["documents"] == 300
    assert [one["file"] for one in manifest.get("bad_files", [])] == ["坏.parquet"]


@pytest.mark.parametrize("skips", [True, False])
def test_file_that_kills_its_reader_is_found_among_its_neighbours(
    tmp_path: Path, skips: bool
) -> None:
    deliver(tmp_path / "in", bad=[])
    params = parameters(tmp_path, *([SKIP] if skips else []))
    shards = plan(params)
    assert len(shards) == 1

    def run(left: Sequence[InputShard]) -> list[Checkpoint]:
        return [KILLED if "公告1" in str(shard) else {"key": shard.key} for shard in left]

    if skips:
        found = readable(shards, run, params)
        assert [one.file for one in found.bad_files] == ["公告1.jsonl"]
        assert "killed" in found.bad_files[0].reason
        names = [file.source.name for shard in found.plan for file in shard.files]
        assert names == ["公告0.jsonl", "公告2.jsonl"]
        assert [one["key"] for one in found.checkpoints] == [shard.key for shard in found.plan]
        assert len(normalize(found.plan, params, progress=silent).shards) == 2
    else:
        with pytest.raises(TaskError, match="1 tasks killed their worker"):
            readable(shards, run, params)

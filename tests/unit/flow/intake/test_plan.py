"""What a build reads to plan: nothing of a file that was read before and has not changed since."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from jobs.corpus.model.reasons import Stage
from jobs.flow.builds import normalize_stage
from jobs.flow.builds.normalize_stage import normalize
from jobs.flow.builds.pipeline import BuildState, run_normalize
from jobs.flow.intake import plan as plan_module
from jobs.flow.intake import scans
from jobs.flow.intake.input_shards import delivered_files, input_name
from jobs.flow.intake.plan import plan, remember_plan, with_digests
from jobs.flow.params import BuildParams
from jobs.flow.tasks.checkpoints import CheckpointedTask
from jobs.storage import hashed_stream, source_bytes
from jobs.storage.layout import work_key
from tests.builds import build_parameters, silent, write_partner

pytestmark = pytest.mark.usefixtures("tasks_here")


WHOLE, SPLIT = 10**9, 4_000
FORMS = {
    "jsonl": WHOLE,
    "jsonl.gz": WHOLE,
    "parquet": WHOLE,
    "pieces.jsonl": SPLIT,
    "pieces.csv": SPLIT,
    "pieces.parquet": SPLIT,
}

# Of each way to be planned one: read once, or scanned and split.
few_forms = pytest.mark.parametrize("delivery", ["jsonl", "pieces.csv"], indirect=True)


def text(number: int, letter: str = "甲") -> str:
    return f"第{number}号公告：{letter}南京市长江大桥维修，来往车辆绕行。" + "请各单位知悉。" * 3


def deliver(path: Path, letter: str = "甲") -> None:
    texts = [text(number, letter) for number in range(100)]
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"text": texts}), path, row_group_size=20, compression="none")
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([["text"], *([text] for text in texts)])
    else:
        body = "\n".join(json.dumps({"text": t}, ensure_ascii=False) for t in texts).encode()
        path.write_bytes(gzip.compress(body, 1, mtime=0) if path.suffix == ".gz" else body)


@pytest.fixture(params=list(FORMS))
def delivery(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, BuildParams]:
    """Two delivered files, the second of which is given here, and a build of them."""
    for name in ("一", "二"):
        deliver(tmp_path / f"公告{name}.{request.param}")
    kind = request.param.removeprefix("pieces.").partition(".")[0]
    settings = f"format: {kind}\nlicence: none\npriority: 1\ndeliveries: {tmp_path}/公告*"
    write_partner(tmp_path / "conf", "gov", settings)
    return tmp_path / f"公告二.{request.param}", parameters(
        tmp_path, f"shards.input_bytes={FORMS[request.param]}"
    )


def parameters(folder: Path, *overrides: str) -> BuildParams:
    return build_parameters(folder / "conf", folder / "root", "partners=[gov]", *overrides)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the delivered files that were opened since this list was last emptied."""
    names: list[str] = []

    def watch(module: ModuleType, opening: str) -> None:
        opens = getattr(module, opening)

        def noted(uri: str, *rest: object) -> object:
            names.append(Path(uri).name)
            return opens(uri, *rest)

        monkeypatch.setattr(module, opening, noted)

    watch(hashed_stream, "_stored")
    watch(source_bytes, "_opened")
    return names


def digests(build: BuildState) -> dict[str, str]:
    return {file.source.name: file.digest for *_, file in delivered_files(build.read)}


def on_disk(path: Path) -> dict[str, str]:
    files = path.parent.glob("公告*")
    return {file.name: xxhash.xxh3_128_hexdigest(file.read_bytes()) for file in files}


def test_second_start_opens_no_delivered_file(
    delivery: tuple[Path, BuildParams], opened: list[str]
) -> None:
    path, params = delivery
    first = run_normalize(params, silent)
    assert set(opened) == set(on_disk(path))
    opened.clear()
    second = run_normalize(params, silent)
    assert opened == []
    assert digests(first) == digests(second) == on_disk(path)
    assert first.shards == second.shards


def in_place(path: Path) -> None:
    """Another letter; size and time of modification are as before."""
    times = path.stat()
    with path.open("r+b") as file:
        body = file.read()
        at = body.rindex("甲".encode()) if "甲".encode() in body else len(body) // 2
        file.seek(at)
        file.write("乙".encode() if "甲".encode() in body else body[at : at + 1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(path: Path) -> None:
    """Another file with the name, size and time of modification of the first."""
    times = path.stat()
    deliver(path.with_name(f"new{path.suffix}"), "乙")
    path.with_name(f"new{path.suffix}").replace(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def touched(path: Path) -> None:
    os.utime(path)


@few_forms
@pytest.mark.parametrize("change", [in_place, replaced, touched])
def test_changed_file_is_read_again(
    delivery: tuple[Path, BuildParams], opened: list[str], change: Callable[[Path], None]
) -> None:
    path, params = delivery
    run_normalize(params, silent)
    opened.clear()
    change(path)
    again = run_normalize(params, silent)
    assert path.name in opened
    assert digests(again) == on_disk(path)


@few_forms
def test_deleted_file_is_no_part_of_the_next_plan(
    delivery: tuple[Path, BuildParams], opened: list[str]
) -> None:
    path, params = delivery
    run_normalize(params, silent)
    opened.clear()
    path.unlink()
    assert digests(run_normalize(params, silent)) == on_disk(path)
    assert path.name not in opened


def test_what_was_read_before_a_build_was_killed_is_not_read_again(
    tmp_path: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "一二三":
        deliver(tmp_path / f"公告{name}.jsonl")
    settings = f"format: jsonl\nlicence: none\npriority: 1\ndeliveries: {tmp_path}/公告*"
    write_partner(tmp_path / "conf", "gov", settings)
    size = (tmp_path / "公告一.jsonl").stat().st_size
    params = parameters(tmp_path, f"shards.input_bytes={size}")  # none is split, each is a task

    def killed(shard, *, params):
        if "公告二" in str(shard):  # the last by name
            raise KeyboardInterrupt
        return read(shard, params=params)

    read = normalize_stage.normalize_shard
    monkeypatch.setattr(normalize_stage, "normalize_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        normalize(plan(params), params, progress=silent)
    monkeypatch.setattr(normalize_stage, "normalize_shard", read)
    opened.clear()
    normalize(plan(params), params, progress=silent)
    assert sorted(opened) == ["公告一.jsonl", "公告二.jsonl"]  # the head of the first is tried


def test_file_is_read_once_and_its_head_tried(
    delivery: tuple[Path, BuildParams], opened: list[str]
) -> None:
    """A split file is read by its scan and, part for part, by its tasks."""
    path, params = delivery
    shards = plan(params)
    assert opened.count(path.name) == int(params.shards.input_bytes == SPLIT) + (
        "pieces.parquet" in path.name  # whose footer tells its row groups
    )
    opened.clear()
    normalize(shards, params, progress=silent)
    tasks = sum(file.source.name == path.name for shard in shards for file in shard.files)
    assert opened.count(path.name) == tasks


@pytest.mark.parametrize(
    "delivery", ["pieces.jsonl", "pieces.csv", "pieces.parquet"], indirect=True
)
def test_files_of_a_corpus_with_enough_tasks_are_read_whole_and_once(
    delivery: tuple[Path, BuildParams], opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, params = delivery
    before = run_normalize(params, silent).shards
    monkeypatch.setattr(plan_module, "_ENOUGH_TASKS", 1)
    opened.clear()
    after = run_normalize(replace(params, corpus="whole"), silent)
    assert opened[1:] == sorted(on_disk(path))  # the head of the first is tried
    assert digests(after) == on_disk(path)
    assert [len(shard.files) for shard in after.plan] == [1, 1]
    delivered = sum(shard.delivered for shard in before)
    assert sum(shard.delivered for shard in after.shards) == delivered


@few_forms
@pytest.mark.parametrize("damage", ["deleted", "emptied"])
def test_files_are_read_again_where_it_is_forgotten_that_they_were(
    delivery: tuple[Path, BuildParams], damage: str
) -> None:
    path, params = delivery
    run_normalize(params, silent)
    for stage in ("read_files", scans.STAGE):
        for file in (path.parent / "root" / "demo" / "work" / stage).glob("*.json"):
            file.unlink() if damage == "deleted" else file.write_bytes(b"")
    assert digests(run_normalize(params, silent)) == on_disk(path)


@few_forms
def test_file_of_a_parent_is_known_without_opening_it(
    delivery: tuple[Path, BuildParams], opened: list[str]
) -> None:
    path, params = delivery
    first = run_normalize(params, silent)
    known = {input_name(one) for one in delivered_files(first.read)}
    opened.clear()
    assert plan(params, known=known) == []
    assert opened == []
    replaced(path)
    assert {file.source.name for *_, file in delivered_files(plan(params, known=known))} == {
        path.name
    }


def test_digests_of_files_that_were_not_read_are_scanned(
    delivery: tuple[Path, BuildParams],
) -> None:
    path, params = delivery
    planned = with_digests(plan(params), params)
    assert {file.source.name: file.digest for *_, file in delivered_files(planned)} == on_disk(path)


def test_specifications_of_many_small_and_of_huge_files_are_bounded(tmp_path: Path) -> None:
    for number in range(1_500):
        (tmp_path / f"公告-{number:05d}-{'某省某市人民政府办公厅' * 3}.jsonl").write_text("\n")
    settings = f"format: jsonl\nlicence: none\npriority: 1\ndeliveries: {tmp_path}/公告*"
    write_partner(tmp_path / "conf", "gov", settings)
    params = parameters(tmp_path)
    shards = plan(params)
    assert sum(len(shard.files) for shard in shards) == 1_500
    for shard in shards:
        work = CheckpointedTask(work_key(params.corpus, Stage.NORMALIZE, shard.key), shard)
        assert len(pickle.dumps(work)) <= 64 << 10
    remember_plan(with_digests(shards, params), params)
    assert [shard.key for shard in plan(params)] == [shard.key for shard in shards]
    for size in (1, 10**6, 4 << 30, 10**12, 10**15):
        assert -(-size // source_bytes._block_bytes(size)) <= 4096


@few_forms
def test_plan_of_the_same_files_is_the_same(delivery: tuple[Path, BuildParams]) -> None:
    _, params = delivery
    first = [(shard.key, [str(file) for file in shard.files]) for shard in plan(params)]
    run_normalize(params, silent)
    assert [(shard.key, [str(file) for file in shard.files]) for shard in plan(params)] == first

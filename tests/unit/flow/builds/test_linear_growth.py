"""What a build does grows as what is delivered: files opened, and what tasks are told."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from jobs.flow.builds import boilerplate_counts, drops_exchange, site_boilerplate_stage
from jobs.flow.builds.pipeline import run_merge
from jobs.flow.dedup import candidates, gathering
from jobs.flow.tasks.row_groups import read_row_groups
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.directory import DirectoryStore
from tests.builds import build, build_parameters, silent, write_partner

PARTNER = """
deliveries: {folder}/*.jsonl
format: jsonl
licence: CC0-1.0
priority: 2
columns:
  id: id
  url: url
"""
SIZES = ("shards.input_bytes=10000", "shards.run_bytes=90000", "shards.release_bytes=20000")
FRAME = "当前位置：首页 > 新闻 > 正文\n\n{}\n\n版权所有：某某网，未经授权不得转载。"
STAGES = ("site boilerplate", "dedup", "merge")

EXCHANGES = {
    *("dedup: gather keys", "dedup: gather candidates"),
    *("merge: scatter drops", "merge: gather drops"),
}


class Watch:
    """Runs tasks here; counts the requests of each stage and the bytes of its specifications."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tasks: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.largest: Counter[str] = Counter()
        self.labels: set[str] = set()
        self.stage = ""
        monkeypatch.setattr("jobs.flow.tasks.checkpoints.map_shards", self.run)
        for name in ("open", "get", "put", "put_file", "size"):
            monkeypatch.setattr(DirectoryStore, name, self.counted(getattr(DirectoryStore, name)))

    def run(self, task: Any, specs: Any, *, label: str, **_: Any) -> Iterator[Any]:
        self.labels.add(label)
        for spec in specs:
            self.stage = label.partition(":")[0]
            self.tasks[self.stage] += 1
            size = len(pickle.dumps(spec))
            self.largest[self.stage] = max(self.largest[self.stage], size)
            made = task(spec)
            self.stage = ""
            yield made

    def counted(self, call: Any) -> Any:
        def counting(*given: Any) -> Any:
            self.requests[self.stage] += 1
            return call(*given)

        return counting


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections, batches and exchanges, where a small corpus would need none of them."""
    for module in ("jobs.corpus.release.sections", "jobs.flow.builds.sections"):
        monkeypatch.setattr(f"{module}.GRAIN_BYTES", 4000)
    monkeypatch.setattr(boilerplate_counts, "BATCH_RUNS", 8)
    monkeypatch.setattr(boilerplate_counts, "TASK_PAIRS", 1000)
    monkeypatch.setattr(candidates, "PARTITION_KEYS", 500)
    monkeypatch.setattr(gathering, "FEW_FILES", 0)
    monkeypatch.setattr(gathering, "_FILES_AT_ONCE", 8)
    monkeypatch.setattr(gathering, "_SPANS", 2)
    monkeypatch.setattr(drops_exchange, "FEW_FILES", 0)
    monkeypatch.setattr(drops_exchange, "FILES_AT_ONCE", 3)
    monkeypatch.setattr(drops_exchange, "SECTIONS_AT_ONCE", 2)


def deliver(folder: Path, documents: int, *, framed: int = 1) -> None:
    """Pages of two sites, one in `framed` with a frame, of which every ninth repeats another."""
    folder.mkdir(exist_ok=True)
    lines = []
    for number in range(documents):
        n = number - (number % 9 == 8)
        text = "".join(f"第{n}期工程由{n * k}号决定{k * n % 97}，" for k in range(3, 20))
        row = {
            "id": str(number),
            "text": text if n % framed else FRAME.format(text),
            "url": f"http://{'ab'[n % 2]}.example/",
        }
        lines.append(orjson.dumps(row))
    (folder / "a.jsonl").write_bytes(b"\n".join(lines))
    write_partner(folder, "gov", PARTNER.format(folder=folder))


def digest(folder: Path, root: str, *overrides: str) -> tuple[str, dict[str, Any]]:
    """The digest of what is merged, and its manifest."""
    sizes = (*SIZES, "shards.group_documents=30", "paragraphs.min_documents=10", "alarms=warn")
    params = build_parameters(folder, folder / root, "partners=[gov]", *sizes, *overrides)
    manifest = run_merge(params, silent).manifest
    return sha256_hex(canonical_json(manifest)), manifest


def test_a_range_opens_no_run_of_other_sections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = []
    for documents in (100, 200):
        deliver(tmp_path / str(documents), documents)
        with monkeypatch.context() as patch:
            watch = Watch(patch)
            one_shard = ("shards.input_bytes=10000000", "shards.batch_bytes=5000")
            digest(tmp_path / str(documents), "root", *one_shard)
        requests.append(watch.requests["merge"])
    assert requests[1] < 2.4 * requests[0], requests


def test_requests_and_specifications_grow_as_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watches = []
    for documents in (150, 300):
        deliver(tmp_path / str(documents), documents)
        with monkeypatch.context() as patch:
            watches.append(Watch(patch))
            digest(tmp_path / str(documents), "root")
    for stage in STAGES:
        first, second = (watch.requests[stage] for watch in watches)
        assert second < 2.4 * first, (stage, first, second)
        assert watches[1].tasks[stage] > 1.5 * watches[0].tasks[stage]
        assert max(watch.largest[stage] for watch in watches) < 2000


def test_removal_reads_no_documents_but_those_with_furniture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, 180, framed=4)
    rows = []

    def read(*given: Any) -> pa.Table:
        table = read_row_groups(*given)
        rows.append(len(table))
        return table

    monkeypatch.setattr(site_boilerplate_stage, "read_row_groups", read)
    Watch(monkeypatch)
    _, manifest = digest(tmp_path, "root")
    assert sum(rows) == 45
    assert sum(file["rows"] for file in manifest["removals"]) == 2 * 40


def test_release_does_not_depend_on_how_work_is_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, 135)
    with monkeypatch.context() as patch:
        watch = Watch(patch)
        expected, manifest = digest(tmp_path, "a")
        assert watch.tasks["merge"] >= 6
        assert watch.labels >= EXCHANGES
        account = manifest["partners"]["gov"]
        assert account["delivered"] == 135
        assert account["dropped"] == 15
        assert sum(file["rows"] for file in manifest["removals"]) == 2 * (135 - 15)
        others = ("shards.input_bytes=1000000", "shards.run_bytes=30000", "shards.batch_bytes=5000")
        assert digest(tmp_path, "b", *others)[0] == expected
        for module, name in (
            (boilerplate_counts, "BATCH_RUNS"),
            (boilerplate_counts, "TASK_PAIRS"),
            (drops_exchange, "FEW_FILES"),
            (gathering, "FEW_FILES"),
            (candidates, "PARTITION_KEYS"),
        ):
            patch.setattr(module, name, 10**9)
        assert digest(tmp_path, "c")[0] == expected
        assert digest(tmp_path, "d", "shards.group_documents=500000", *others)[0] == expected


def test_second_start_of_a_published_build_opens_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, 60)
    sizes = (*SIZES, "shards.group_documents=30", "alarms=warn")
    params = build_parameters(tmp_path, tmp_path / "root", "partners=[gov]", *sizes)
    monkeypatch.setattr("jobs.flow.tasks.checkpoints.map_shards", Watch(monkeypatch).run)
    first = build(params)
    opened: list[str] = []
    for name in ("open", "get", "stream"):
        read = getattr(DirectoryStore, name)
        monkeypatch.setattr(
            DirectoryStore, name, lambda self, key, read=read: opened.append(key) or read(self, key)
        )
    for name in ("hashed_stream._stored", "source_bytes._opened"):
        monkeypatch.setattr(f"jobs.storage.{name}", lambda *_: pytest.fail("a delivery was opened"))
    again = build(params)
    assert (again.digest, again.is_new, again.alarms) == (first.digest, False, first.alarms)
    assert [key for key in opened if "/blobs/" in key] == []

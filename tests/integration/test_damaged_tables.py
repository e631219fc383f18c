"""Objects between stages that change behind a build's back are made again, and never published."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace as replaced
from pathlib import Path

import orjson
import pytest

from jobs.errors import DamagedTable
from jobs.flow.builds.publish_stage import Published
from jobs.flow.params import BuildParams
from jobs.flow.releases.verification import verify
from jobs.storage.directory import DirectoryStore
from tests.builds import build, build_parameters, in_this_process, opened, write_partner
from tests.integration.test_rounds_build import WORDS

_NAMES = re.compile(r"[0-9a-f]{32,}|\d+")


def deliver(folder: Path) -> Path:
    """Two partners: a chain of notices below the masthead of their site, and their copies."""
    edits = random.Random(4)
    text = "".join(edits.choices(WORDS, k=240))
    rows = []
    for number in range(16):
        at = edits.randrange(len(text) - 12)
        text = text[:at] + "".join(edits.choices(WORDS, k=8)) + text[at + 8 :]
        page = f"本站新闻中心首页\n{text}\n返回本站首页\n版权所有翻印必究"
        rows.append({"text": page, "url": f"https://a.example/{number}", "id": str(number)})
    for name, mine in (("gov", rows[::2]), ("news", rows[1::2])):
        (folder / name).mkdir()
        for number in range(2):
            lines = b"\n".join(map(orjson.dumps, mine[number::2]))
            (folder / name / f"{number}.jsonl").write_bytes(lines)
        given = "format: jsonl\ncolumns: {url: url, id: id}\nlicence: none\npriority: 1\n"
        write_partner(folder / "conf", name, f"{given}deliveries: {folder}/{name}/*.jsonl")
    return folder / "conf"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuildParams, Published]:
    """A build that needs every kind of object there is."""
    folder = tmp_path_factory.mktemp("damage")
    params = build_parameters(
        deliver(folder),
        folder / "root",
        *("partners=[gov,news]", "minhash.bands=32", "minhash.rows=4"),
        *("shards.group_documents=3", "shards.input_bytes=4000", "paragraphs.min_documents=5"),
    )
    with in_this_process():
        return params, build(params)


Damage = Callable[[Path, Path], None]


def flip(path: Path, _other: Path) -> None:
    body = bytearray(path.read_bytes() or b"?")
    at = random.Random(path.name).randrange(8 * len(body))
    body[at // 8] ^= 1 << at % 8
    replace(path, bytes(body))


def swap(path: Path, other: Path) -> None:
    if path == other:
        return flip(path, other)
    body = path.read_bytes()
    replace(path, other.read_bytes())
    replace(other, body)
    return None


def cut(path: Path, _other: Path) -> None:
    replace(path, path.read_bytes()[:-100])


def empty(path: Path, _other: Path) -> None:
    replace(path, b"")


def lose(path: Path, _other: Path) -> None:
    path.unlink()


def replace(path: Path, body: bytes) -> None:
    """Another file of that name: the one that was there may have other names."""
    path.unlink()
    path.write_bytes(body)


def work_of(params: BuildParams, suffixes: set[str]) -> list[Path]:
    work = Path(params.storage.root) / "demo" / "work"
    return sorted(p for p in work.rglob("*") if p.suffix in suffixes and "released" not in p.parts)


def maker(path: Path) -> Path:
    return path.parent.with_name(f"{path.parent.name}.json")


def kind(path: Path) -> str:
    return _NAMES.sub("", str(path).partition("/work/")[2])


def copied(built: tuple[BuildParams, Published], folder: Path) -> BuildParams:
    """The same build in a root of its own, its files as old as they were."""
    params = built[0]
    shutil.copytree(params.storage.root, folder / "root")
    return replaced(params, storage=replaced(params.storage, root=str(folder / "root")))


def undo_after(params: BuildParams, checkpoints: list[Path]) -> None:
    """Let everything be to do that was done after these tasks."""
    last = max(checkpoint.stat().st_mtime_ns for checkpoint in checkpoints)
    for checkpoint in work_of(params, {".json"}):
        if checkpoint.stat().st_mtime_ns > last:
            checkpoint.unlink()


def chosen(objects: list[Path]) -> list[Path]:
    """One object of each kind, of different tasks if there are enough; not one without rows."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(objects, key=lambda path: -path.stat().st_size):
        kinds.setdefault(kind(path), []).append(path)
    return [paths[number % len(paths)] for number, paths in enumerate(kinds.values())]


def test_every_kind_of_table_that_is_damaged_is_made_again(
    built: tuple[BuildParams, Published], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Task by task in the order of a build: what it left is damaged and what followed undone."""
    tasks: dict[str, list[Path]] = {}
    for path in work_of(built[0], {".parquet", ".bin", ".arrow"}):
        tasks.setdefault(kind(maker(path)), []).append(path)
    assert len(tasks) >= 14
    damages: list[Damage] = [flip, swap, flip, cut, flip, empty, flip, lose]
    for number, objects in enumerate(tasks.values()):
        params = copied(built, tmp_path / str(number))
        here = [Path(str(p).replace(built[0].storage.root, params.storage.root)) for p in objects]
        harmed = chosen(here)
        before = {path: path.read_bytes() for path in harmed}
        done = {path: maker(path).stat().st_mtime_ns for path in harmed}
        undo_after(params, [maker(path) for path in here])
        for turn, path in enumerate(harmed):
            other = next((p for p in here if p.suffix == path.suffix and p.name != path.name), path)
            damages[(number + turn) % len(damages)](path, other)
        caplog.clear()
        with in_this_process():
            assert build(params).digest == built[1].digest
        assert {path: path.read_bytes() for path in harmed} == before
        # Nothing but damage lets a task be done again.
        assert all(maker(path).stat().st_mtime_ns > done[path] for path in harmed)
        assert "made again" in caplog.text


def test_markers_that_are_damaged_or_empty_are_made_again(
    built: tuple[BuildParams, Published], tmp_path: Path
) -> None:
    params = copied(built, tmp_path)
    checkpoints = work_of(params, {".json"})
    before = {path: path.read_bytes() for path in checkpoints}
    for number, path in enumerate(chosen(checkpoints)):
        (flip, empty, cut)[number % 3](path, path)
    with in_this_process():
        assert build(params).digest == built[1].digest
    assert {path: path.read_bytes() for path in checkpoints} == before


@pytest.mark.parametrize("damage", [flip, cut, lose])
def test_files_of_a_release_that_are_damaged_before_it_is_published_are_written_again(
    built: tuple[BuildParams, Published], tmp_path: Path, damage: Damage
) -> None:
    params = copied(built, tmp_path)
    release = opened(params)
    for kind_of_file in release.kinds():
        path = Path(release.files(kind_of_file)[0])
        damage(path, path)
    assert verify(release).problems
    # A release that is published is not read by a build: one of the same files, still to be, is.
    with in_this_process():
        assert not build(params).is_new
        assert verify(release).problems
        build(replaced(params, version="1.0.1"))
    assert verify(release).problems == []


def test_table_that_stays_damaged_ends_the_build_with_its_name(
    built: tuple[BuildParams, Published], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = copied(built, tmp_path)
    facts = next(p for p in work_of(params, {".parquet"}) if kind(p).endswith("facts--.parquet"))
    undo_after(params, [maker(facts)])
    whole, put = facts.read_bytes(), DirectoryStore.put_file

    def broken(store: DirectoryStore, key: str, path: Path) -> None:
        put(store, key, path)
        if key.endswith(facts.name):
            replace(facts, whole[:-1])

    monkeypatch.setattr(DirectoryStore, "put_file", broken)
    replace(facts, whole[:-1])
    with in_this_process(), pytest.raises(DamagedTable, match=facts.name) as caught:
        build(params)
    assert caught.value.exit_code == 23

"""What decides a table is in its key: change it, and the table is made again, and no other one."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import jobs.flow.builds.merge_stage
import jobs.flow.builds.site_boilerplate_stage
import jobs.flow.dedup.dedup_stage
import jobs.flow.intake.input_shards
from jobs.flow.builds.pipeline import run_merge
from jobs.flow.tasks.checkpoints import write_checkpoint
from jobs.storage.releases import has_blob
from tests.builds import build_parameters, silent, write_partner

PARTNER = "deliveries: {folder}/*.jsonl\nformat: jsonl\nlicence: CC0-1.0\npriority: 2"
ALL = {"normalize", "site boilerplate", "dedup", "merge"}
TEXTS = ["国务院办公厅关于进一步做好防汛抗旱工作的通知。", "《静夜思》床前明月光，疑是地上霜。"]


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The stages of which a task made something: its checkpoint was written."""
    run: set[str] = set()
    written: list[str] = []

    def ran(task, specs, *, label, **_):
        for spec in specs:
            before = len(written)
            made = task(spec)
            run.update([label.partition(":")[0]] if len(written) > before else [])
            yield made

    def write(store, key, made):
        written.append(key)
        return write_checkpoint(store, key, made)

    monkeypatch.setattr("jobs.flow.tasks.checkpoints.map_shards", ran)
    monkeypatch.setattr("jobs.flow.tasks.checkpoints.write_checkpoint", write)
    return run


def merged(folder: Path, *overrides: str) -> None:
    run_merge(build_parameters(folder, folder / "root", "partners=[gov]", *overrides), silent)


@pytest.fixture
def built(tmp_path: Path, stages: set[str]) -> Path:
    """A folder with a build that was merged, and nothing of it was run since."""
    rows = [{"text": text, "url": f"http://a.example/{n}"} for n, text in enumerate(TEXTS)]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    write_partner(tmp_path, "gov", PARTNER.format(folder=tmp_path))
    merged(tmp_path)
    assert stages == ALL
    stages.clear()
    return tmp_path


@pytest.mark.parametrize(
    ("override", "again"),
    [
        ("compute.workers=1", set()),
        ("shards.release_bytes=1000", {"merge"}),
        ("partners.gov.licence=MIT", {"merge"}),
        ("partners.gov.priority=1", {"dedup", "merge"}),
        ("minhash.threshold=0.9", {"dedup", "merge"}),
        ("minhash.verify=exact", {"dedup", "merge"}),
        ("rank.prefer=[newest]", {"dedup", "merge"}),
        ("rules=cci", {"dedup", "merge"}),
        ("paragraphs.min_share=0.9", {"site boilerplate"}),  # which removes nothing either way
        ("paragraphs.site_boilerplate=false", {"normalize", "dedup", "merge"}),
        ("paragraphs.min_chars=30", ALL),
        ("minhash.seed=2", ALL),
        ("normalization.skip=[script]", ALL),
        ("partners.gov.script=keep", ALL),
        ("partners.gov.html=true", ALL),
        ("partners.gov.encoding=utf-8", ALL),
        ("partners.gov.columns.title=url", ALL),
        ("limits.text_bytes=1000", ALL),
    ],
)
def test_what_decides_a_table_makes_it_again(
    built: Path, stages: set[str], override: str, again: set[str]
) -> None:
    merged(built, override)
    assert stages == again
    stages.clear()
    merged(built, override)
    assert stages == set()


@pytest.mark.parametrize(
    ("module", "again"),
    [
        (jobs.flow.intake.input_shards, ALL),
        (jobs.flow.builds.site_boilerplate_stage, {"site boilerplate"}),
        (jobs.flow.dedup.dedup_stage, {"dedup", "merge"}),
        (jobs.flow.builds.merge_stage, {"merge"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_other_code_makes_tables_again(
    built: Path, stages: set[str], module, again: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "code_digest", lambda: "other code")
    merged(built)
    assert stages == again


def test_other_bytes_under_the_same_name_are_read_again(built: Path, stages: set[str]) -> None:
    path = built / "a.jsonl"
    path.write_bytes(path.read_bytes().replace("明月".encode(), "月明".encode()))
    merged(built)
    assert stages == ALL


def test_a_released_file_that_is_missing_is_made_again(built: Path, stages: set[str]) -> None:
    files = {path: path.read_bytes() for path in built.rglob("blobs/**/*") if path.is_file()}
    next(iter(files)).unlink()
    merged(built)
    assert stages == {"merge"}
    assert all(path.read_bytes() == body for path, body in files.items())


@pytest.mark.parametrize("is_large", [True, False])
def test_tasks_read_the_files_of_a_large_finished_merge(
    built: Path, monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    in_task = []

    def ran(task, specs, **_):
        for spec in specs:
            in_task.append(True)
            yield task(spec)
            in_task.pop()

    def checked(*given, **named):
        assert bool(in_task) == is_large
        read.append(given)
        return has_blob(*given, **named)

    read: list[object] = []
    monkeypatch.setattr("jobs.flow.tasks.checkpoints._CHECKED_HERE", 0 if is_large else 8)
    monkeypatch.setattr("jobs.flow.tasks.checkpoints.map_shards", ran)
    monkeypatch.setattr("jobs.flow.builds.merge_stage.has_blob", checked)
    merged(built)
    assert read

"""A hundred mutated files of every format become rows, rejected rows or an error by name."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import watched
from tests.fuzz.__main__ import Read, read_files
from tests.fuzz.file_mutations import mutated
from tests.fuzz.good_files import KINDS
from tests.fuzz.reader import Case
from tests.fuzz.watched import reader

SEED, FILES = 20, 100  # 15 s


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    folder = tmp_path_factory.mktemp("fuzz")
    return [*read_files(SEED, iter(range(FILES)), folder)]


def test_mutated_files_give_rows_rejected_rows_or_errors_and_no_faults(read: list[Read]) -> None:
    assert not [(one.number, one.kind, one.outcome) for one in read if "fault" in one.outcome]


def test_mutated_files_are_of_every_format_and_end_in_every_way(read: list[Read]) -> None:
    assert {one.kind for one in read} == {*KINDS}
    assert sum("refused" in one.outcome for one in read) > FILES / 8
    assert sum(one.outcome.get("rejected", 0) for one in read) > FILES
    assert sum(one.outcome.get("kept", 0) for one in read) > FILES


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("crash", "SIGSEGV"),
        ("busy", "too much processor time"),
        ("asleep", "no answer"),
        ("greedy", "more than 50 MiB"),
    ],
)
def test_reader_that_dies_hangs_or_grows_is_noticed_and_replaced(
    fault: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_SECONDS", 0.2)
    monkeypatch.setattr(watched, "_WALL_FACTOR", 5)
    monkeypatch.setattr(watched, "MOST_BYTES", 50 << 20)
    path = tmp_path / "甲.jsonl"
    path.write_bytes(b"")
    case: Case = {
        "path": str(path),
        "size_bytes": 0,
        "format": "jsonl",
        "encoding": "auto",
        "quoting": "double",
        "html": False,
        "in_splits": False,
    }
    with reader(tmp_path, "tests.fuzz.faulty_reader") as process:
        assert "fault" not in process.read(case)
        assert said in process.read(case | {"format": fault})["fault"]
        assert "fault" not in process.read(case)


def test_the_same_number_of_a_seed_is_the_same_file() -> None:
    for number in range(30):
        assert mutated(Random(f"3:{number}")) == mutated(Random(f"3:{number}"))

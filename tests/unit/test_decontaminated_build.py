"""A build that keeps the demo's exams out: `truth.parquet` says which documents must go."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.builds import build, build_parameters, in_this_process, opened, table

EXAMS = "benchmarks=[civil_service,public_affairs]"


@pytest.fixture(scope="module")
def release(demo: Path, tmp_path_factory: pytest.TempPathFactory):
    with in_this_process():
        params = build_parameters(demo / "conf", tmp_path_factory.mktemp("store"), EXAMS)
        build(params)
        yield opened(params)


def planted(demo: Path) -> set[tuple[str, str]]:
    truth = pq.read_table(demo / "truth.parquet")
    rows = truth.filter(pc.match_substring(truth["plant"], "leak")).to_pylist()
    return {(row["partner"], row["source_id"]) for row in rows}


def test_exactly_the_planted_documents_go(demo: Path, release) -> None:
    decisions = table(release, "decisions").to_pylist()
    gone = {(d["partner"], d["source_id"]) for d in decisions if d["stage"] == "decontaminate"}
    assert planted(demo)
    assert gone == planted(demo)

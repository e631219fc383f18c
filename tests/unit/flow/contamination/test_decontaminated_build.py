"""A build that keeps the demo's exams out: `truth.parquet` says which documents must go."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import orjson
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs.command.reports import report_partners
from jobs.corpus.removal.removals import restored_text
from jobs.errors import ConfigError
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.verification import verify
from jobs.storage.stores import open_store
from tests.builds import MANY_PIECES, build, build_parameters, in_this_process, opened, table


class Killed(Exception):
    """Ends a build in the middle of a stage."""


EXAMS = "benchmarks=[civil_service,public_affairs]"
POLICY = "benchmarks.{}.policy={{question: {}}}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def release(demo: Path, store: Path):
    with in_this_process():
        params = build_parameters(demo / "conf", store, EXAMS)
        build(params)
        yield opened(params)


@pytest.fixture(scope="module")
def cut(demo: Path, store: Path):
    policies = (POLICY.format("civil_service", "cut"), POLICY.format("public_affairs", "report"))
    with in_this_process():
        params = build_parameters(
            demo / "conf", store, EXAMS, *policies, "corpus.version=1.0.1", "partners=[gov,news]"
        )
        build(params)
        yield opened(params)


def planted(demo: Path) -> set[tuple[str, str]]:
    truth = pq.read_table(demo / "truth.parquet")
    rows = truth.filter(pc.equal(truth["plant"], "benchmark_leak")).to_pylist()
    return {(row["partner"], row["source_id"]) for row in rows}


def items(demo: Path) -> list[str]:
    lines = (demo / "benchmarks" / "civil_service.jsonl").read_bytes().splitlines()
    return [orjson.loads(line)["question"] for line in lines]


def test_exactly_the_planted_documents_go(demo: Path, release) -> None:
    decisions = table(release, "decisions").to_pylist()
    gone = [row for row in decisions if row["stage"] == "decontaminate"]
    assert planted(demo)
    assert {(row["partner"], row["source_id"]) for row in gone} == planted(demo)
    assert {row["verdict"] for row in gone} == {"dropped"}
    assert {row["reason"] for row in gone} == {"benchmark_question"}
    kept = set(table(release, "shards")["id"].to_pylist())
    assert not kept & {row["doc_id"] for row in gone}


def test_evidence_names_the_item_and_shows_nothing_of_it(demo: Path, release) -> None:
    texts = b"".join(path.read_bytes() for path in (demo / "benchmarks").iterdir()).decode()
    for row in table(release, "decisions").to_pylist():
        if row["stage"] == "decontaminate":
            assert " item civil_service-" in row["evidence"] or " item public_" in row["evidence"]
            han = "".join(c for c in row["evidence"] if "一" <= c <= "龥")
            assert not han or han not in texts


def test_the_release_verifies_and_its_accounts_balance(release) -> None:
    assert not verify(release).problems
    for account in release.manifest["partners"].values():
        assert account["delivered"] == sum(account[k] for k in ("kept", "dropped", "rejected"))


def test_the_manifest_and_the_card_say_what_was_looked_for(demo: Path, release) -> None:
    first, second = release.manifest["benchmarks"]
    assert (first["name"], second["name"]) == ("civil_service", "public_affairs")
    assert first["items"] == 250
    assert sum(first["searchable"].values()) == 250
    assert first["searched"] == ["1.0.0"]
    found = [counts for one in (first, second) for counts in one["documents"].values()]
    assert sum(counts["dropped"] for counts in found) == len(planted(demo))
    assert 0 < sum(first["items_found"].values()) <= sum(c["dropped"] for c in found)
    card = dataset_card(release.manifest, release.digest, paths=[])
    assert "civil_service" in card
    assert items(demo)[0] not in card + orjson.dumps(release.manifest).decode()


def test_people_are_told_per_set_and_partner(release, capsys) -> None:
    report_partners(release.manifest)
    lines = capsys.readouterr().out.splitlines()
    header = next(n for n, line in enumerate(lines) if line.startswith("evaluation set"))
    assert lines[header].split()[-4:] == ["dropped", "cut", "reported", "quoted"]
    assert any(line.startswith("civil_service") for line in lines[header:])


def killed_after_two(task, specs, **_) -> Iterator:
    for spec in specs[:2]:
        yield task(spec)
    raise Killed


def from_the_last(task, specs, **_) -> list:
    return [task(spec) for spec in reversed(specs)]


def test_killed_and_in_other_pieces_and_order_it_is_the_same_release(
    demo: Path, release, tmp_path: Path
) -> None:
    params = build_parameters(demo / "conf", tmp_path, EXAMS, *MANY_PIECES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobs.flow.tasks.checkpoints.map_shards", killed_after_two)
        for _ in range(2):
            with pytest.raises(Killed):
                build(params)
        patch.setattr("jobs.flow.tasks.checkpoints.map_shards", from_the_last)
        published = build(params)
        assert not build(params).is_new
    assert published.digest == release.digest


def test_without_benchmarks_the_manifest_has_no_word_of_them(demo: Path, tmp_path: Path) -> None:
    with in_this_process():
        params = build_parameters(demo / "conf", tmp_path, "partners=[gov]")
        build(params)
    assert "benchmarks" not in opened(params).manifest


def test_cut_takes_the_item_out_and_keeps_the_document(demo: Path, cut) -> None:
    contents = {row["id"]: row["content"] for row in table(cut, "shards").to_pylist()}
    cuts = [r for r in table(cut, "removals").to_pylist() if r["kind"] == "benchmark_item"]
    questions = items(demo)
    assert cuts
    for row in cuts:
        left = contents[row["doc_id"]]
        assert not any(question.rstrip("（\u3000） ") in left for question in questions)
        before = restored_text(left, [r for r in cuts if r["doc_id"] == row["doc_id"]])
        assert any(question[:12] in before for question in questions)
    assert not any(r["stage"] == "decontaminate" for r in table(cut, "decisions").to_pylist())
    assert not verify(cut).problems


def test_report_keeps_the_document_and_counts_it(cut) -> None:
    exams = {entry["name"]: entry["documents"] for entry in cut.manifest["benchmarks"]}
    outcomes = {name: {*chain(*found.values())} for name, found in exams.items()}
    assert outcomes == {"civil_service": {"cut"}, "public_affairs": {"reported"}}


@pytest.mark.usefixtures("release")
def test_other_items_under_the_same_version_are_refused(demo: Path, store: Path, tmp_path) -> None:
    other = tmp_path / "other.jsonl"
    item = {"question": "另一道题目问的是什么", "options": [], "answer": "", "id": "1"}
    other.write_bytes(orjson.dumps(item))
    told = ("corpus.parent=1.0.0", "corpus.version=1.1.0")
    told = (*told, f"benchmarks.civil_service.files={other}")
    params = build_parameters(demo / "conf", store, EXAMS, *told)
    with pytest.raises(ConfigError, match="version 1 has other items"):
        open_parent(open_store(params.storage), params)
    newer = (*told, "benchmarks.civil_service.version='2'")
    params = build_parameters(demo / "conf", store, EXAMS, *newer)
    assert open_parent(open_store(params.storage), params) is not None

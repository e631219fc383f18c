"""Releases that extend releases: equal to the plain loop with the parent's documents frozen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import xxhash

from jobs.flow.builds.merge_stage import merge
from jobs.flow.builds.normalize_stage import normalize
from jobs.flow.builds.parent_release import inputs_of
from jobs.flow.builds.pipeline import run_build
from jobs.flow.dedup.dedup_stage import deduplicate
from jobs.flow.dedup.frozen import Origin, frozen_shards
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.releases.explanation import explain
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.survey import survey
from jobs.flow.releases.verification import verify
from jobs.flow.tasks.sealed_objects import body_of
from tests.builds import ABOUT, MANY_PIECES, build, build_parameters, opened, silent, table
from tests.oracles import Decision, Documents, expected_decisions

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]
FIRST = ("gov/notices-0000*", "gov/notices-0001*", "news/news-0000*", "news/news-0001*")
SECOND = ("gov/notices-0002*", "news/news-0002*", "papers/*")
PARTNERS = {"1.0.0": "partners=[gov,news]", "1.1.0": "partners=[papers,news,gov]"}


@dataclass(frozen=True)
class Growing:
    """A corpus whose deliveries come one after the other, and where its releases go."""

    demo: Path
    folder: Path
    how: tuple[str, ...] = ()

    def deliver(self, *patterns: str) -> None:
        for pattern in patterns:
            for path in (self.demo / "deliveries").glob(pattern):
                there = self.folder / "deliveries" / path.parent.name / path.name
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, there)

    def params(self, version: str, *given: str) -> BuildParams:
        conf = self.folder / "conf" / "partners"
        conf.mkdir(parents=True, exist_ok=True)
        for path in (self.demo / "conf" / "partners").iterdir():
            text = path.read_text(encoding="utf-8").replace(str(self.demo), str(self.folder))
            # The newcomer is preferred to everybody, and still replaces nobody who is frozen.
            text = text.replace("priority: 3", "priority: 0")
            (conf / path.name).write_text(text, encoding="utf-8")
        given = (f"corpus.version={version}", PARTNERS.get(version, "partners=[gov]"), *given)
        return build_parameters(conf.parent, self.folder / "releases", *given, *self.how)

    def grow(self) -> BuildParams:
        """Two generations; the parameters of the second."""
        self.deliver(*FIRST)
        build(self.params("1.0.0"))
        self.deliver(*SECOND)
        params = self.params("1.1.0", "corpus.parent=1.0.0")
        build(params)
        return params


@pytest.fixture(scope="module")
def grown(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Growing:
    growing = Growing(demo, tmp_path_factory.mktemp("grown"))
    growing.grow()
    return growing


@pytest.fixture(scope="module")
def parent(grown: Growing) -> OpenedRelease:
    return opened(grown.params("1.0.0"))


@pytest.fixture(scope="module")
def release(grown: Growing) -> OpenedRelease:
    return opened(grown.params("1.1.0"))


def documents_delivered(params: BuildParams) -> Iterator[dict[str, Any]]:
    root = Path(params.storage.root) / params.corpus / "work" / "normalized"
    for path in sorted(root.glob("*/documents-*.parquet")):
        body = pa.BufferReader(body_of(path.read_bytes()))
        documents = pq.read_table(body, columns=["doc_id", "content", "reason"])
        for row in documents.filter(pc.is_null(documents["reason"])).to_pylist():
            yield {"id": row["doc_id"].hex(), "content": row["content"]}


def frozen_loop(
    parent: OpenedRelease, release: OpenedRelease, params: BuildParams
) -> dict[str, Decision]:
    """What becomes of every document that the parent does not know, by datasketch's loop."""
    known = set(table(parent, "decisions")["doc_id"].to_pylist())
    decided = table(release, "decisions")
    owner = dict(zip(decided["doc_id"].to_pylist(), decided["partner"].to_pylist(), strict=True))
    accounts = release.manifest["partners"]

    def documents(rows: Iterable[dict[str, Any]]) -> Documents:
        return {row["id"]: (accounts[owner[row["id"]]]["priority"], row["content"]) for row in rows}

    new = (row for row in documents_delivered(params) if row["id"] not in known)
    frozen = table(parent, "shards").select(["id", "content"]).to_pylist()
    return expected_decisions(documents(new), frozen=documents(frozen), params=params)


def decided_anew(parent: OpenedRelease, release: OpenedRelease) -> dict[str, Decision]:
    known = set(table(parent, "decisions")["doc_id"].to_pylist())
    return {
        row["doc_id"]: None if row["verdict"] == "kept" else (row["kept_doc_id"], row["similarity"])
        for row in table(release, "decisions").to_pylist()
        if row["verdict"] != "rejected" and row["doc_id"] not in known
    }


def test_child_equals_datasketch_loop_with_the_parent_frozen(
    grown: Growing, parent: OpenedRelease, release: OpenedRelease
) -> None:
    expected = frozen_loop(parent, release, grown.params("1.1.0"))
    assert decided_anew(parent, release) == expected
    old = set(table(parent, "shards")["id"].to_pylist())
    assert any(answer and answer[0] in old for answer in expected.values())


def test_child_of_exact_similarities_equals_the_loop_in_any_pieces(
    demo: Path, tmp_path: Path
) -> None:
    exact = ("minhash.verify=exact", "shards.release_bytes=300000")
    one = Growing(demo, tmp_path / "one", exact)
    params = one.grow()
    parent, release = opened(one.params("1.0.0")), opened(params)
    assert decided_anew(parent, release) == frozen_loop(parent, release, params)
    many = Growing(demo, tmp_path / "many", (*exact, *MANY_PIECES))
    assert opened(many.grow()).digest == release.digest


def test_child_reads_no_text_decision_or_delivery_of_its_parent(
    demo: Path, release: OpenedRelease, tmp_path: Path
) -> None:
    growing = Growing(demo, tmp_path, (*MANY_PIECES, "compute.workers=1"))
    growing.deliver(*FIRST)
    build(growing.params("1.0.0"))
    parent = opened(growing.params("1.0.0"))
    hidden = [Path(name) for kind in ("shards", "decisions") for name in parent.files(kind)]
    for path in hidden:
        path.rename(path.with_suffix(".hidden"))
    shutil.rmtree(tmp_path / "releases" / "demo" / "work")
    shutil.rmtree(tmp_path / "deliveries")
    growing.deliver(*SECOND)
    published = build(growing.params("1.1.0", "corpus.parent=latest"))
    # The other one was given all deliveries again, in one piece and with two workers.
    assert published.digest == release.digest
    for path in hidden:
        path.with_suffix(".hidden").rename(path)
    assert verify(opened(growing.params("1.1.0"))).problems == []


def test_child_takes_over_its_parents_files_and_adds_up(
    parent: OpenedRelease, release: OpenedRelease
) -> None:
    assert verify(release).problems == []
    manifest = release.manifest
    assert manifest["parent"] == {"version": "1.0.0", "digest": parent.digest}
    for kind in ("shards", "facts", "decisions", "inputs"):
        inherited = [file for file in manifest[kind] if file["since"] == "1.0.0"]
        assert inherited == parent.manifest[kind]
        assert len(manifest[kind]) > len(inherited)
    decided = table(release, "decisions")
    assert len(decided) == sum(account["delivered"] for account in manifest["partners"].values())
    places = decided.select(["partner", "source_file", "source_row"]).to_pylist()
    assert len({tuple(place.values()) for place in places}) == len(places)
    assert {"gov", "news", "papers"} == set(manifest["partners"])


def test_verify_names_facts_that_are_not_those_of_the_shards(release: OpenedRelease) -> None:
    swapped = {**release.manifest, "facts": release.manifest["facts"][::-1]}
    found = verify(replace(release, manifest=swapped), "metadata")
    assert found.metadata_problems == ["facts are not row by row those of the shards"]


def test_facts_of_a_release_are_those_of_its_shards_row_by_row(release: OpenedRelease) -> None:
    for facts, shard in zip(release.files("facts"), release.files("shards"), strict=True):
        known, shown = pq.read_table(facts), pq.read_table(shard)
        assert known["id"] == shown["id"]
        assert known["partner"] == shown["partner"]
        assert known["content_chars"].cast("int64") == shown["content_chars"]
        texts = [text.encode() for text in shown["content"].to_pylist()]
        assert known["text_hash"].to_pylist() == [xxhash.xxh3_128_digest(text) for text in texts]


def test_documents_of_the_parent_are_explained_and_surveyed_in_the_child(
    parent: OpenedRelease, release: OpenedRelease
) -> None:
    decided = table(parent, "decisions")
    dropped = decided.filter(pc.is_valid(decided["kept_doc_id"])).to_pylist()[0]
    found = explain(release, dropped["doc_id"])
    assert found is not None
    assert found.decisions == [dropped]
    assert found.document is not None
    assert found.document["id"] == dropped["kept_doc_id"]
    surveyed = survey(release, largest=3)
    assert sum(row["delivered"] for row in surveyed.partners) == len(table(release, "decisions"))
    assert len(surveyed.largest) == 3


def test_third_generation_drops_changed_texts_under_known_ids_and_reads_them_alone(
    demo: Path, tmp_path: Path
) -> None:
    growing = Growing(demo, tmp_path, MANY_PIECES)
    second = opened(growing.grow())
    path = tmp_path / "deliveries" / "gov" / "notices-0002.jsonl.zst"
    with pa.input_stream(str(path), compression="zstd") as stream:
        lines = stream.read().decode(errors="replace").splitlines()
    rows = [json.loads(line) for line in lines if line.endswith("}") and r"\ud" not in line]
    known = set(table(second, "shards").column("source_id").to_pylist())
    rows = [row for row in rows if (row.get("doc") or {}).get("id") in known]
    for row in rows[::2]:
        row["doc"]["body"] = row["doc"]["body"][::-1]
    with pa.output_stream(str(path), compression="zstd") as stream:
        stream.write(b"\n".join(map(orjson.dumps, rows * 2)))
    # Nothing of it is kept, which is what this is about.
    published = build(growing.params("1.2.0", "corpus.parent=latest", "alarms=warn"))
    third = opened(growing.params("1.2.0"))
    assert verify(third).problems == []
    assert published.manifest["parent"]["version"] == "1.1.0"
    new = [file for file in third.manifest["inputs"] if file["since"] == "1.2.0"]
    assert [file["file"] for file in new] == [path.name]
    assert third.manifest["shards"] == second.manifest["shards"]
    (decisions,) = (f for f in third.manifest["decisions"] if f["since"] == "1.2.0")
    fates = pq.read_table(third.store.open(decisions["key"])).to_pylist()
    assert len(fates) == 2 * len(rows)
    assert {row["verdict"] for row in fates} <= {"dropped", "rejected"}
    # Who was dropped before is decided anew, who is frozen stays as it is.
    frozen = set(table(second, "shards")["id"].to_pylist())
    mine = [row for row in fates if row["doc_id"] in frozen and row["reason"] != "near_duplicate"]
    assert {row["reason"] for row in mine} == {"same_id", "exact_duplicate"}
    assert {row["kept_doc_id"] == row["doc_id"] for row in mine} == {True}
    again = build(growing.params("1.2.0", "corpus.parent=latest", "alarms=warn"))
    assert (again.digest, again.is_new) == (published.digest, False)


@pytest.mark.parametrize("place", ["normalize", "dedup: buckets", "dedup: decisions", "merge"])
def test_child_stopped_anywhere_is_completed_by_running_it_again(
    demo: Path, tmp_path: Path, release: OpenedRelease, place: str
) -> None:
    class Stopped(Exception):
        pass

    def stopping(label: str, done: int, _total: int, *_: object) -> None:
        if label == place and done:
            raise Stopped

    growing = Growing(demo, tmp_path, MANY_PIECES)
    growing.deliver(*FIRST)
    build(growing.params("1.0.0"))
    growing.deliver(*SECOND)
    params = growing.params("1.1.0", "corpus.parent=1.0.0")
    with pytest.raises(Stopped):
        run_build(params, stopping, commit_info=ABOUT)
    assert build(params).digest == release.digest


def test_documents_taken_down_drop_new_copies_and_leave_no_text(
    grown: Growing, parent: OpenedRelease, release: OpenedRelease
) -> None:
    params = grown.params("1.0.0")
    later = inputs_of(release) - inputs_of(parent)
    normalized = normalize(plan(params, known=later), params, progress=silent).shards
    tombstones = [
        replace(shard, origin=Origin.TOMBSTONE, text_key=None)
        for shard in frozen_shards(parent.manifest)
    ]
    exact = ("minhash.verify=exact", "shards.group_documents=100")
    for how in (params, grown.params("1.0.0", *exact)):
        drops = deduplicate(normalized, how, progress=silent, frozen=tombstones)
        checkpoints = [
            checkpoint for _, checkpoint in merge(normalized, drops, how, progress=silent)
        ]
        assert [shard for checkpoint in checkpoints for shard in checkpoint["shards"]] == []
        counts: dict[str, int] = {}
        for _, _, reason, count in (
            row for checkpoint in checkpoints for row in checkpoint["counts"]
        ):
            counts[reason] = counts.get(reason, 0) + count
        assert counts["taken_down"] >= len(table(parent, "shards"))
        assert "" not in counts

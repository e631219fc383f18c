"""Whole builds on a local Ray: equal to the plain loop, equal however they are run."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import xxhash

from jobs.corpus.text.canonical import canonical_texts
from jobs.errors import AlreadyPublished, DamagedRelease
from jobs.flow.builds.normalize_stage import normalize_shard
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease, list_releases
from jobs.flow.releases.verification import verify
from jobs.flow.tasks.checkpoints import read_checkpoint
from jobs.flow.tasks.sealed_objects import body_of
from jobs.storage.canonical_json import canonical_json
from jobs.storage.stores import open_store
from tests.builds import MANY_PIECES, build, build_parameters, opened, real_conf, table
from tests.oracles import loop_decisions

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]


@pytest.fixture(scope="module")
def params(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> BuildParams:
    return build_parameters(demo / "conf", tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def release(params: BuildParams) -> OpenedRelease:
    build(params)
    return opened(params)


def documents_delivered(params: BuildParams) -> Iterator[pa.Table]:
    """All documents of a build, as normalize left them in the work folder."""
    root = Path(params.storage.root) / params.corpus / "work" / "normalized"
    for path in sorted(root.glob("*/documents-*.parquet")):
        documents = pq.read_table(pa.BufferReader(body_of(path.read_bytes())))
        yield documents.filter(pc.is_null(documents["reason"]))


def plain_loop(
    params: BuildParams, rows: list[dict[str, Any]]
) -> dict[str, tuple[str, float] | None]:
    """doc_id to (kept id, similarity), None for kept: datasketch over documents in rank order."""
    priority = {partner.name: partner.priority for partner in params.partners}
    ranked = sorted(
        rows,
        key=lambda row: (
            priority[row["partner"]],
            -len(row["content"]),
            xxhash.xxh3_128_digest(row["content"].encode()),
            row["doc_id"],
        ),
    )
    content = pa.array([row["content"] for row in ranked], pa.large_string())
    canonical = canonical_texts(content).to_pylist()
    answers = loop_decisions(canonical, signature=params.signature, bands=params.bands)
    return {
        row["doc_id"]: None if answer is None else (ranked[answer[0]]["doc_id"], answer[1])
        for row, answer in zip(ranked, answers, strict=True)
    }


def loop_input(params: BuildParams, release: OpenedRelease) -> list[dict[str, Any]]:
    """doc_id, partner and normalized content of every document delivered."""
    decided = table(release, "decisions")
    owner = dict(zip(decided["doc_id"].to_pylist(), decided["partner"].to_pylist(), strict=True))
    return [
        {**row, "doc_id": row["doc_id"].hex(), "partner": owner[row["doc_id"].hex()]}
        for documents in documents_delivered(params)
        for row in documents.select(["doc_id", "content"]).to_pylist()
    ]


def assert_equals_plain_loop(params: BuildParams, release: OpenedRelease) -> None:
    expected = plain_loop(params, loop_input(params, release))
    decided = table(release, "decisions")
    decided = decided.filter(pc.not_equal(decided["verdict"], "rejected"))
    got = {
        row["doc_id"]: None if row["verdict"] == "kept" else (row["kept_doc_id"], row["similarity"])
        for row in decided.to_pylist()
    }
    assert len(got) == len(decided), "an id was delivered twice: the loop knows no such documents"
    assert got == expected


def test_decisions_of_demo_equal_datasketch_loop_in_rank_order(
    params: BuildParams, release: OpenedRelease
) -> None:
    assert_equals_plain_loop(params, release)


def test_decisions_of_real_deliveries_equal_datasketch_loop_in_rank_order(
    real_data: Path, tmp_path: Path
) -> None:
    conf = real_conf(real_data, tmp_path / "conf")
    # The loop compares texts and knows no titles.
    chosen = ("partners=[a,b,c,press]", "minhash.templates=drop")
    params = build_parameters(conf, tmp_path, *chosen)
    build(params)
    release = opened(params)
    assert verify(release).problems == []
    assert_equals_plain_loop(params, release)


def test_release_of_other_workers_and_blocks_has_the_same_digest(
    release: OpenedRelease, demo: Path, tmp_path: Path
) -> None:
    other = build(build_parameters(demo / "conf", tmp_path, *MANY_PIECES, "compute.workers=1"))
    assert other.digest == release.digest
    assert [file["sha256"] for file in other.manifest["decisions"]] == [
        file["sha256"] for file in release.manifest["decisions"]
    ]


def test_release_of_small_shards_is_the_same_in_any_pieces(demo: Path, tmp_path: Path) -> None:
    small = "shards.release_bytes=100000"
    one = build(build_parameters(demo / "conf", tmp_path / "one", small))
    many = build(build_parameters(demo / "conf", tmp_path / "many", small, *MANY_PIECES))
    assert len(one.manifest["shards"]) > 20
    assert one.digest == many.digest
    assert verify(opened(build_parameters(demo / "conf", tmp_path / "one"))).problems == []


def test_exact_verification_gives_the_same_release_in_any_pieces(
    demo: Path, tmp_path: Path
) -> None:
    exact = ("minhash.verify=exact", "minhash.bands=21", "minhash.rows=6")
    one = build(build_parameters(demo / "conf", tmp_path / "one", *exact))
    many = build(build_parameters(demo / "conf", tmp_path / "many", *exact, *MANY_PIECES))
    assert one.digest == many.digest
    release = opened(build_parameters(demo / "conf", tmp_path / "one", *exact))
    near = [row for row in table(release, "decisions").to_pylist() if row["similarity"]]
    assert min(row["similarity"] for row in near) >= 0.8
    assert any("Jaccard" in row["evidence"] for row in near)


def shuffled_copy(demo: Path, out: Path) -> Path:
    """The same deliveries with rows in another order, in files of other names."""
    shuffle = random.Random(7).shuffle
    for partner in ("gov", "news", "papers"):
        folder = out / "deliveries" / partner
        folder.mkdir(parents=True)
        paths = sorted((demo / "deliveries" / partner).iterdir(), reverse=True)
        for number, path in enumerate(paths):
            target = folder / f"换名-{number}{''.join(path.suffixes)}"
            if path.suffix == ".parquet":
                rows = pq.read_table(path)
                order = np.random.default_rng(7).permutation(len(rows))
                pq.write_table(rows.take(pa.array(order)), target)
            elif path.suffix == ".gz":
                lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
                shuffle(lines)
                target.write_bytes(gzip.compress(b"".join(lines)))
            else:
                with pa.input_stream(str(path), compression="zstd") as stream:
                    lines = stream.read().splitlines(keepends=True)
                shuffle(lines)
                with pa.output_stream(str(target), compression="zstd") as stream:
                    stream.write(b"".join(lines))
    for path in (demo / "conf" / "partners").iterdir():
        text = path.read_text(encoding="utf-8").replace(str(demo), str(out))
        text = "\n".join(
            f"  deliveries: {out}/deliveries/{path.stem}" if "deliveries:" in line else line
            for line in text.splitlines()
        )
        (out / "conf" / "partners").mkdir(parents=True, exist_ok=True)
        (out / "conf" / "partners" / path.name).write_text(text, encoding="utf-8")
    return out


def test_documents_of_shuffled_rows_in_renamed_files_are_the_same_shards(
    release: OpenedRelease, demo: Path, tmp_path: Path
) -> None:
    copy = shuffled_copy(demo, tmp_path / "copy")
    other = build(build_parameters(copy / "conf", tmp_path / "releases"))
    assert other.manifest["shards"] == release.manifest["shards"]
    assert {name: account["reasons"] for name, account in other.manifest["partners"].items()} == {
        name: account["reasons"] for name, account in release.manifest["partners"].items()
    }


def test_release_accounts_for_every_delivered_row(release: OpenedRelease, demo: Path) -> None:
    decided = table(release, "decisions")
    places = {
        (row["partner"], row["source_file"], row["source_row"]) for row in decided.to_pylist()
    }
    assert len(places) == len(decided)
    assert len(decided) == sum(a["delivered"] for a in release.manifest["partners"].values())
    lines = 0
    for path in (demo / "deliveries" / "gov").iterdir():
        with pa.input_stream(str(path), compression="zstd") as stream:
            lines += stream.read().count(b"\n")
    assert release.manifest["partners"]["gov"]["delivered"] == lines


def test_planted_rows_meet_the_fate_they_were_planted_for(
    release: OpenedRelease, demo: Path
) -> None:
    decided = {
        (row["partner"], row["source_file"], row["source_row"]): row
        for row in table(release, "decisions").to_pylist()
    }
    reject = {"broken_json", "null_text", "empty_text", "missing_text"}
    copies = {"exact_duplicate", "traditional_copy"}
    seen: set[str] = set()
    for planted in pq.read_table(demo / "truth.parquet").to_pylist():
        fate = decided[planted["partner"], planted["source_file"], planted["source_row"]]
        if planted["plant"] in reject:
            assert (fate["verdict"], fate["reason"]) == ("rejected", planted["plant"])
        elif planted["plant"] == "dirty_bytes":
            # A few lost bytes are as many lost characters: the row is a document like others.
            assert fate["reason"] in {None, "exact_duplicate", "near_duplicate"}
        elif planted["plant"] in copies and planted["jaccard"] == 1.0:
            # Of a copy and its original at least one goes; both, if a third is better than they.
            named = (planted["of_partner"], planted["of_source_id"])
            original = [
                row for row in decided.values() if (row["partner"], row["source_id"]) == named
            ]
            assert "dropped" in {fate["verdict"], *(row["verdict"] for row in original)}
        seen.add(planted["plant"])
    assert seen >= {*reject, *copies, "dirty_bytes"}


def test_publishing_again_changes_nothing_and_other_content_is_refused(
    params: BuildParams, release: OpenedRelease, demo: Path
) -> None:
    again = build(params)
    assert (again.digest, again.is_new) == (release.digest, False)
    changed = build_parameters(demo / "conf", params.storage.root, "minhash.threshold=0.95")
    with pytest.raises(AlreadyPublished, match="never changes"):
        build(changed)
    assert opened(params).digest == release.digest
    assert len(list_releases(open_store(params.storage), "demo")) == 1


def test_work_done_is_not_done_again(params: BuildParams, release: OpenedRelease) -> None:
    root = Path(params.storage.root)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.parquet")}
    build(params)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.parquet")} == before
    assert release.version == "1.0.0"


def test_normalize_task_that_runs_twice_writes_the_same_bytes(
    params: BuildParams, release: OpenedRelease
) -> None:
    root = Path(params.storage.root)
    shard = plan(params)[0]
    files = sorted((root / "demo" / "work" / "normalized" / shard.key).iterdir())
    before = {path.name: path.read_bytes() for path in files}
    for path in files:
        path.unlink()
    checkpoint = normalize_shard(shard, params=params)
    assert {path.name: path.read_bytes() for path in files} == before
    known = read_checkpoint(open_store(params.storage), f"demo/work/normalized/{shard.key}.json")
    assert orjson.loads(canonical_json(checkpoint)) == known
    assert release.manifest["documents"] > 0


def test_flipped_bit_in_a_table_costs_a_task_and_changes_no_digest(
    params: BuildParams, release: OpenedRelease, tmp_path: Path
) -> None:
    root = Path(params.storage.root)
    shutil.copytree(root, tmp_path / "root")
    again = replace(params, storage=replace(params.storage, root=str(tmp_path / "root")))
    work = tmp_path / "root" / "demo" / "work"
    for stage in ("site_boilerplate", "drops", "merged"):
        shutil.rmtree(work / stage)
    path = max(work.glob("normalized/*/facts-*.parquet"))
    body = bytearray(whole := path.read_bytes())
    body[len(body) // 3] ^= 4
    path.write_bytes(body)
    assert build(again).digest == release.digest
    assert path.read_bytes() == whole


def test_verify_names_a_flipped_bit_a_lost_file_and_an_edited_manifest(
    demo: Path, tmp_path: Path
) -> None:
    params = build_parameters(demo / "conf", tmp_path)
    build(params)
    release = opened(params)
    shard, decisions = Path(release.files("shards")[0]), Path(release.files("decisions")[1])
    body = bytearray(shard.read_bytes())
    body[len(body) // 2] ^= 1
    shard.unlink()
    shard.write_bytes(bytes(body))
    assert shard.name in "\n".join(verify(release).problems)
    decisions.unlink()
    assert decisions.name in "\n".join(verify(release).problems)
    (manifest,) = (tmp_path / "demo" / "manifests").iterdir()
    text = orjson.loads(manifest.read_bytes())
    text["documents"] += 1
    manifest.unlink()
    manifest.write_bytes(orjson.dumps(text))
    with pytest.raises(DamagedRelease, match="not the manifest"):
        opened(params)

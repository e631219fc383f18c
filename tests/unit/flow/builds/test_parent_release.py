"""Which releases a build may extend, and what it says of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobs.errors import ConfigError, ReleaseMissing
from jobs.flow.builds.parent_release import differences, inputs_of, open_parent
from jobs.flow.builds.publish_stage import candidate
from jobs.flow.intake.input_shards import delivered_files, input_name
from jobs.flow.intake.plan import plan, with_digests
from jobs.flow.releases.opened_release import open_release
from jobs.storage.stores import open_store
from tests.builds import write_partner
from tests.parents import PARTNER, parameters, published


def test_parent_of_the_same_parameters_is_opened_by_every_name(tmp_path: Path) -> None:
    store = open_store(published(parameters(tmp_path)).storage)
    for name in ("1.0.0", "demo/1.0.0", "latest"):
        params = parameters(tmp_path, f"corpus.parent={name}", "corpus.version=1.1.0")
        parent = open_parent(store, params)
        assert parent is not None
        assert parent.version == "1.0.0"
    assert open_parent(store, parameters(tmp_path)) is None


def test_parent_latest_of_a_version_that_is_published_is_the_one_it_extended(
    tmp_path: Path,
) -> None:
    published(parameters(tmp_path))
    second = parameters(tmp_path, "corpus.parent=latest", "corpus.version=1.1.0")
    published(second)
    published(parameters(tmp_path, "corpus.parent=latest", "corpus.version=1.2.0"))
    parent = open_parent(open_store(second.storage), second)
    assert parent is not None
    assert parent.version == "1.0.0"


def test_parent_that_cannot_be_one_is_refused_by_name(tmp_path: Path) -> None:
    params = published(parameters(tmp_path))
    store = open_store(params.storage)
    with pytest.raises(ConfigError, match="is of corpus other, this build is of demo"):
        open_parent(store, replace(params, parent="other/1.0.0"))
    with pytest.raises(ConfigError, match=r"both 1\.0\.0: a release cannot extend itself"):
        open_parent(store, replace(params, parent="1.0.0"))
    with pytest.raises(ReleaseMissing, match=r"no release 0\.9; it has: 1\.0\.0"):
        open_parent(store, replace(params, parent="0.9", version="1.1.0"))


def test_parent_built_otherwise_is_refused_with_every_difference(tmp_path: Path) -> None:
    published(parameters(tmp_path))
    params = parameters(
        tmp_path,
        "corpus.parent=1.0.0",
        "corpus.version=1.1.0",
        "minhash.threshold=0.9",
        "minhash.num_perm=256",
        "rank.prefer=[newest]",
        "partners.gov.priority=1",
        "shards.release_bytes=1000",
        "compute.workers=1",
    )
    with pytest.raises(ConfigError) as refused:
        open_parent(open_store(params.storage), params)
    assert [line.strip() for line in str(refused.value).splitlines()[1:-1]] == [
        "minhash.num_perm: 128, 256",
        "minhash.threshold: 0.8, 0.9",
        "partners.gov.priority: 2, 1",
        'rank.prefer: ["longest"], ["newest"]',
        "schema.facts.signature: fixed_size_binary[512] or null, fixed_size_binary[1024] or null",
    ]


def test_parent_and_build_agree_on_the_thresholds_of_partners_that_both_have(
    tmp_path: Path,
) -> None:
    (tmp_path / "empty").mkdir()
    write_partner(tmp_path, "news", PARTNER.format(folder=tmp_path / "empty"))
    params = published(parameters(tmp_path, "minhash.thresholds={gov: 0.9}"))
    minhash = open_release(open_store(params.storage), "demo", "1.0.0").manifest["parameters"]
    assert minhash["minhash"]["thresholds"] == {"gov": 0.9}
    extended = ["corpus.parent=1.0.0", "corpus.version=1.1.0", "partners=[gov,news]"]
    for own, found in (
        ("{gov: 0.9, news: 0.95}", None),
        ("{gov: 0.95}", r"minhash\.thresholds\.gov: 0\.9, 0\.95"),
        ("{news: 0.95}", r"minhash\.thresholds\.gov: 0\.9, absent"),
    ):
        changed = parameters(tmp_path, *extended, f"minhash.thresholds={own}")
        if found is None:
            assert open_parent(open_store(changed.storage), changed) is not None
            continue
        with pytest.raises(ConfigError, match=found):
            open_parent(open_store(changed.storage), changed)


@pytest.mark.parametrize("named", ["minhash.exempt=[gof]", "minhash.thresholds={gof: 0.95}"])
def test_partner_that_no_file_names_has_no_threshold(tmp_path: Path, named: str) -> None:
    with pytest.raises(ConfigError, match="gof: choose gov; did you mean gov"):
        parameters(tmp_path, named)
    assert parameters(tmp_path, named, "corpus.parent=1.0.0") is not None


def test_release_without_own_thresholds_records_none(tmp_path: Path) -> None:
    params = published(parameters(tmp_path))
    manifest = open_release(open_store(params.storage), "demo", "1.0.0").manifest
    assert "thresholds" not in manifest["parameters"]["minhash"]


def test_parent_of_other_code_is_refused_by_its_versions_and_columns(tmp_path: Path) -> None:
    params = parameters(tmp_path)
    manifest = candidate(with_digests(plan(params), params), [], [], params, parent=None)
    assert list(differences(manifest, params)) == []
    old = {**manifest["parameters"], "canonical": {"version": 0, "folding": "0"}}
    shards = manifest["schema"]["shards"][1:]
    manifest |= {"parameters": old, "schema": {**manifest["schema"], "shards": shards}}
    found = [line.split(":")[0] for line in differences(manifest, params)]
    assert found == ["canonical.folding", "canonical.version", "schema.shards.id"]


def test_parent_that_counted_in_32_bits_is_extended(tmp_path: Path) -> None:
    params = published(parameters(tmp_path))
    manifest = open_release(open_store(params.storage), "demo", "1.0.0").manifest
    for column in manifest["schema"]["shards"]:
        if column["name"] in {"content_chars", "line_count"}:
            assert column["type"] == "int64"
            column["type"] = "int32"
    assert list(differences(manifest, params)) == []


def test_files_of_a_parent_are_known_unless_their_bytes_or_their_reading_change(
    tmp_path: Path,
) -> None:
    published(parameters(tmp_path))
    params = parameters(tmp_path, "corpus.parent=1.0.0", "corpus.version=1.1.0")
    known = inputs_of(open_parent(open_store(params.storage), params))
    assert plan(params, known=known) == []
    (tmp_path / "b.jsonl").write_text('{"text": "疑是地上霜"}\n', encoding="utf-8")
    (shard,) = plan(params, known=known)
    assert [file.source.name for file in shard.files] == ["b.jsonl"]
    assert input_name(delivered_files([shard])[0]) not in known
    otherwise = parameters(tmp_path, "partners.gov.encoding=gb18030")
    (shard,) = plan(otherwise, known=known)
    assert [file.source.name for file in shard.files] == ["a.jsonl", "b.jsonl"]

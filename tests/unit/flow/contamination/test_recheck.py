"""A published release is searched again, and published without what was found."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from jobs.command.conf_files import conf_folder
from jobs.decontaminate import main as verb
from jobs.errors import ConfigError
from jobs.flow.releases.opened_release import open_release
from jobs.flow.releases.verification import verify
from jobs.storage.corpus import Corpus
from jobs.storage.log import head
from jobs.storage.stores import open_store
from tests.builds import build, build_parameters, in_this_process, opened, table

EXAMS = "benchmarks=[civil_service,public_affairs]"


@pytest.fixture(scope="module")
def params(demo: Path, tmp_path_factory: pytest.TempPathFactory):
    made = build_parameters(demo / "conf", tmp_path_factory.mktemp("store"))
    with in_this_process():
        build(made)
        yield made


def asked(demo: Path, params, *overrides: str):
    verb.register()
    given = [f"hydra.searchpath=[file://{demo / 'conf'}]", "release=1.0.0", "format=json"]
    given += [f"storage.root={params.storage.root}", *overrides]
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        return OmegaConf.to_object(compose("decontaminate", given))


def told(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


def test_it_says_whose_documents_hold_what_and_changes_nothing(
    demo: Path, params, tmp_path: Path, capsys
) -> None:
    truth = pq.read_table(demo / "truth.parquet")
    planted = truth.filter(pc.equal(truth["plant"], "benchmark_leak"))
    out = tmp_path / "hits.parquet"
    before = head(Corpus(open_store(params.storage), "demo"))
    verb.action(asked(demo, params, EXAMS, "examples=2", f"out={out}"))
    report = told(capsys)
    assert report["documents_to_drop"] == len(planted)
    assert report["published"] is None
    for name in ("documents hit", "to drop"):
        assert sum(row[name] for row in report["found"]) == len(planted)
    assert {row["to cut"] + row["to report"] for row in report["found"]} == {0}
    assert len(report["examples"]) == 2
    for shown in report["examples"]:
        assert shown["item_text"][:12] in shown["excerpt"]
    found = pq.read_table(out)
    questions = found.filter(pc.equal(found["found"], "benchmark_question"))
    assert set(questions["source_id"].to_pylist()) == set(planted["source_id"].to_pylist())
    assert head(Corpus(open_store(params.storage), "demo")) == before


def test_the_release_without_them_verifies_and_holds_the_rest(demo: Path, params, capsys) -> None:
    verb.action(asked(demo, params, EXAMS, "version=1.0.1", "apply=true"))
    gone = told(capsys)["documents_to_drop"]
    before, after = opened(params), open_release(open_store(params.storage), "demo", "1.0.1")
    assert gone
    assert len(table(after, "shards")) == len(table(before, "shards")) - gone
    assert not verify(after).problems
    verb.action(asked(demo, params, EXAMS, "release=1.0.1"))
    assert told(capsys)["documents_to_drop"] == 0


def test_without_sets_or_a_version_it_says_what_to_give(demo: Path, params) -> None:
    with pytest.raises(ConfigError, match="no evaluation sets"):
        verb.action(asked(demo, params))
    with pytest.raises(ConfigError, match="please give version"):
        verb.action(asked(demo, params, EXAMS, "apply=true"))

"""What is known before a build's first task is told before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.command.parameters import build_params
from jobs.errors import AlreadyPublished, ConfigError, StorageUnwritable
from jobs.flow.builds.parent_release import open_parent
from jobs.flow.builds.pipeline import run_build, run_merge, run_normalize
from jobs.flow.builds.preflight import require_free_version
from jobs.flow.intake.plan import plan
from jobs.flow.params import BuildParams
from jobs.storage.commits import commit
from jobs.storage.corpus import Corpus
from jobs.storage.operations import Yank
from jobs.storage.stores import open_store
from tests.builds import ABOUT, build_config, silent
from tests.parents import parameters, published


@pytest.fixture(autouse=True)
def _no_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        pytest.fail("a task was started")

    monkeypatch.setattr("jobs.flow.tasks.checkpoints.map_shards", started)


def build(params: BuildParams) -> None:
    run_build(params, silent, commit_info=ABOUT)


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (["minhash.threshold=0.95"], "parameters"),
        (["corpus.parent=0.9.0"], "inputs and parameters and parent"),
    ],
)
def test_version_that_is_published_from_something_else_is_refused(
    tmp_path: Path, overrides: list[str], named: str
) -> None:
    published(parameters(tmp_path, "corpus.version=0.9.0"))
    published(parameters(tmp_path))
    with pytest.raises(AlreadyPublished, match=rf"1\.0\.0 .*built from other {named}: .*choose"):
        build(parameters(tmp_path, *overrides))


def test_version_that_is_published_from_other_files_is_refused(tmp_path: Path) -> None:
    params = published(parameters(tmp_path))
    (tmp_path / "b.jsonl").write_text('{"text": "疑是地上霜"}\n', encoding="utf-8")
    with pytest.raises(AlreadyPublished, match="built from other inputs"):
        build(params)


def test_same_build_again_and_stages_that_publish_nothing_are_not_refused(tmp_path: Path) -> None:
    params = published(parameters(tmp_path))
    require_free_version(open_store(params.storage), plan(params), params, parent=None)
    with pytest.raises(pytest.fail.Exception, match="a task was started"):
        run_merge(params, silent, will_publish=True)
    with pytest.raises(pytest.fail.Exception, match="a task was started"):
        run_normalize(parameters(tmp_path, "minhash.threshold=0.95"), silent)


def test_parent_that_was_yanked_is_refused_unless_it_was_extended_before(tmp_path: Path) -> None:
    params = published(parameters(tmp_path))
    store = open_store(params.storage)
    child = published(parameters(tmp_path, "corpus.parent=1.0.0", "corpus.version=1.1.0"))
    commit(Corpus(store, "demo"), lambda _: Yank("1.0.0", "重复交付"), commit_info=ABOUT)
    with pytest.raises(ConfigError, match=r"corpus\.parent=1\.0\.0 was yanked \(重复交付\)"):
        build(parameters(tmp_path, "corpus.parent=1.0.0", "corpus.version=1.2.0"))
    assert open_parent(store, child) is not None


def test_tombstones_that_cannot_be_compared_are_told_before_deliveries_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigError("compares otherwise")

    monkeypatch.setattr("jobs.flow.builds.pipeline.tombstone_shards", refuse)
    monkeypatch.setattr("jobs.flow.builds.pipeline.plan", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(ConfigError, match="compares otherwise"):
        build(parameters(tmp_path))


def test_root_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    params = parameters(tmp_path)
    (tmp_path / "root").write_text("这里已有文件")
    with pytest.raises(StorageUnwritable, match="root"):
        build(params)


def test_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    parameters(tmp_path)
    config = build_config(tmp_path, tmp_path / "root", "partners=[gov]", "quality.model=/没有/模型")
    with pytest.raises(ConfigError, match=r"quality\.model=/没有/模型"):
        build_params(config)

"""Builds as tests need them: parameters composed by Hydra from the real conf/, quiet progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from jobs.build import main as verb
from jobs.command.conf_files import conf_folder
from jobs.command.overrides import hydra_overrides
from jobs.command.parameters import build_params
from jobs.command.settings import Build
from jobs.flow.builds.pipeline import run_build
from jobs.flow.builds.publish_stage import Published
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.storage.stores import open_store

# Exchanges, many ranges, runs and packs, where a small corpus would need none of them.
MANY_PIECES = (
    "shards.group_documents=100",
    "shards.run_bytes=200000",
    "shards.batch_bytes=50000",
    "shards.input_bytes=1",
)
ABOUT = {"at": "2023-11-29T00:00:00+00:00", "by": "test"}


def build_parameters(conf: Path, root: str | Path, *overrides: str) -> BuildParams:
    """The parameters of a build of the demo's partners, or of those that `overrides` name."""
    return build_params(build_config(conf, root, *overrides))


def build_config(conf: Path, root: str | Path, *overrides: str) -> Build:
    """What `build_parameters` are made of."""
    verb.register()
    given = [f"hydra.searchpath=[file://{conf}]", f"storage.root={root}"]
    given += hydra_overrides(Build, *overrides)
    if not any(override.startswith("partners=") for override in overrides):
        given.append("partners=[gov,news,papers]")
    for key, value in {"corpus.name": "demo", "corpus.version": "1.0.0"}.items():
        if not any(override.startswith(f"{key}=") for override in overrides):
            given.append(f"{key}={value}")
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        config = OmegaConf.to_object(compose("build", given))
    assert isinstance(config, Build)
    return config


def silent(*_: object) -> None:
    """Progress nobody watches."""


@contextmanager
def in_this_process() -> Iterator[None]:
    """Tasks run here one after the other instead of through Ray; all else is real."""
    with pytest.MonkeyPatch.context() as patch:
        run = lambda task, specs, **_: map(task, specs)  # noqa: E731
        patch.setattr("jobs.flow.tasks.checkpoints.map_shards", run)
        yield


def build(params: BuildParams) -> Published:
    return run_build(params, silent, commit_info=ABOUT)


def opened(params: BuildParams) -> OpenedRelease:
    return open_release(open_store(params.storage), params.corpus, params.version)


def built_here(params: BuildParams) -> OpenedRelease:
    """The release of a build whose tasks run in this process."""
    with in_this_process():
        build(params)
    return opened(params)


def table(release: OpenedRelease, kind: str) -> pa.Table:
    """All rows of a release's `shards` or `decisions`."""
    return pd.dataset(release.files(kind)).to_table()


def real_conf(data: Path, folder: Path) -> Path:
    """A folder for `--config-dir` with the partners whose real deliveries lie below `data`."""
    (folder / "partners").mkdir(parents=True)
    for file in (Path(__file__).parent / "real_conf" / "partners").iterdir():
        text = file.read_text(encoding="utf-8").replace("$HELIU_REAL_DATA", str(data))
        (folder / "partners" / file.name).write_text(text, encoding="utf-8")
    return folder


def write_partner(conf: Path, name: str, text: str) -> None:
    """A partner's file, its lines below the one key NAME."""
    folder = conf / "partners"
    folder.mkdir(parents=True, exist_ok=True)
    body = "".join(f"  {line}\n" for line in text.strip().splitlines())
    (folder / f"{name}.yaml").write_text(f"{name}:\n{body}", encoding="utf-8")

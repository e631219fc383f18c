"""Every configuration composes, and says what it cannot take."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import orjson
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from jobs.cli import VERBS
from jobs.errors import ConfigError
from jobs.parameters import build_params, recorded_build
from jobs.release_settings import Takedown, register
from jobs.settings import Storage, conf_folder, storage_params
from tests.builds import build_config, build_parameters, write_partner

REQUIRED = {
    "build": ["corpus.name=cci", "corpus.version=1"],
    "explain": ["id=x"],
    "demo": ["out=x"],
    "train-quality": ["positive=a", "negative=b", "out=x"],
    "tag": ["name=stable"],
    "yank": ["release=1"],
    "takedown": ["release=1", "version=1.0.1"],
    "diff": ["a=1.0.0"],
    "mirror": ["to=x"],
}
REQUIRED |= dict.fromkeys(("normalize", "dedup", "merge", "publish", "judge"), REQUIRED["build"])
PARTNER = "deliveries: [/a/*.jsonl, /b]\nformat: jsonl\nlicence: CC0-1.0\npriority: 2"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_configuration_of_every_verb_composes_and_lacks_nothing(verb: str) -> None:
    register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        config = compose(verb.replace("-", "_"), REQUIRED.get(verb, []))
    assert OmegaConf.missing_keys(config) == set()
    assert OmegaConf.to_object(config) is not None


def test_partner_file_becomes_parameters_with_defaults(tmp_path: Path) -> None:
    write_partner(tmp_path, "甲", PARTNER)
    params = build_parameters(tmp_path, tmp_path / "r", "partners=[甲]")
    (partner,) = params.partners
    assert partner.deliveries == ("/a/*.jsonl", "/b")
    assert dict(partner.reading.columns) == {"text": "text"}
    assert (partner.reading.encoding, partner.priority) == ("auto", 2)
    assert partner.reject_share == 0.05


def test_sizes_that_make_no_shard_are_refused_by_name(tmp_path: Path) -> None:
    write_partner(tmp_path, "p", PARTNER)
    with pytest.raises(ConfigError, match=r"shards\.release_bytes=0"):
        build_parameters(tmp_path, tmp_path / "r", "partners=[p]", "shards.release_bytes=0")


def test_misspelt_key_is_refused_by_name(tmp_path: Path) -> None:
    write_partner(tmp_path, "p", PARTNER)
    with pytest.raises(ConfigError, match=r"no key minhash\.bandz: did you mean bands"):
        build_parameters(tmp_path, tmp_path / "r", "partners=[p]", "minhash.bandz=1")


def test_reading_without_a_root_says_how_to_give_one() -> None:
    with pytest.raises(ConfigError, match="HELIU_ROOT"):
        storage_params(Storage(root=None, endpoint_url=None, region=None))


def test_recorded_configuration_gives_the_same_build_where_its_deliveries_are_now(
    tmp_path: Path,
) -> None:
    write_partner(
        tmp_path, "gov", "deliveries: /a/*.jsonl\nformat: jsonl\nlicence: MIT\npriority: 1"
    )
    config = build_config(tmp_path, tmp_path / "root", "partners=[gov]", "rules=cci")
    logged = orjson.loads(orjson.dumps({**asdict(config), "resume": True}))
    given = ["release=1", "version=2", f"storage.root={tmp_path / 'new'}"]
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        deliveries = "deliveries={gov: '/b/*.jsonl', news: /c}"
        at, moved = (
            OmegaConf.to_object(compose("takedown", [*given, more]))
            for more in ("apply=true", deliveries)
        )
    params = build_params(config)
    assert isinstance(at, Takedown)
    assert isinstance(moved, Takedown)
    here = replace(params, storage=replace(params.storage, root=str(tmp_path / "new")))
    assert recorded_build(logged, at) == here
    (partner,) = recorded_build(logged, moved).partners
    assert partner == replace(params.partners[0], deliveries=("/b/*.jsonl",))
    with pytest.raises(ConfigError, match="say whose"):
        recorded_build(logged, replace(at, deliveries="/b"))

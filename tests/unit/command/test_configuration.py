"""Every configuration composes, and says what it cannot take."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from jobs import build
from jobs.cli import VERBS
from jobs.command.parameters import build_params, recorded_build
from jobs.command.release_settings import Takedown, register
from jobs.command.settings import Storage, conf_folder, storage_params
from jobs.errors import ConfigError
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
    "sign": ["release=1", "key=x"],
    "decontaminate": ["release=1"],
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


def test_recorded_text_is_read_as_text_also_where_it_was_recorded_as_something_else(
    tmp_path: Path,
) -> None:
    text = "deliveries: /a\nformat: jsonl\nlicence: no\npriority: 1\nmetadata: {版本: 1.10}"
    write_partner(tmp_path, "gov", text)
    config = build_config(tmp_path, tmp_path / "r", "partners=[gov]", "corpus.version=1.10")
    logged = orjson.loads(orjson.dumps(asdict(config)))
    at: Any = Takedown(storage=config.storage, compute=config.compute, deliveries=None)
    again = recorded_build(logged, at)
    assert (again, again.version) == (build_params(config), "1.10")
    assert (again.partners[0].licence, again.partners[0].metadata) == ("no", {"版本": "1.10"})
    older = {**logged["partners"]["gov"], "licence": False, "metadata": {"版本": 1.1}}
    (partner,) = recorded_build({**logged, "partners": {"gov": older}}, at).partners
    assert (partner.licence, partner.metadata) == ("False", {"版本": 1.1})
    without = {**logged, "minhash": {**logged["minhash"], "bands": "???"}}
    del without["minhash"]["bands"]
    with pytest.raises(ConfigError, match=r"does not say minhash\.bands"):
        recorded_build(without, at)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "give --config-dir FOLDER"),
        (["--config-dir=gone"], "--config-dir gone is no folder here"),
        (["--config-dir=."], "partners/gov.yaml line 2 is not UTF-8"),
        (
            ["--config-dir=.", "partners=[press]"],
            "partners/press.yaml does not say deliveries:",
        ),
        (
            ["--config-dir=.", "partners=[news]"],
            "news.yaml line 2: deliveries: 2023 is no path",
        ),
    ],
)
def test_slips_of_configuration_end_with_2_and_a_line_or_two(
    given: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "partners").mkdir()
    (tmp_path / "partners" / "gov.yaml").write_bytes("gov:\n  licence: 张三\n".encode("gbk"))
    write_partner(tmp_path, "press", "format: text\npriority: 1")
    write_partner(tmp_path, "news", PARTNER.replace("[/a/*.jsonl, /b]", "2023"))
    monkeypatch.chdir(tmp_path)
    partners = [] if any("partners=" in one for one in given) else ["partners=[gov]"]
    arguments = [*partners, "corpus.name=a", "corpus.version=1.10", *given]
    monkeypatch.setattr("sys.argv", ["heliu build", *arguments])
    with pytest.raises(SystemExit) as ended:
        build.main()
    message = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in message
    assert len(message.splitlines()) <= 2

"""Every configuration composes, and says what it cannot take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from jobs import build, takedown
from jobs.cli import verbs
from jobs.command.conf_files import conf_folder
from jobs.command.parameters import build_params, recorded_build
from jobs.command.program import Verb
from jobs.command.schemas import keys_of
from jobs.command.settings import Build, Storage, storage_params
from jobs.errors import ConfigError
from jobs.flow.params import BuildParams
from tests.builds import build_config, build_parameters, write_partner

PARTNER = "deliveries: [/a/*.jsonl, /b]\nformat: jsonl\nlicence: CC0-1.0\npriority: 2"


def program(name: str) -> Verb:
    """The verb of that name."""
    found: Verb = import_module(f"jobs.{name.replace('-', '_')}").main
    found.register()
    return found


@pytest.mark.parametrize("name", sorted(verbs()))
def test_configuration_of_every_verb_composes_with_what_it_says_must_be_given(name: str) -> None:
    verb = program(name)
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        lacking = OmegaConf.missing_keys(compose(verb.config_name))
        config = compose(verb.config_name, [f"{key}=x1" for key in sorted(lacking)])
    assert OmegaConf.missing_keys(config) == set()
    assert isinstance(OmegaConf.to_object(config), verb.schema)
    own = {key for key, value in own_values(verb.config_name) if value != "???"}
    assert lacking == {key for key, lines in given_by_user(verb.config_name)} - own


def own_values(config_name: str) -> Iterator[tuple[str, object]]:
    """The keys that the file of a verb itself sets, with one key above them or none."""
    loaded = OmegaConf.load(conf_folder() / f"{config_name}.yaml")
    values: Any = OmegaConf.to_container(loaded, resolve=False)
    for key, value in values.items():
        inner = value if isinstance(value, dict) else {}
        yield from ((f"{key}.{name}", one) for name, one in inner.items())


def given_by_user(config_name: str) -> Iterator[tuple[str, str]]:
    """The keys that the files of a verb say must be given, with their lines."""
    text = (conf_folder() / f"{config_name}.yaml").read_text(encoding="utf-8")
    above = ""
    for line in text.splitlines():
        above = line.partition(":")[0] if line[:1] not in " #" else above
        if re.fullmatch(r"\s*\w+: \?\?\?.*", line):
            name = line.strip().partition(":")[0]
            yield (f"{above}.{name}" if line[:1] == " " else name), line
    if "- build_defaults" in text:
        yield from given_by_user("build_defaults")


def test_every_key_of_a_group_has_its_default_in_conf() -> None:
    shipped: Any = {}
    for name in ("build_defaults", "storage_defaults", "compute_defaults"):
        shipped |= OmegaConf.load(conf_folder() / f"{name}.yaml")
    groups = {key: kind for key, kind in keys_of(Build).items() if is_dataclass(kind)}
    for key in groups.keys() - {"rules"}:  # which are files of their own
        assert shipped[key].keys() == keys_of(groups[key]).keys(), key


def test_partner_file_becomes_parameters_with_defaults(tmp_path: Path) -> None:
    write_partner(tmp_path, "甲", PARTNER)
    params = build_parameters(tmp_path, tmp_path / "r", "partners=[甲]")
    (partner,) = params.partners
    assert partner.groups[0].deliveries == ("/a/*.jsonl", "/b")
    assert dict(partner.groups[0].reading.columns) == {"text": "text"}
    assert (partner.groups[0].reading.encoding, partner.priority) == ("auto", 2)
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


def rebuilt(configuration: dict[str, Any], at: takedown.Settings) -> BuildParams:
    return recorded_build(
        configuration, storage=at.storage, compute=at.compute, deliveries=at.deliveries
    )


def test_recorded_configuration_gives_the_same_build_where_its_deliveries_are_now(
    tmp_path: Path,
) -> None:
    write_partner(
        tmp_path, "gov", "deliveries: /a/*.jsonl\nformat: jsonl\nlicence: MIT\npriority: 1"
    )
    config = build_config(tmp_path, tmp_path / "root", "partners=[gov]", "rules=cci")
    logged = orjson.loads(orjson.dumps({**asdict(config), "resume": True}))
    given = ["release=1", "version=2", f"storage.root={tmp_path / 'new'}"]
    takedown.main.register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        deliveries = "deliveries={gov: '/b/*.jsonl', news: /c}"
        at, moved = (
            OmegaConf.to_object(compose("takedown", [*given, more]))
            for more in ("apply=true", deliveries)
        )
    params = build_params(config)
    assert isinstance(at, takedown.Settings)
    assert isinstance(moved, takedown.Settings)
    here = replace(params, storage=replace(params.storage, root=str(tmp_path / "new")))
    assert rebuilt(logged, at) == here
    (partner,) = rebuilt(logged, moved).partners
    (group,) = params.partners[0].groups
    assert partner == replace(
        params.partners[0], groups=(replace(group, deliveries=("/b/*.jsonl",)),)
    )
    with pytest.raises(ConfigError, match="name the partner"):
        rebuilt(logged, replace(at, deliveries="/b"))


def test_recorded_text_is_read_as_text_also_where_it_was_recorded_as_something_else(
    tmp_path: Path,
) -> None:
    text = "deliveries: /a\nformat: jsonl\nlicence: no\npriority: 1\nmetadata: {版本: 1.10}"
    write_partner(tmp_path, "gov", text)
    config = build_config(tmp_path, tmp_path / "r", "partners=[gov]", "corpus.version=1.10")
    logged = orjson.loads(orjson.dumps(asdict(config)))
    at: Any = takedown.Settings(storage=config.storage, compute=config.compute, deliveries=None)
    again = rebuilt(logged, at)
    assert (again, again.version) == (build_params(config), "1.10")
    assert (again.partners[0].licence, again.partners[0].metadata) == ("no", {"版本": "1.10"})
    older = {**logged["partners"]["gov"], "licence": False, "metadata": {"版本": 1.1}}
    (partner,) = rebuilt({**logged, "partners": {"gov": older}}, at).partners
    assert (partner.licence, partner.metadata) == ("False", {"版本": 1.1})
    without = {**logged, "minhash": {**logged["minhash"], "bands": "???"}}
    del without["minhash"]["bands"]
    with pytest.raises(ConfigError, match=r"does not say minhash\.bands"):
        rebuilt(without, at)


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
    write_partner(tmp_path, "press", "format: text\nlicence: MIT\npriority: 1")
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
    assert len(message.splitlines()) <= 3  # the last one names the code

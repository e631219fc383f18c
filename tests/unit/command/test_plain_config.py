"""What is composed without Hydra is what Hydra composes."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from jobs import build, takedown
from jobs.cli import verbs
from jobs.command.conf_files import chosen_groups, conf_folder
from jobs.command.overrides import command_line
from jobs.command.plain_config import plain_config
from jobs.command.program import Verb
from jobs.command.schemas import from_plain
from jobs.errors import ConfigError

PLAIN = [name for name in sorted(verbs()) if not any(chosen_groups(name.replace("-", "_")))]
REQUIRED = {
    "accept": ["release=1.0.0", "verdicts=/a.json", "key=/钥"],
    "init": ["folder=/交付"],
    "sample": ["release=1.0.0", "out=/样"],
    "demo": ["out=/甲"],
    "diff": ["a=1.0.0"],
    "explain": ["id=甲/1"],
    "mirror": ["to=/乙"],
    "search": ["text=公告"],
    "sign": ["release=1.0.0", "key=/钥"],
    "tag": ["name=good"],
    "takedown": ["release=1.0.0", "version=1.0.1"],
    "train-quality": ["positive=[/好]", "negative=/坏", "out=/模型"],
    "yank": ["release=1.0.0"],
}


def of_hydra(verb: Verb, overrides: list[str]) -> Any:
    verb.register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        return OmegaConf.to_object(compose(verb.config_name, overrides))


def both(name: str, *given: str) -> tuple[Any, Any]:
    verb = importlib.import_module(f"jobs.{name.replace('-', '_')}").main
    line = command_line(verb.schema, [*REQUIRED.get(name, []), *given])
    plain = plain_config(verb.config_name, verb.schema, line.given)
    assert plain is not None
    return from_plain(verb.schema, plain), of_hydra(verb, line.overrides)


@pytest.mark.parametrize("name", PLAIN)
def test_defaults_are_those_of_hydra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELIU_ROOT", raising=False)
    plain, composed = both(name)
    assert plain == composed
    monkeypatch.setenv("HELIU_ROOT", "/发布")
    plain, composed = both(name)
    assert plain == composed


GIVEN = {
    "releases": ["storage.root=s3://b/p", "corpus.name='null'", "format=json"],
    "show": ["release='1.10'", "corpus.name=null"],
    "stats": ["by=[partner,year]", "most=3"],
    "report": ["alarm=1e-2", "sites=+5"],
    "takedown": ["ids=[1.10,2, no ,'x, y',[a]]", "deliveries={甲0: [1,'二'], b: /c}", "apply=Yes"],
    "explain": ["deliveries=[/a,/b]", "diff=on"],
    "train-quality": ["columns.title=1", "columns={text: a, id: 'b c'}", "rate=.5"],
    "verify": ["compute.workers=3", "ray=true", "sample=0.5"],
}


@pytest.mark.parametrize("name", GIVEN)
def test_given_values_are_those_of_hydra(name: str) -> None:
    given = [one.replace("甲0", "x0") for one in GIVEN[name]]
    plain, composed = both(name, *given)
    assert plain == composed


TEXTS = st.text("a1.,'\"[]{}:= -甲null", max_size=8)


@given(text=TEXTS, texts=st.lists(TEXTS, max_size=3))
def test_any_text_is_that_of_hydra(text: str, texts: list[str]) -> None:
    quoted = ",".join("'" + one.replace("'", "") + "'" for one in texts)
    arguments = [f"contains={text}", f"ids=[{quoted}]", f"reason={text}"]
    try:
        line = command_line(takedown.Settings, arguments)
    except ConfigError:
        return
    config = OmegaConf.structured(takedown.Settings)
    for one in OverridesParser.create().parse_overrides(line.overrides):
        OmegaConf.update(config, one.key_or_group, one.value())
    plain = plain_config("takedown", takedown.Settings, line.given)
    assert plain is not None
    names = ("contains", "ids", "reason")
    assert [plain[name] for name in names] == [config[name] for name in names]


@pytest.mark.parametrize(
    "given", ["+ids=[1]", "contains=${x}", "contains=a\\b", "~ids", "hydra.verbose=true"]
)
def test_what_is_more_than_keys_and_values_is_left_to_hydra(given: str) -> None:
    assert plain_config("takedown", takedown.Settings, [given]) is None
    assert plain_config("build", build.main.schema, []) is None


def test_verb_runs_without_loading_hydra(tmp_path: Path) -> None:
    code = (
        "import sys; from jobs.cli import main\n"
        f"sys.argv = ['heliu', 'releases', 'storage.root={tmp_path}']; main()\n"
        "heavy = {'hydra', 'omegaconf', 'pyarrow', 'numpy', 'numba', 'ray', 'boto3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"

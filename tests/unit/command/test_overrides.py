"""Text on the command line reaches the configuration letter for letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from jobs import build, explain, judge, takedown, train_quality
from jobs.command.conf_files import conf_folder
from jobs.command.overrides import command_line, hydra_overrides
from jobs.command.program import Verb
from jobs.command.settings import Build
from jobs.errors import ConfigError
from tests.builds import write_partner

REQUIRED = ("release=1.0.0", "version=1.0.1")
BUILD = ("corpus.name=cci", "corpus.version=1.10")
PARTNER = "deliveries: /a\nformat: jsonl\nlicence: MIT\npriority: 1\ncolumns: {text: 正文}"
NUMBERS = ("1.10", "2.10", "1e3", "007", "1_000", "0x10", "1.0", ".5", "inf", "nan")
WORDS = ("no", "yes", "True", "off", "~", "Null", "NULL", "none", "2023-11-29", "12:30:00")
SIGNS = ("( ) , = # ' & ; ! ~", "a,b", "x=y=z", "[", "]", "{a", "a}", '"', "'", "\\", "$", "${x}")
LINES = (
    "\\${x}",
    "a\\'",
    "第一行\n第二行",
    " 前后 ",
    "\t",
    "，。：",
    "it's",
    "'a' 和 'b'",
    "(编号)",
)
TEXTS = (*NUMBERS, *WORDS, *SIGNS, *LINES)


def composed(verb: Verb, *overrides: str) -> Any:
    verb.register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        config = compose(verb.config_name, hydra_overrides(verb.schema, *overrides))
    return OmegaConf.to_object(config)


def updated(*overrides: str) -> Any:
    """What Hydra makes of overrides, without the rest of a configuration."""
    config = OmegaConf.structured(takedown.Settings)
    for override in OverridesParser.create().parse_overrides(
        hydra_overrides(takedown.Settings, *overrides)
    ):
        OmegaConf.update(config, override.key_or_group, override.value())
    return config


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_what_was_written(text: str) -> None:
    config = updated(f"contains={text}", f"reason={text}")
    assert (config.contains, config.reason) == (text, text)


PLAIN_TEXTS = st.text(max_size=8).filter(
    lambda text: (
        not (text[:1] in {"'", '"'} and text[-1:] == text[:1]) and text not in {"null", "???"}
    )
)


@given(PLAIN_TEXTS)
@example("\\\\${\\")
@example("a\\")
def test_any_text_is_what_was_written(text: str) -> None:
    assert updated(f"contains={text}").contains == text


@given(st.lists(st.text("1.0e,'\"[]{}: $甲", max_size=5), max_size=4))
def test_any_list_of_quoted_texts_is_what_was_written(texts: list[str]) -> None:
    quoted = ",".join("'" + text.replace("'", "\\'") + "'" for text in texts)
    assert list(updated(f"ids=[{quoted}]").ids) == texts


def test_elements_of_lists_and_mappings_are_text() -> None:
    given = ("ids=[1.10,2, no ,'x, y',https://a.cn/(1)?q=[2],\"null\"]", "urls=[]")
    places = "deliveries={gov: 1.10, news: [007, '/乙/*'], papers: /c}"
    config = composed(takedown.main, *REQUIRED, *given, places)
    assert config.ids == ["1.10", "2", "no", "x, y", "https://a.cn/(1)?q=[2]", "null"]
    assert config.urls == []
    assert config.deliveries == {"gov": "1.10", "news": ["007", "/乙/*"], "papers": "/c"}
    assert composed(explain.main, "id=1.0", "deliveries=2023").deliveries == "2023"


def test_quotes_of_people_enclose_the_text() -> None:
    for written in ("'1.10'", '"1.10"', "1.10"):
        assert updated(f"version={written}").version == "1.10"
    assert updated(r"contains='it\'s ${x}'").contains == "it's ${x}"


def test_null_is_nothing_only_where_nothing_may_be_said() -> None:
    config = updated("contains=null", "domain='null'", "version=null")
    assert (config.contains, config.domain, config.version) == (None, "null", "null")


def test_numbers_and_truth_values_are_what_the_schema_declares(tmp_path: Path) -> None:
    write_partner(tmp_path, "007", PARTNER)
    write_partner(tmp_path, "p7", PARTNER)
    more = ("partners=[p7,007]", "rules=cci", "minhash.bands=20", "minhash.threshold='0.85'")
    free = ("partners.p7.metadata.batch=1", "partners.p7.columns.id=1.10")
    given = hydra_overrides(Build, *BUILD, *more, *free, "paragraphs.repeated=false")
    build.main.register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        config = compose("build", [f"hydra.searchpath=[file://{tmp_path}]", *given])
    built: Any = OmegaConf.to_object(config)
    assert (built.minhash.bands, built.minhash.threshold) == (20, 0.85)
    assert built.paragraphs.repeated is False
    assert built.partners["p7"].columns == {"text": "正文", "id": "1.10"}
    assert built.partners["p7"].metadata == {"batch": "1"}
    assert built.corpus.version == "1.10"
    assert composed(
        train_quality.main, "positive=[1.10,a]", "negative=b", "out=c", "columns.title=1"
    ).positive == ["1.10", "a"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("minhash.bandz=1", "no key minhash.bandz: did you mean bands?"),
        ("minhash.bands=1.5", "minhash.bands=1.5: give a whole number"),
        ("paragraphs.repeated=2", "give true or false"),
        ("corpus.version", "write corpus.version=…"),
        ("corpus.version=???", "no value can be just that"),
        ("storage=/data", "give storage.root=…"),
        ("--config-dir", "--config-dir says nothing"),
        ("rank.prefer=newest", "give a list, as [a, b]"),
        ("partners=gov", r"write partners=[gov]"),
        ("partners=[gov,]", "nothing stands beside a comma"),
        ("partners={甲: {priority: 2}}", "write it in a file"),
        ("minhash.bands.x=1", "minhash.bands is a whole number"),
    ],
)
def test_slips_are_told_with_their_cure(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        command_line(Build, [given])
    assert said in str(refused.value)


def test_files_chosen_by_name_must_be_there(tmp_path: Path) -> None:
    write_partner(tmp_path, "gov", PARTNER)
    folder = ["--config-dir", str(tmp_path)]
    line = command_line(Build, ["partners=[gov]", *folder, "rules=cci"])
    assert line.options == folder
    assert line.overrides == ["partners=['gov']", "rules='cci'"]
    for arguments, said in (
        (["partners=[gov]"], "give --config-dir FOLDER, the one that holds partners/gov.yaml"),
        (["partners=[gof]", *folder], "did you mean gov?"),
        (["partners=[gov]", f"--config-dir={tmp_path}/partners"], f"give --config-dir {tmp_path},"),
        (["partners=[gov]", "-cd", f"{tmp_path}/x"], "no folder here"),
        (["rules=ccii"], "did you mean cci?"),
        (["rules=none", "against=ccii"], "there is no rules/ccii.yaml"),
    ):
        with pytest.raises(ConfigError) as refused:
            command_line(judge.Settings, arguments)
        assert said in str(refused.value)


def test_file_of_a_group_is_chosen_at_another_key() -> None:
    assert command_line(judge.Settings, ["against=cci"]).overrides == ["rules@against='cci'"]
    assert composed(judge.main, *BUILD, "against=cci").against.profile == "cci"


def test_sweeps_are_cut_at_commas_and_stay_text() -> None:
    given = ["-m", "corpus.version=1.10,1.20", "minhash.bands=choice(8,16)", "rules=cci,none"]
    assert command_line(Build, given).overrides == [
        "corpus.version='1.10','1.20'",
        "minhash.bands=choice(8,16)",
        "rules='cci','none'",
    ]

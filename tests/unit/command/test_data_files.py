"""A partner's file is data: nothing in it is looked up, moved, run, or larger than it looks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobs.errors import ConfigError
from tests.builds import build_config, write_partner
from tests.unit.command.test_config_files import PARTNER, read

TENFOLD = 8


def bomb(first: str, more: str) -> str:
    """A file whose aliases make 10 to the power of 8 values; `more` says how ten are joined."""
    lines = [f"a{at}: &a{at} {more % ','.join([f'*a{at - 1}'] * 10)}" for at in range(1, TENFOLD)]
    return "gov:\n  metadata:\n" + "".join(f"    {one}\n" for one in [f"a0: &a0 {first}", *lines])


HOSTILE = [
    ("gov:\n  licence: ${oc.env:HOME}\n", 2, "gov.licence: '${oc.env:HOME}'"),
    ("gov:\n  deliveries: [/a, '${storage.root}/x']\n", 2, "nothing is looked up in this file"),
    ("gov:\n  metadata: {联系: '${hydra:runtime.cwd}'}\n", 2, "nothing is looked up"),
    ("gov:\n  metadata: {甲: [{'${x}': 1}]}\n", 2, "'${x}' stands there"),
    ("gov:\n  priority: ${oc.env:X}\n", 2, "on the command line"),
    ("# @package _global_\nsign_key: /etc/passwd\n", 1, "chooses another place"),
    ("gov:\n  licence: MIT\n  #@package x\n", 3, "chooses another place"),
    ("defaults: [/hydra/job_logging]\ngov: {}\n", 1, "begin with the one key"),
    ("gov:\n  licence: !!python/object/apply:os.system [id]\n", 2, "a tag or directive of YAML"),
    ("%TAG ! tag:yaml.org,2002:python/\n---\ngov:\n  licence: MIT\n", 1, "a tag or directive"),
    ("# @ package hydra\ngov: {}\n", 1, "chooses another place"),
    ("? [甲, 乙]\n: 1\n", 1, "a list or mapping is no key"),
    ("".join(f"甲{at}: 1\n" for at in range(2000)), 1, "'甲9' and 1,990 more stand at the top"),
    ("gov:\n  _target_: os.system\n", 2, "no key gov._target_"),
    ("gov:\n  metadata: {甲: " + "[" * 5000 + "\n", 2, "more than 32 levels"),
    ("gov:\n" + "".join(f"{' ' * at}甲:\n" for at in range(1, 60)), 33, "more than 32 levels"),
    (bomb("[1,1]", "[%s]"), 3, "aliases make more than 100,000 values"),
    (bomb("{乙: 1}", "{<<: [%s]}"), 3, "aliases make more than 100,000 values"),
    ('gov:\n  licence: "MIT\\e[2J"\n', 2, "holds U+001B"),
    ('gov:\n  licence: "MIT\\u202etxt"\n', 2, "holds U+202E"),
    ('gov:\n  licence: "MIT\\nroot: x"\n', 2, "holds U+000A"),
    ('gov:\n  metadata: {"\\x9b": 1}\n', 2, "holds U+009B"),
    (f"gov:\n  licence: {'许' * 5000}\n", 2, "longer than 4,096 characters"),
    ("gov:\n  reject_share: nan\n", 2, "no finite number"),
    ("gov:\n  reject_share: -inf\n", 2, "no finite number"),
]


@pytest.mark.parametrize(("text", "line", "said"), HOSTILE)
def test_what_is_no_data_is_refused_with_its_line_at_once(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    began = time.monotonic()
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path}/gov.yaml line {line}: ")
    assert said in str(refused.value)
    assert str(refused.value).isprintable()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("name", ["甲", "人民网", "a-b_c.d", "2023", "g" * 64])
def test_names_of_letters_and_digits_are_partners(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"{name}:\n  licence: MIT\n", name)


@pytest.mark.parametrize(
    "name", ["..", ".a", "-", "_a", "a b", "甲，乙", "hydra", "defaults", "g" * 65, "a\u202eb"]
)
def test_other_names_are_not(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a name: a name is up to 64 letters"):
        read(tmp_path, f"'{name}':\n  licence: MIT\n", name)


def test_metadata_may_have_lines(tmp_path: Path) -> None:
    text = "gov:\n  metadata:\n    说明: |\n      第一行\n      第二行\n"
    assert read(tmp_path, text)["gov"]["metadata"]["说明"] == "第一行\n第二行\n"


CHOSEN = {
    "partners": ["partners=[x]"],
    "benchmarks": ["partners=[gov]", "benchmarks=[x]"],
    "rules": ["partners=[gov]", "rules=x"],
}


@pytest.mark.parametrize("group", CHOSEN)
def test_no_such_file_reaches_a_build(
    tmp_path: Path, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "暗号")
    write_partner(tmp_path, "gov", PARTNER)
    file = tmp_path / group / "x.yaml"
    file.parent.mkdir(exist_ok=True)
    key = "profile" if group == "rules" else "x:\n  licence"
    file.write_text(f"{key}: ${{oc.env:SECRET}}\n")
    with pytest.raises(ConfigError, match=r"x\.yaml line \d: .*nothing is looked up"):
        build_config(tmp_path, tmp_path / "r", *CHOSEN[group])
    file.write_text("# @package _global_\nsign_key: /x\n")
    with pytest.raises(ConfigError, match="chooses another place"):
        build_config(tmp_path, tmp_path / "r", *CHOSEN[group])
    file.write_text("#@ package  hydra\nsign_key: /x\n")
    with pytest.raises(ConfigError, match=r"x\.yaml begins with no header"):
        build_config(tmp_path, tmp_path / "r", *CHOSEN[group])


def test_what_the_user_says_himself_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN", "/own")
    write_partner(tmp_path, "gov", PARTNER)
    config = build_config(tmp_path, "${oc.env:OWN}", "partners=[gov]")
    assert config.storage.root == "/own"


def test_file_of_megabytes_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="more than 1,048,576 bytes"):
        read(tmp_path, "#" * (1 << 21))

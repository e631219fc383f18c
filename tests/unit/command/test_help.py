"""Help has every key with its meaning, its default and the values that it takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from jobs import export
from jobs.cli import main, verbs
from jobs.command.columns import cells
from jobs.command.conf_files import introduction
from jobs.command.keys import keys_of_verb
from jobs.corpus.dedup.params import PREFERENCES, TEMPLATES, VERIFICATIONS
from jobs.corpus.private_data.params import PrivatePolicy
from jobs.corpus.release.jsonl_layouts import LAYOUTS
from jobs.corpus.release.takedown import Policy
from jobs.corpus.sources.registry import SourcePolicy
from jobs.flow.releases import amounts
from jobs.flow.releases.verification import LEVELS
from tests.builds import write_partner
from tests.parameters_page import page

ROOT = Path(__file__).parents[3]
VERBS = sorted(verbs())


def shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> str:
    monkeypatch.setattr("sys.argv", ["heliu", *arguments])
    main()
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("name", VERBS)
def test_help_of_a_verb_has_its_keys_and_fits_the_terminal(
    name: str, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = shown(capsys, monkeypatch, name, "--help")
    assert text.startswith(f"heliu {name}: ")
    *_, below = text.partition("Keys, as KEY=VALUE")
    flat = " ".join(below.split())
    for key in keys_of_verb(name.replace("-", "_")):
        assert f"\n  {key.name} " in below
        assert key.meaning, key.name
        assert "".join("".join(key.shown_meaning).split()) in "".join(flat.split()), key.name
    before, example, after = text.partition("Example:")
    commands = "\n".join(line for line in after.splitlines() if line.startswith("  "))
    for line in (before + example + below).splitlines():
        assert cells(line) <= columns or line in commands or "://" in line, line


def test_help_shows_given_values_and_the_names_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_partner(tmp_path, "水利部", "licence: MIT")
    given = ["--config-dir", str(tmp_path), "minhash.bands=20", "--help"]
    text = shown(capsys, monkeypatch, "build", *given)
    assert "here: 水利部" in text
    assert re.search(r"  minhash\.bands +20 +16 x 8", text)


def test_help_of_a_key_names_the_verbs_that_take_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, monkeypatch, "help", "minhash.threshold")
    assert text.splitlines()[0].startswith("build, dedup, judge, ")
    assert "  minhash.threshold  0.8  Jaccard similarity" in text
    below = shown(capsys, monkeypatch, "help", "minhash")
    assert all(f"  minhash.{name} " in below for name in ("bands", "rows", "verify"))
    named = shown(capsys, monkeypatch, "help", "threshold")
    assert {"minhash.threshold", "threshold"} <= set(re.findall(r"^  (\S+)", named, re.MULTILINE))


def test_help_of_a_verb_is_that_of_the_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_word = shown(capsys, monkeypatch, "help", "show")
    assert of_word == shown(capsys, monkeypatch, "show", "--help")
    assert shown(capsys, monkeypatch, "help") == shown(capsys, monkeypatch)


@pytest.mark.parametrize("word", ["minhahs", "HL9999", "bild"])
def test_help_of_an_unknown_word_suggests_one(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        shown(capsys, monkeypatch, "help", word)
    assert end.value.code == 2
    assert word in capsys.readouterr().err


def test_start_here_comes_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = shown(capsys, monkeypatch)
    begin = usage.partition("Start here:\n")[2].partition("\n\n")[0]
    first = re.findall(r"^  (\S+)", begin, re.MULTILINE)
    assert sorted(first) == [name for name, (group, _) in verbs().items() if group == "start"]
    assert first[0] == "demo"
    assert first.index("build") == len(first) - 1
    assert usage.index("Start here:") < usage.index("Read and check releases:")


def choices(verb: str, name: str) -> list[str]:
    (found,) = [key for key in keys_of_verb(verb) if key.name == name]
    return sorted(found.choices)


TAKEN: list[tuple[str, str, Any]] = [
    ("build", "minhash.verify", VERIFICATIONS),
    ("build", "minhash.templates", TEMPLATES),
    ("build", "rank.prefer", PREFERENCES),
    ("build", "private_data.mobile", PrivatePolicy),
    ("build", "sources.policy", SourcePolicy),
    ("verify", "level", LEVELS),
    ("takedown", "policy", Policy),
    ("export", "layout", LAYOUTS),
    ("export", "format", export._FORMATS),
    ("stats", "by", amounts._KEYS),
]


@pytest.mark.parametrize(("verb", "name", "known"), TAKEN)
def test_values_that_help_lists_are_those_that_are_taken(verb: str, name: str, known: Any) -> None:
    assert choices(verb, name) == sorted(str(one) for one in known)


def test_paragraphs_of_an_introduction_are_wrapped_and_commands_are_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    text = shown(capsys, monkeypatch, "export", "--help")
    original = introduction("export")
    example = original.partition("Example:\n")[2]
    assert example in text
    whole = " ".join(original.partition("Example:")[0].split())
    assert whole in " ".join(text.split())
    assert "\n        derived: README.md" in text  # what stands in a line of its own stays so


def test_parameters_page_is_what_the_files_say() -> None:
    written = (ROOT / "docs/parameters.md").read_text(encoding="utf-8")
    assert written == page(), "python -m tests.parameters_page > docs/parameters.md"

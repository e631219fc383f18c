"""What the documentation lists is what there is."""

from __future__ import annotations

import pickle
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from packaging.utils import canonicalize_name

import jobs
import jobs.errors
from jobs.cli import verbs
from jobs.corpus.intake.formats import FORMATS
from jobs.corpus.model.reasons import DropReason, RejectReason
from jobs.corpus.model.tables import DECISIONS, RELEASED
from tests.property import test_log_machine as machine
from tests.signals_page import page

ROOT = Path(__file__).parents[3]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def error_classes() -> Iterator[type[jobs.errors.HeliuError]]:
    for value in vars(jobs.errors).values():
        is_error = isinstance(value, type) and issubclass(value, jobs.errors.HeliuError)
        if is_error and "exit_code" in vars(value):  # kinds of it have the same
            yield value


def test_running_page_lists_every_exit_code_with_its_error() -> None:
    listed = dict(re.findall(r"^\| (\d+) \| (\w+) \|", read("docs/running.md"), re.MULTILINE))
    raised = {str(e.exit_code): e.__name__ for e in error_classes() if e.exit_code != 1}
    assert listed == raised


def test_errors_have_exit_codes_of_their_own() -> None:
    codes = [error.exit_code for error in error_classes()]
    assert len(set(codes)) == len(codes)


def test_errors_survive_pickling_with_their_message() -> None:
    for error in error_classes():
        again = pickle.loads(pickle.dumps(error("第三行 is broken: deliver it again")))
        assert type(again) is error
        assert str(again) == "第三行 is broken: deliver it again"


def test_error_tree_in_the_module_docstring_is_the_tree() -> None:
    drawn = dict(re.findall(r"(\w+) +(\d+)(?:  |$)", str(jobs.errors.__doc__), re.MULTILINE))
    for error in error_classes():
        if error.__name__ in drawn:
            assert int(drawn[error.__name__]) == error.exit_code
    assert {error.__name__ for error in error_classes()} - set(drawn) <= {"DeliveryError"}


def test_partners_page_lists_every_reason_and_format() -> None:
    page = read("docs/partners.md")
    for word in (*RejectReason, *DropReason, *FORMATS):
        assert f"`{word}`" in page, word


def test_help_of_verbs_lists_every_format() -> None:
    page = read("jobs/command/help.py")
    assert re.findall(r"format: jsonl +# (.*)", page) == [", ".join(FORMATS)]


def test_release_page_lists_every_column() -> None:
    page = read("docs/release-format.md") + read("docs/signals.md")
    for name in (*RELEASED.names, *DECISIONS.names):
        assert re.search(rf"\b{name}\b", page), name


def test_signals_page_is_what_the_code_says() -> None:
    assert read("docs/signals.md") == page(), "python -m tests.signals_page > docs/signals.md"


def test_partners_page_lists_the_reasons_of_every_profile_of_rules() -> None:
    listed = read("docs/partners.md")
    for profile in sorted((ROOT / "conf" / "rules").glob("*.yaml")):
        for reason in OmegaConf.load(profile)["reject"]:
            assert f"`{reason}`" in listed, f"{profile.name}: {reason}"


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_every_verb_has_a_module_a_configuration_help_and_a_line_in_the_readme(verb: str) -> None:
    name = verb.replace("-", "_")
    assert (ROOT / "jobs" / f"{name}.py").is_file()
    help_text = read(f"conf/{name}.yaml")
    for section in ("Reads ", "Writes", "Example:"):
        assert section in help_text or (section, verb) == ("Writes", verb)
    assert re.search(rf"\b{verb}\b", read("README.md"))


def test_readme_runs_the_scripts_that_are_there() -> None:
    for script in re.findall(r"bash (\.ci/\w+)", read("README.md")):
        assert (ROOT / script).is_file()


def test_readme_in_chinese_has_the_commands_verbs_and_links_of_the_other() -> None:
    english, chinese = read("README.md"), read("README.zh-CN.md")
    blocks = re.findall(r"```\w+\n(.*?)```", chinese, re.DOTALL)
    assert len(blocks) >= 5
    assert [block for block in blocks if block not in english] == []
    named = {*re.findall(r"`heliu ([a-z-]+)", chinese)}
    assert len(named) >= 12
    assert named <= {*verbs()}
    for link in re.findall(r"\]\(([^)#]+)", chinese):
        assert (ROOT / link).exists(), link


def test_promises_name_tests_that_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", read("docs/running.md"))
    assert len(named) > 10
    for path, name in named:
        assert re.search(rf"\bdef {name}\(" if name else "", read(path)), f"{path}::{name}"


def test_promises_tell_how_many_schedules_and_mutants_are_tried() -> None:
    mutants = [name for name in vars(machine) if name.startswith("test_mutant_")]
    told = " ".join(read("docs/running.md").split())
    for words in (
        f"{machine.SCHEDULES} schedules of {machine.STEPS} steps in memory",
        f"{machine.SCHEDULES_ON_FILES} on files in every test run",
        f"{machine.MANY_SCHEDULES:,} of {machine.MANY_STEPS} steps with `-m slow`",
        f"these {len(mutants)} mutants of it is caught within {machine.SCHEDULES_PER_MUTANT}",
    ):
        assert words in told


def pins(name: str) -> set[str]:
    return set(re.findall(r"^\w\S*==[^\\\n]+", read(name), re.MULTILINE))


def test_lock_of_workers_is_what_runs_out_of_the_lock_of_tests() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert pins("requirements-run.lock") < pins("requirements.lock")
    locked = {re.split("[=;[ ]", pin)[0] for pin in pins("requirements-run.lock")}
    named = {canonicalize_name(re.split("[<>=;[ ]", one)[0]) for one in project["dependencies"]}
    tests = {re.split("[<>=;[ ]", one)[0] for one in project["optional-dependencies"]["test"]}
    assert named <= locked
    assert not {"pytest", "mypy", "ruff", "duckdb"} & locked & tests
    assert "-r $HOME/requirements-run.lock" in read("cluster.yaml")


def test_citation_names_this_version() -> None:
    assert f"version: {jobs.__version__}\n" in read("CITATION.cff")

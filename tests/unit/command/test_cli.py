"""What the command says of itself, and how it ends when it cannot begin."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import jobs
from jobs.cli import GROUPS, main, verbs
from jobs.command.exits import foreseen
from jobs.command.program import Verb
from tests.commands import environment

ARGUMENTS = [["--version"], *([verb, "--version"] for verb in sorted(verbs()))]


@pytest.mark.parametrize("given", ARGUMENTS, ids=" ".join)
def test_version_told_is_that_of_heliu(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["heliu", *given])
    main()
    assert capsys.readouterr().out == f"heliu {jobs.__version__}\n"


def test_version_of_a_program_run_by_itself_is_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["show.py", "--version"])
    Verb("read", "", lambda _: pytest.fail("nothing is to be done"))()
    assert capsys.readouterr().out == f"heliu {jobs.__version__}\n"


HELP = """import sys
from jobs.cli import GROUPS, main, verbs
for name in verbs():
    sys.argv = ["heliu", name, "--help"]
    main()
print(sorted({"numba", "ray", "boto3"} & set(sys.modules)))
"""


def test_help_of_every_verb_loads_neither_ray_nor_numba() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]"), done.stderr
    for name in verbs():
        assert f"\nheliu {name}: " in f"\n{done.stdout}"


def test_usage_lists_every_verb_below_the_heading_of_its_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["heliu"])
    main()
    usage = re.sub("\n {16}", " ", capsys.readouterr().out)  # wrapped lines
    assert {group for group, _ in verbs().values()} == set(GROUPS)
    for name, (group, summary) in verbs().items():
        below = usage.partition(f"{GROUPS[group]}:\n")[2].partition("\n\n")[0]
        assert f"  {name:<13} {summary}" in below.splitlines()


def test_verb_is_what_the_usage_read_from_its_source() -> None:
    for name, declared in verbs().items():
        verb = importlib.import_module(f"jobs.{name.replace('-', '_')}").main
        assert (verb.name, verb.group, verb.summary) == (name, *declared)


@pytest.mark.parametrize(
    ("library", "arguments"),
    [
        ("hydra", ["publish", "resume=true", "corpus.name=a", "corpus.version=1"]),
        ("orjson", ["explain", "id=gov/1"]),
        ("yaml", ["explain", "--help"]),
        ("pyarrow", ["decontaminate", "release=1.0.0"]),
    ],
)
def test_library_that_does_not_load_ends_with_its_line_and_70(
    library: str, arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / f"{library}.py").write_text("raise ImportError('它不在这里')\n")
    done = subprocess.run(
        [sys.executable, "-c", "from jobs.cli import main; main()", *arguments],
        env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (70, "")
    assert "ImportError: 它不在这里\nheliu: HL7000: this is a defect" in done.stderr


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (OSError, 70)])
def test_what_ends_a_program_while_it_loads_has_its_code(
    error: type[BaseException], code: int
) -> None:
    with pytest.raises(SystemExit) as ended, foreseen():
        raise error
    assert ended.value.code == code

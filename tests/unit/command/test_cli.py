"""What the command says of itself, and how it ends when it cannot begin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import jobs
from jobs.cli import VERBS, main
from jobs.command.exits import foreseen
from jobs.command.program import run
from tests.commands import environment

ARGUMENTS = [["--version"], *([verb, "--version"] for verb in sorted(VERBS))]


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
    run("show", lambda _: pytest.fail("nothing is to be done"))
    assert capsys.readouterr().out == f"heliu {jobs.__version__}\n"


@pytest.mark.parametrize("library", ["hydra", "orjson", "pyarrow", "numba"])
def test_library_that_does_not_load_ends_with_its_line_and_70(library: str, tmp_path: Path) -> None:
    (tmp_path / f"{library}.py").write_text("raise ImportError('它不在这里')\n")
    done = subprocess.run(
        [sys.executable, "-c", "from jobs.cli import main; main()", "explain", "id=gov/1"],
        env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (70, "")
    assert "ImportError: 它不在这里\nheliu: this is a defect" in done.stderr


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (OSError, 70)])
def test_what_ends_a_program_while_it_loads_has_its_code(
    error: type[BaseException], code: int
) -> None:
    with pytest.raises(SystemExit) as ended, foreseen():
        raise error
    assert ended.value.code == code

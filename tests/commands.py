"""Heliu run as a user runs it: another process, its own Ray, its own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def environment(**extra: str) -> dict[str, str]:
    """This environment with the interpreter of the tests first on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "RAY_AUTH_MODE": "disabled", **extra}


def start(*arguments: str, **extra: str) -> subprocess.Popen[str]:
    """A running `heliu VERB …`, its output and errors in one pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", f"jobs.{arguments[0]}", *arguments[1:]],
        cwd=ROOT,
        env=environment(**extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def heliu(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """A finished `heliu VERB …`; output and errors apart."""
    return subprocess.run(
        [sys.executable, "-m", f"jobs.{arguments[0]}", *arguments[1:]],
        cwd=ROOT,
        env=environment(**extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def shell(line: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """A finished line as a user pastes it into a shell, in another folder than the clone."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd="/",
        env=environment(**extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def printed_commands(output: str) -> list[str]:
    """The commands that a program printed for its user."""
    return [line[line.index("heliu ") :] for line in output.splitlines() if "  heliu " in line]


def build_arguments(demo: Path, root: str | Path, *overrides: str) -> list[str]:
    """The command line that builds the demo corpus."""
    return [
        "build",
        "--config-dir",
        str(demo / "conf"),
        "partners=[gov,news,papers]",
        "corpus.name=demo",
        "corpus.version=1.0.0",
        f"storage.root={root}",
        *overrides,
    ]

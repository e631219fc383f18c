"""Contests: several programs do one task on one file, in turns, each a process with one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.command.terminal import note, say_table

ROOT = Path(__file__).parents[2]
CACHE = Path.home() / ".cache/heliu-benchmarks"
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON", "ARROW")
}
REQUIREMENTS = {
    "datasketch": ["datasketch==2.0.0", "xxhash==4.1.0", "numpy==2.4.6"],
    "datatrove": ["datatrove[io,processing]==0.10.1", "spacy==3.8.18", "jieba==0.42.1", "orjson"],
    "rensa": ["rensa==0.5.0"],
    "siftan": ["siftan==0.1.0"],
}


@dataclass(frozen=True)
class Contestant:
    """One row of the table: what runs, on which of the two files.

    Attributes:
        name: As shown.
        environment: A key of REQUIREMENTS; None for heliu's own.
        module: In `tests.benchmarks.peers`.
        is_large: Whether it is fast enough for the large file too.
        is_slow: Whether it runs only once.
        way: Its second argument.
    """

    name: str
    environment: str | None
    module: str
    is_large: bool
    is_slow: bool = False
    way: str = ""


def peer_pythons(cache: Path, entrants: Sequence[Contestant]) -> dict[str, Path]:
    """The interpreters of the environments these contestants need, made where they are missing."""
    wanted = {entrant.environment for entrant in entrants if entrant.environment}
    return {name: _peer_python(cache / name, REQUIREMENTS[name]) for name in sorted(wanted)}


def compare(
    file: Path, size: int, pythons: dict[str, Path], runs: int, entrants: Sequence[Contestant]
) -> list[dict[str, Any]]:
    """One row per contestant, its best run; the first is whom all are compared with.

    Args:
        file: what they work on.
        size: the UTF-8 bytes of text in it.
        pythons: of `peer_pythons`.
        runs: how often the fast ones run.
        entrants: in the order of the table.
    """
    results: dict[Contestant, list[dict[str, Any]]] = {entrant: [] for entrant in entrants}
    for turn in range(runs):
        for entrant in entrants:
            if turn == 0 or not entrant.is_slow:
                results[entrant].append(_run(entrant, file, pythons))
    best = [min(found, key=lambda r: r["cpu_seconds"]) for found in results.values()]
    return [
        {
            "name": entrant.name,
            "bytes": size,
            **result,
            "mb_per_cpu_s": size / 1e6 / result["cpu_seconds"],
            "times_ours": result["cpu_seconds"] / best[0]["cpu_seconds"],
        }
        for entrant, result in zip(entrants, best, strict=True)
    ]


def show(rows: list[dict[str, Any]]) -> None:
    """The table of all rows."""
    header = ["one core", "MB", "documents", "kept", "seconds", "CPU s", "MB/CPU s", "times ours"]
    cells = [
        (
            row["name"],
            f"{row['bytes'] / 1e6:.1f}",
            row["documents"],
            row["kept"],
            f"{row['seconds']:8.2f}",
            f"{row['cpu_seconds']:8.2f}",
            f"{row['mb_per_cpu_s']:8.2f}",
            f"{row['times_ours']:8.2f}",
        )
        for row in rows
    ]
    say_table(header, cells)


def _run(entrant: Contestant, file: Path, pythons: dict[str, Path]) -> dict[str, Any]:
    """What the contestant reports of itself."""
    python = pythons[entrant.environment] if entrant.environment else sys.executable
    command = [python, "-m", f"tests.benchmarks.peers.{entrant.module}", file, entrant.way]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{entrant.name} failed:\n{done.stderr.decode()[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    note(f"{entrant.name}: {result['cpu_seconds']:.2f} CPU s")
    return result


def _peer_python(folder: Path, requirements: list[str]) -> Path:
    stamp, wanted = folder / "installed", "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        note(f"installing {wanted.split()[0]} into {folder}")
        venv.create(folder, clear=True, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", *requirements]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted)
    return folder / "bin" / "python"

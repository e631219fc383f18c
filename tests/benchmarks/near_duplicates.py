"""The whole near-duplicate job on one core: heliu's functions and three peers on the same file.

    python -m tests.benchmarks.near_duplicates

Texts in memory to decisions; every contestant is a process of its own that is held to one thread.
The file holds canonical texts in rank order, so the peers are spared that work and heliu does it
once more. Ratios are of CPU seconds, to which others on the machine add less than to seconds. Peers
are installed from PyPI into environments of their own below --cache.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import xxhash

from jobs.corpus.canonical import canonical_texts
from jobs.terminal import note, say, say_table
from tests.benchmarks.machine import circumstances
from tests.benchmarks.texts import sample, size_of

ROOT = Path(__file__).parents[2]
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON", "ARROW")
}
REQUIREMENTS = {
    "datasketch": ["datasketch==2.0.0", "xxhash==4.1.0", "numpy==2.4.6"],
    "datatrove": ["datatrove[io,processing]==0.10.1", "spacy==3.8.18", "jieba==0.42.1", "orjson"],
    "rensa": ["rensa==0.5.0"],
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


CONTESTANTS = (
    Contestant("heliu", None, "heliu_job", is_large=True),
    Contestant("rensa, loop", "rensa", "rensa_loop", is_large=True, way="loop"),
    Contestant("rensa, deduplicator", "rensa", "rensa_loop", is_large=True, way="deduplicator"),
    Contestant("rensa, rho (another task)", "rensa", "rensa_loop", is_large=True, way="rho"),
    Contestant("datasketch, loop", "datasketch", "datasketch_loop", is_large=True),
    Contestant("datatrove, 14 x 8", "datatrove", "datatrove_loop", is_large=False, is_slow=True),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cache", default=Path.home() / ".cache/heliu-benchmarks", type=Path)
    options.add_argument("--small-megabytes", type=int, default=8)
    options.add_argument("--large-megabytes", type=int, default=80)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--alone", action="store_true", help="heliu without its peers")
    given = options.parse_args()
    contestants = CONTESTANTS[:1] if given.alone else CONTESTANTS
    wanted = {entrant.environment for entrant in contestants if entrant.environment}
    pythons = {name: peer_python(given.cache / name, REQUIREMENTS[name]) for name in wanted}
    before = circumstances("numba", "numpy", "pyarrow")
    what, texts = sample(given.large_megabytes * 10**6)
    small = texts[: max(1, len(texts) * given.small_megabytes // given.large_megabytes)]
    with tempfile.TemporaryDirectory(prefix="heliu-") as folder:
        rows = [
            row
            for name, part in (("small", small), ("large", texts))
            for row in compare(
                Path(folder) / f"{name}.jsonl",
                part,
                pythons,
                given.runs,
                [entrant for entrant in contestants if entrant.is_large or name == "small"],
            )
        ]
    say(f"{what}; {', '.join(chain(*REQUIREMENTS.values()))}")
    show(rows)
    result = {"what": what, "rows": rows, "before": before}
    result["load_average_after"] = os.getloadavg()
    say(orjson.dumps({"near_duplicates": result}).decode())


def compare(
    file: Path, texts: list[str], pythons: dict[str, Path], runs: int, entrants: list[Contestant]
) -> list[dict[str, Any]]:
    """One row per contestant; they take turns."""
    size = write_ranked(file, texts)
    results: dict[Contestant, list[dict[str, Any]]] = {entrant: [] for entrant in entrants}
    for turn in range(runs):
        for entrant in entrants:
            if turn == 0 or not entrant.is_slow:
                results[entrant].append(run(entrant, file, pythons))
    best = [min(found, key=lambda r: r["cpu_seconds"]) for found in results.values()]
    return [
        {
            "name": entrant.name,
            "bytes": size,
            "documents": len(texts),
            **result,
            "mb_per_cpu_s": size / 1e6 / result["cpu_seconds"],
            "heliu_is_times": result["cpu_seconds"] / best[0]["cpu_seconds"],
            "same_decisions": result.get("digest") == best[0]["digest"],
        }
        for entrant, result in zip(entrants, best, strict=True)
    ]


def write_ranked(file: Path, texts: list[str]) -> int:
    """Write canonical texts, best rank first as heliu ranks them; their UTF-8 size."""
    canonical = canonical_texts(pa.array(texts, pa.large_string())).to_pylist()
    canonical.sort(key=lambda text: (-len(text), xxhash.xxh3_128_digest(text.encode())))
    with file.open("wb") as out:
        for number, text in enumerate(canonical):
            out.write(orjson.dumps({"id": str(number), "text": text}) + b"\n")
    return size_of(canonical)


def run(entrant: Contestant, file: Path, pythons: dict[str, Path]) -> dict[str, Any]:
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


def peer_python(folder: Path, requirements: list[str]) -> Path:
    """The interpreter of an environment with these requirements, made if it is not there."""
    stamp, wanted = folder / "installed", "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        note(f"installing {wanted.split()[0]} into {folder}")
        venv.create(folder, clear=True, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", *requirements]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def show(rows: list[dict[str, Any]]) -> None:
    header = ["one core", "MB", "documents", "kept", "seconds", "CPU s", "MB/CPU s", "heliu: times"]
    cells = [
        (
            row["name"],
            f"{row['bytes'] / 1e6:.1f}",
            row["documents"],
            row["kept"],
            f"{row['seconds']:8.2f}",
            f"{row['cpu_seconds']:8.2f}",
            f"{row['mb_per_cpu_s']:8.2f}",
            f"{row['heliu_is_times']:8.1f}",
        )
        for row in rows
    ]
    say_table(header, cells)


if __name__ == "__main__":
    main()

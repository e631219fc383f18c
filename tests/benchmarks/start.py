"""Processor time until light commands have answered, the least of some runs.

python -m tests.benchmarks.start [RUNS]
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1] / "fixtures" / "release" / "root"
COMMANDS = (
    ["--help"],
    ["help", "HL0202"],
    ["help", "minhash"],
    ["build", "--help"],
    ["completion", "words", "heliu build minhash.v"],
    ["completion", "words", f"heliu show storage.root={ROOT} release="],
    ["releases", f"storage.root={ROOT}"],
    ["show", f"storage.root={ROOT}"],
    ["files", f"storage.root={ROOT}"],
    ["log", f"storage.root={ROOT}"],
    ["tune"],
)


def main() -> None:
    """Print a row for each command."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sys.stdout.write("| command | CPU seconds |\n|---|---|\n")
    for words in COMMANDS:
        least = min(cpu_seconds(words) for _ in range(runs))
        shown = " ".join(words).replace(str(ROOT), "…")
        sys.stdout.write(f"| `heliu {shown}` | {least:.2f} |\n")


def cpu_seconds(words: list[str]) -> float:
    """User and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = "from jobs.cli import main; main()"
    command = [sys.executable, "-c", program, *words]
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

"""Make good files of every format, mutate them, read them with the real intake, look for faults.

    python -m tests.fuzz [minutes=60] [seed=1] [first=0] [cases=N] [out=DIR]

A file must become rows, rejected rows with reasons, or an error that names it; never a crash, a
hang, an error that nobody foresaw, memory beyond a bound or a row that is not counted. Number N of
a seed is always the same file: `seed=S first=N cases=1` makes it again. A file with a fault is kept
in `out` beside its account. The exit code is 1 if there was one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.fuzz.file_mutations import mutated
from tests.fuzz.reader import Case, Outcome
from tests.fuzz.watched import reader

_SPLIT_FORMATS = {"jsonl", "csv", "tsv", "parquet"}
_SPLIT_SHARE = 0.3
_REPORT_SECONDS = 60.0
_NICE = 19


class Read(NamedTuple):
    """A file that was read."""

    number: int
    kind: str
    path: Path
    case: Case
    outcome: Outcome


class Account:
    """What became of the files of one format."""

    def __init__(self) -> None:
        self.files = self.refused = self.rows = self.rejected = self.faults = 0
        self.slowest, self.largest = (0.0, 0), (0, 0)

    def add(self, one: Read) -> None:
        outcome = one.outcome
        self.files += 1
        self.refused += "refused" in outcome
        self.faults += "fault" in outcome
        self.rows += outcome.get("delivered", 0)
        self.rejected += outcome.get("rejected", 0)
        self.slowest = max(self.slowest, (outcome.get("seconds", 0.0), one.number))
        self.largest = max(self.largest, (outcome.get("bytes_held", 0), one.number))


def read_files(seed: int, numbers: Iterator[int], folder: Path) -> Iterator[Read]:
    """Make and read the files of some numbers; each is gone when the next is asked for."""
    with reader(folder) as process:
        for number in numbers:
            chance = Random(f"{seed}:{number}")
            made, name, stored = mutated(chance)
            path = folder / name
            path.write_bytes(stored)
            case: Case = {
                "path": str(path),
                "size_bytes": max(len(made.content), len(stored)),
                "format": made.format,
                "encoding": made.encoding,
                "quoting": made.quoting,
                "html": made.html,
                "in_splits": made.format in _SPLIT_FORMATS and chance.random() < _SPLIT_SHARE,
            }
            yield Read(number, made.kind, path, case, process.read(case))
            path.unlink()


def table(accounts: dict[str, Account]) -> str:
    """One line for each format."""
    head = f"{'format':18} {'files':>8} {'refused':>8} {'rows':>9} {'rejected':>9} {'faults':>6}"
    lines = [f"{head} {'slowest':>8} {'case':>8} {'largest':>8} {'case':>8}"]
    for kind, one in sorted(accounts.items()):
        (seconds, slow), (held, large) = one.slowest, one.largest
        lines.append(
            f"{kind:18} {one.files:8,} {one.refused:8,} {one.rows:9,} {one.rejected:9,} "
            f"{one.faults:6,} {seconds:6.2f} s {slow:8} {held >> 20:4} MiB {large:8}"
        )
    return "\n".join(lines)


def keep(one: Read, seed: int, out: Path) -> None:
    """Keep a file with a fault and what was found."""
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{seed}-{one.number}-{one.path.name}").write_bytes(one.path.read_bytes())
    again = f"python -m tests.fuzz seed={seed} first={one.number} cases=1"
    account = f"{again}\n{one.kind}, {one.case}\n{one.outcome.get('fault')}\n"
    (out / f"{seed}-{one.number}.txt").write_text(account, encoding="utf-8")
    _say(f"FAULT {account}")


def _numbers(first: int, cases: int, minutes: float) -> Iterator[int]:
    end = time.monotonic() + 60 * minutes
    for number in range(first, first + cases):
        if time.monotonic() > end:
            return
        yield number


def main() -> int:
    """Read files until the time is up."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    seed, minutes = int(given.get("seed", "1")), float(given.get("minutes", "60"))
    first, cases = int(given.get("first", "0")), int(given.get("cases", str(1 << 60)))
    out = Path(given.get("out", Path(tempfile.gettempdir()) / "heliu-fuzz"))
    os.nice(_NICE)
    accounts: dict[str, Account] = defaultdict(Account)
    begun = reported = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="heliu-fuzz-") as folder:
        for one in read_files(seed, _numbers(first, cases, minutes), Path(folder)):
            accounts[one.kind].add(one)
            if "fault" in one.outcome:
                keep(one, seed, out)
            if time.monotonic() - reported > _REPORT_SECONDS:
                reported = time.monotonic()
                _say(f"{(reported - begun) / 60:.0f} min, seed {seed}, number {one.number}")
                _say(table(accounts))
    faults = sum(one.faults for one in accounts.values())
    files = sum(one.files for one in accounts.values())
    _say(table(accounts))
    _say(f"{files:,} files in {(time.monotonic() - begun) / 60:.1f} min: {faults} faults")
    return 1 if faults else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

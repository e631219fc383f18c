"""Put each fault in, run the tests that should notice, tell which faults lived.

    python -m tests.mutations [-j N] [WORD…]      those that contain a word; N at once

Works on copies of the checkout. The exit code is 0 if at least 95 % were noticed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from tests.mutations.catalogue import MUTATIONS
from tests.mutations.mutation import Mutation
from tests.mutations.trial import is_noticed

ROOT = Path(__file__).parents[2]
_COPIED = ("jobs", "conf", "tests", "docs")
_SHARE_NOTICED = 0.95


def tried(mutation: Mutation, copies: SimpleQueue[Path]) -> tuple[Mutation, bool, float]:
    """A mutation, whether it was noticed, and after how many seconds."""
    copy, begun = copies.get(), time.monotonic()
    try:
        return mutation, is_noticed(mutation, copy), time.monotonic() - begun
    finally:
        copies.put(copy)


def main() -> int:
    """Try the mutations that contain one of the words."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("-j", type=int, default=1, help="how many at once")
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    words = given.words or [""]
    wanted = [m for m in MUTATIONS if any(word in m.file + m.old for word in words)]
    noticed = 0
    with tempfile.TemporaryDirectory(prefix="heliu-mutations-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(given.j):
            copies.put(_copied(Path(folder) / str(number)))
        with ThreadPoolExecutor(given.j) as pool:
            running = [pool.submit(tried, mutation, copies) for mutation in wanted]
            for number, ended in enumerate(as_completed(running), start=1):
                mutation, is_dead, seconds = ended.result()
                noticed += is_dead
                text = " ".join(mutation.new.split())[:70]
                what = "noticed" if is_dead else "LIVES  "
                _say(f"{number:3}/{len(wanted)} {what} {seconds:4.0f} s  {mutation.file}: {text}")
    _say(f"{noticed} of {len(wanted)} noticed")
    return 0 if noticed >= _SHARE_NOTICED * len(wanted) else 1


def _copied(copy: Path) -> Path:
    for name in _COPIED:
        shutil.copytree(ROOT / name, copy / name)
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, copy)
    return copy


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Put each fault in, run the tests that should notice, tell which faults lived.

    python -m tests.mutations [WORD…]       those whose file or text contains a word; all without

Works on a copy of the checkout. The exit code is 0 if at least 95 % were noticed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutations.catalogue import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
_COPIED = ("jobs", "conf", "tests", "docs")
_SHARE_NOTICED = 0.95
_SECONDS = 600


def is_noticed(mutation: Mutation, copy: Path) -> bool:
    """Whether the tests fail with the fault in the copy; the copy is as before afterwards."""
    path = copy / mutation.file
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(mutation.old, mutation.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"]
    try:
        ended = subprocess.run(
            [*command, *mutation.tests],
            cwd=copy,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True  # it hangs, which a run of the tests shows as well
    finally:
        path.write_text(right, encoding="utf-8")
    if ended.returncode not in {0, 1}:
        raise RuntimeError(f"{mutation.file}: {ended.stdout.decode()[-2000:]}")
    return ended.returncode == 1


def main(words: Sequence[str]) -> int:
    """Try the mutations that contain one of the words."""
    wanted = [m for m in MUTATIONS if not words or any(w in m.file + m.old for w in words)]
    noticed = 0
    with tempfile.TemporaryDirectory(prefix="heliu-mutations-") as folder:
        copy = Path(folder)
        for name in _COPIED:
            shutil.copytree(ROOT / name, copy / name)
        for path in [*ROOT.glob("*.*")]:
            if path.is_file():
                shutil.copy(path, copy)
        for number, mutation in enumerate(wanted, start=1):
            begun = time.monotonic()
            is_dead = is_noticed(mutation, copy)
            noticed += is_dead
            told = f"{'noticed' if is_dead else 'LIVES  '} {time.monotonic() - begun:4.0f} s"
            text = " ".join(mutation.new.split())
            _say(f"{number:3}/{len(wanted)} {told}  {mutation.file}: {text[:70]}")
    _say(f"{noticed} of {len(wanted)} noticed")
    return 0 if noticed >= _SHARE_NOTICED * len(wanted) else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

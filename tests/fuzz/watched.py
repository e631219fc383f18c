"""A reader in a process of its own, ended when it takes too much time or memory."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tests.fuzz.reader import Case, Outcome

ROOT = Path(__file__).parents[2]
MOST_BYTES = 600 << 20  # above what the reader held before
_SECONDS, _SECONDS_PER_MB = 15, 60  # of a processor's time: a row may take three bytes
_WALL_FACTOR = 20  # of a machine that others use, too
_START_SECONDS = 600  # kernels may have to be compiled
_PAUSE_SECONDS = 0.1
_CASES = 3_000  # a new process after so many
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


class Reader:
    """Reads files one after the other; a new process takes the place of one that ended."""

    def __init__(self, folder: Path, program: str = "tests.fuzz.reader") -> None:
        self._folder, self._program = folder, program
        self._process: _Process | None = None

    def read(self, case: Case) -> Outcome:
        """What became of a file, within limits of time by its size and of memory."""
        if self._process is None or self._process.cases >= _CASES:
            self.end()
            self._process = _Process(self._program, self._folder)
        answer = self._process.asked(case)
        if isinstance(answer, str):
            self.end()
            return {"fault": answer}
        return answer

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.end()
            self._process = None


@contextmanager
def reader(folder: Path, program: str = "tests.fuzz.reader") -> Iterator[Reader]:
    """A reader that ends with the block; its program is a module."""
    one = Reader(folder, program)
    try:
        yield one
    finally:
        one.end()


class _Process:
    """One process, which reads cases until it is ended or dies."""

    def __init__(self, program: str, folder: Path) -> None:
        with (folder / "reader.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", program, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
            )
        self.cases = 0

    def asked(self, case: Case) -> Outcome | str:
        """The outcome of a case, or why there is none."""
        self.cases += 1
        most = _SECONDS + _SECONDS_PER_MB * case["size_bytes"] / (1 << 20)
        most += _START_SECONDS * (self.cases == 1)
        cpu, held = self._used()
        begun = time.monotonic()
        if not self._sent(case):
            return self._death()
        answers = cast("IO[bytes]", self._process.stdout)
        answer = b""
        while not answer.endswith(b"\n"):
            if select.select([answers], [], [], _PAUSE_SECONDS)[0]:
                part = os.read(answers.fileno(), 1 << 16)
                if not part:
                    return self._death()
                answer += part
            elif complaint := self._excess(cpu + most, begun + _WALL_FACTOR * most, held):
                return complaint
        return self._judged(json.loads(answer))

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.communicate()

    def _sent(self, case: Case) -> bool:
        asked = cast("IO[bytes]", self._process.stdin)
        try:
            asked.write(json.dumps(case).encode() + b"\n")
            asked.flush()
        except BrokenPipeError:
            return False
        return True

    def _judged(self, outcome: Outcome) -> Outcome:
        # The first case loads what every other finds loaded.
        if outcome["bytes_held"] > MOST_BYTES and self.cases > 1:
            outcome["fault"] = f"{outcome['bytes_held'] >> 20} MiB"
        return outcome

    def _excess(self, latest_cpu: float, latest: float, held: int) -> str | None:
        cpu, now_held = self._used()
        if cpu > latest_cpu:
            return "too much processor time for its size"
        if time.monotonic() > latest:
            return "no answer"
        if now_held - held > MOST_BYTES and self.cases > 1:
            return f"more than {MOST_BYTES >> 20} MiB"
        return None

    def _used(self) -> tuple[float, int]:
        """Seconds of processor time taken and bytes of memory held."""
        try:
            text = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return 0.0, 0
        numbers = text.rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / _TICKS, int(numbers[21]) * _PAGE

    def _death(self) -> str:
        code = self._process.wait()
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the process died: {name}"

"""nothing ─ demo ─▶ three partners' deliveries. The same size and seed write the same bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.terminal import ProgressLine, command, say, say_table
from jobs.config_errors import OutputExists
from jobs.errors import ConfigError
from jobs.synthesis import write_demo

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass
class Settings:
    """Keys of demo."""

    out: str = MISSING
    size: str = MISSING
    seed: int = MISSING


@verb("start", "writes three partners' synthetic deliveries to try everything on")
def main(config: Settings) -> None:
    """Write the deliveries and print the command that builds a release from them."""
    out, size_bytes = Path(config.out).absolute(), _size_bytes(config.size)
    if out.exists() and any(out.iterdir()):
        raise OutputExists(f"out={out} is not empty: choose a new folder, or empty it")
    progress = ProgressLine()

    def report(done: int) -> None:
        progress("MB of text written", done // 10**6, size_bytes // 10**6)

    rows = write_demo(out, size_bytes=size_bytes, seed=config.seed, report=report)
    say_table(["partner", "rows"], list(rows.items()))
    say(f"written to {out}; build a release from it with:")
    partners, corpus = f"partners=[{','.join(rows)}]", ("corpus.name=demo", "corpus.version=1.0.0")
    options = ("--config-dir", f"{out}/conf", partners, *corpus, f"storage.root={out}/releases")
    say(f"  {command('build', *options)}")


def _size_bytes(size: str) -> int:
    match = re.fullmatch(r"(\d+)\s*([KMG]?B)?", size.strip().upper())
    if match is None or int(match[1]) == 0:
        raise ConfigError(f"size={size!r} is no size: give a number with KB, MB or GB, as in 50MB")
    return int(match[1]) * _UNITS[match[2] or ""] if match[2] != "B" else int(match[1])


if __name__ == "__main__":
    main()

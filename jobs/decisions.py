"""manifest ─ decisions ─▶ the address of every decision file, one per line. Reads only."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.release_settings import Read, opened
from jobs.command.terminal import say


def decisions(config: Read) -> None:
    """Print the addresses and nothing else."""
    for address in opened(config).files("decisions"):
        say(address)


def main() -> None:
    """The program."""
    run("decisions", decisions)


if __name__ == "__main__":
    main()

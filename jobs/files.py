"""manifest ─ files ─▶ the address of every document shard, one per line. Reads only."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.release_settings import Read, opened
from jobs.command.terminal import say


def files(config: Read) -> None:
    """Print the addresses and nothing else."""
    for address in opened(config).files("shards"):
        say(address)


def main() -> None:
    """The program."""
    run("files", files)


if __name__ == "__main__":
    main()

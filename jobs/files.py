"""manifest ─ files ─▶ the address of every document shard, one per line. Reads only."""

from __future__ import annotations

from jobs.application import run
from jobs.release_settings import Read, opened
from jobs.terminal import say


def files(config: Read) -> None:
    """Print the addresses and nothing else."""
    for address in opened(config).files("shards"):
        say(address)


def main() -> None:
    """The program."""
    run("files", files)


if __name__ == "__main__":
    main()

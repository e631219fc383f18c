"""manifest ─ files ─▶ the address of every document shard, one per line. Reads only."""

from __future__ import annotations

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.settings import OneRelease
from jobs.command.terminal import say


@verb("read", "the addresses of a release's document shards")
def main(config: OneRelease) -> None:
    """Print the addresses and nothing else."""
    for address in opened(config).files("shards"):
        say(address)


if __name__ == "__main__":
    main()

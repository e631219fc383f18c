"""manifest ─ decisions ─▶ the address of every decision file, one per line. Reads only."""

from __future__ import annotations

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.settings import OneRelease
from jobs.command.terminal import say


@verb("read", "the addresses of a release's decision files")
def main(config: OneRelease) -> None:
    """Print the addresses and nothing else."""
    for address in opened(config).files("decisions"):
        say(address)


if __name__ == "__main__":
    main()

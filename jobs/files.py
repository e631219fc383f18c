"""manifest ─ files ─▶ the address of every document shard, one per line. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease
from jobs.command.terminal import note, say


@dataclass
class Settings(OneRelease):
    """Keys of files."""

    licence: list[str] = MISSING


@verb("read", "the addresses of a release's document shards")
def main(config: Settings) -> None:
    """Print the addresses and nothing else."""
    release = opened(config)
    if not config.licence:
        for address in release.files("shards"):
            say(address)
        return
    from jobs.flow.releases.licences import licence_group

    group = licence_group(release, config.licence)
    for file in group.files:
        say(release.store.location(file.entry["key"]))
    if group.mixed_files:
        note(
            f"heliu: {group.mixed_files:,} of {len(group.files):,} files hold documents of other "
            "licences too: read them with a filter on the column licence"
        )


if __name__ == "__main__":
    main()

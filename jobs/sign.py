"""release ─ sign ─▶ a signature beside it, to be checked with the public key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.command.chosen_release import opened
from jobs.command.program import now, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease
from jobs.command.terminal import say
from jobs.flow.releases.attestations import read_private_key, sign


@dataclass
class Settings(OneRelease):
    """Keys of sign."""

    key: str = MISSING


@verb("correct", "adds a key's signature to a published release")
def main(config: Settings) -> None:
    """Add a key's signature to a published release."""
    key = read_private_key(Path(config.key), "key")
    release = opened(config)
    signature, is_new = sign(release, key, at=now())
    state = "signed" if is_new else "was already signed"
    name = f"{release.corpus} {release.version}"
    say(f"{name} {state} by {signature.key} at {signature.at or 'an unknown time'}")


if __name__ == "__main__":
    main()

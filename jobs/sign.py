"""release ─ sign ─▶ a signature beside it, which whoever has the public key can check."""

from __future__ import annotations

from pathlib import Path

from jobs.command.program import now, run
from jobs.command.release_settings import Sign, opened
from jobs.command.terminal import say
from jobs.flow.releases.attestations import read_private_key
from jobs.flow.releases.attestations import sign as signed


def sign(config: Sign) -> None:
    """Add a key's signature to a published release."""
    key = read_private_key(Path(config.key), "key")
    release = opened(config)
    signature, is_new = signed(release, key, at=now())
    state = "signed" if is_new else "was already signed"
    name = f"{release.corpus} {release.version}"
    say(f"{name} {state} by {signature.key} at {signature.at or 'a time not told'}")


def main() -> None:
    """The program."""
    run("sign", sign)


if __name__ == "__main__":
    main()

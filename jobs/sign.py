"""release ─ sign ─▶ a signature beside it, which whoever has the public key can check."""

from __future__ import annotations

from pathlib import Path

from jobs.application import now, run
from jobs.flow.attesting import read_private_key
from jobs.flow.attesting import sign as signed
from jobs.release_settings import Sign, opened
from jobs.terminal import say


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

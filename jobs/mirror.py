"""release ─ mirror ─▶ the same release in another store. Rerunning copies what is not there yet."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass

from jobs.command.chosen_release import opened
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease, storage_params
from jobs.command.terminal import say
from jobs.errors import ConfigError, DamagedRelease
from jobs.quantities import Size, counted
from jobs.storage.objects import StorageParams
from jobs.storage.store_probe import prove_once
from jobs.storage.stores import open_store


@dataclass
class Settings(OneRelease):
    """Keys of mirror."""

    to: str = MISSING
    to_endpoint_url: str | None = MISSING
    to_region: str | None = MISSING


@verb("correct", "copies a release to another store or directory and verifies it")
def main(config: Settings) -> None:
    """Copy a release and verify the copy."""
    from jobs.flow.releases.mirror import mirror
    from jobs.flow.releases.verification import verify

    params = StorageParams(config.to, config.to_endpoint_url, config.to_region)
    if params == storage_params(config.storage):
        raise ConfigError(f"to={config.to} is where the release is: name another store")
    to = open_store(params)
    prove_once(to, params.root)
    done = mirror(opened(config), to, commit_info=circumstances(config))
    copy = done.release
    # Every byte was hashed while it was copied; this checks what the other store holds.
    findings = verify(copy, "footers")
    if findings.problems or findings.metadata_problems:
        listed = "\n".join(f"  {one}" for one in findings.problems + findings.metadata_problems)
        raise DamagedRelease(f"the copy in {config.to} is not whole:\n{listed}\nrun again")
    say(
        f"{copy.corpus} {copy.version} is in {config.to}: {counted(done.copied, 'file')} copied "
        f"({Size(done.copied_bytes)}), {done.present:,} were there, digest {copy.digest}"
    )


if __name__ == "__main__":
    main()

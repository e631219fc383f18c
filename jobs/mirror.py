"""release ─ mirror ─▶ the same release in another store. Rerunning copies what is not there yet."""

from __future__ import annotations

from jobs.command.program import circumstances, run
from jobs.command.release_settings import Mirror, opened
from jobs.command.settings import storage_params
from jobs.command.terminal import say
from jobs.errors import ConfigError, DamagedRelease
from jobs.storage.objects import StorageParams
from jobs.storage.probing import prove_once
from jobs.storage.stores import open_store


def mirror(config: Mirror) -> None:
    """Copy a release and look at the copy."""
    from jobs.flow.releases.mirror import mirror as mirrored  # noqa: PLC0415  --help need not load numba
    from jobs.flow.releases.verification import verify  # noqa: PLC0415

    params = StorageParams(config.to, config.to_endpoint_url, config.to_region)
    if params == storage_params(config.storage):
        raise ConfigError(f"to={config.to} is where the release is: name another store")
    to = open_store(params)
    prove_once(to, params.root)
    done = mirrored(opened(config), to, commit_info=circumstances(config))
    copy = done.release
    # Every byte was hashed on its way; this asks the other store what it has kept.
    findings = verify(copy, "footers")
    if findings.problems or findings.metadata_problems:
        listed = "\n".join(f"  {one}" for one in findings.problems + findings.metadata_problems)
        raise DamagedRelease(f"the copy in {config.to} is not whole:\n{listed}\nrun again")
    say(
        f"{copy.corpus} {copy.version} is in {config.to}: {done.copied:,} files copied "
        f"({done.copied_bytes:,} bytes), {done.present:,} were there, digest {copy.digest}"
    )


def main() -> None:
    """The program."""
    run("mirror", mirror)


if __name__ == "__main__":
    main()

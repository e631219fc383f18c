"""storage root ─ doctor ─▶ whether it can hold releases, check by check; the exit code says it."""

from __future__ import annotations

from dataclasses import asdict

from jobs.command.program import run
from jobs.command.release_settings import Doctor
from jobs.command.settings import storage_params
from jobs.command.terminal import is_json, say_json, say_table
from jobs.errors import StorageUnwritable
from jobs.storage.probing import checks, record
from jobs.storage.stores import open_store


def doctor(config: Doctor) -> None:
    """Probe the store and say what was seen."""
    params = storage_params(config.storage)
    as_json = is_json(config.format)
    store = open_store(params)
    seen = checks(store)
    if as_json:
        say_json([asdict(check) for check in seen])
    else:
        verdicts = ["ok" if check.is_passed else "NO" for check in seen]
        rows = [[check.name, ok, check.seen] for check, ok in zip(seen, verdicts, strict=True)]
        say_table(["check", "passed", "the store"], rows)
    failed = [check.name for check in seen if not check.is_passed]
    if failed:
        raise StorageUnwritable(
            f"{params.root} failed {', '.join(failed)}: releases there could be lost or overwrite "
            "each other; use another store"
        )
    record(store)


def main() -> None:
    """The program."""
    run("doctor", doctor)


if __name__ == "__main__":
    main()

"""storage root ─ doctor ─▶ whether it can hold releases, check by check, and as exit code."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import Storage, storage_params
from jobs.command.terminal import is_json, say_json, say_table
from jobs.errors import StorageUnwritable
from jobs.storage.store_probe import checks, record
from jobs.storage.stores import open_store


@dataclass
class Settings:
    """Keys of doctor."""

    storage: Storage = field(default_factory=Storage)
    format: str = MISSING


@verb("prepare", "checks that a storage root can hold releases")
def main(config: Settings) -> None:
    """Probe the store and report each check."""
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


if __name__ == "__main__":
    main()

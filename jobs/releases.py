"""log ─ releases ─▶ the list of what is published. Reads only."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.release_settings import Listing
from jobs.command.settings import storage_params
from jobs.command.terminal import is_json, say_json, say_table
from jobs.flow.releases.opened import list_releases
from jobs.storage.registry import status
from jobs.storage.stores import open_store


def releases(config: Listing) -> None:
    """List the releases of a root."""
    found = list_releases(open_store(storage_params(config.storage)), config.corpus.name)
    if is_json(config.format):
        say_json([{"corpus": name, "status": status(r), **r} for name, r in found])
        return
    rows = [
        [name, r["version"], status(r), r["documents"], r["at"], r["digest"]] for name, r in found
    ]
    say_table(["corpus", "version", "status", "documents", "published", "digest"], rows)


def main() -> None:
    """The program."""
    run("releases", releases)


if __name__ == "__main__":
    main()

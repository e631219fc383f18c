"""log ─ releases ─▶ the list of what is published. Reads only."""

from __future__ import annotations

from jobs.command.program import verb
from jobs.command.settings import CorpusReport, storage_params
from jobs.command.terminal import is_json, say_json, say_table
from jobs.flow.releases.opened_release import list_releases
from jobs.storage.registry import status
from jobs.storage.stores import open_store


@verb("read", "lists the releases of a storage root")
def main(config: CorpusReport) -> None:
    """List the releases of a root."""
    found = list_releases(open_store(storage_params(config.storage)), config.corpus.name)
    if is_json(config.format):
        say_json([{"corpus": name, "status": status(r), **r} for name, r in found])
        return
    rows = [
        [name, r["version"], status(r), r["documents"], r["at"], r["digest"]] for name, r in found
    ]
    say_table(["corpus", "version", "status", "documents", "published", "digest"], rows)


if __name__ == "__main__":
    main()

"""log ─ releases ─▶ the list of what is published. Reads only."""

from __future__ import annotations

from typing import Any

from jobs.command.program import verb
from jobs.command.settings import CorpusReport, storage_params
from jobs.command.terminal import is_json, say_json, say_table
from jobs.flow.releases.opened_release import ListedRelease, list_releases
from jobs.storage.registry import status
from jobs.storage.stores import open_store


@verb("read", "what is published: versions, tags, latest, yanked and redacted releases")
def main(config: CorpusReport) -> None:
    """List the releases of a root."""
    found = list_releases(open_store(storage_params(config.storage)), config.corpus.name)
    if is_json(config.format):
        say_json(
            [
                {"corpus": one.corpus, "status": status(one.release), "names": one.names}
                | one.release
                for one in found
            ]
        )
        return
    header = ["corpus", "version", "names", "status", "documents", "published", "digest"]
    say_table(header, [_row(one) for one in found])


def _row(one: ListedRelease) -> list[Any]:
    release = one.release
    state = f"yanked: {release['yanked']}" if "yanked" in release else status(release)
    at = release["at"][:16].replace("T", " ")
    names = ", ".join(one.names)
    counted = [release["documents"], at, release["digest"]]
    return [one.corpus, release["version"], names, state, *counted]


if __name__ == "__main__":
    main()

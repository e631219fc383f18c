"""log ─ log ─▶ everything that happened to a corpus, oldest first. Reads only."""

from __future__ import annotations

from jobs.application import run
from jobs.flow.correcting import happened
from jobs.release_settings import Listing
from jobs.settings import storage_params
from jobs.storage.stores import open_store
from jobs.terminal import is_json, say_json, say_table


def log(config: Listing) -> None:
    """List the entries of a corpus's log."""
    as_json = is_json(config.format)
    entries = happened(open_store(storage_params(config.storage)), config.corpus.name)
    if as_json:
        say_json(entries)
        return
    header = ["seq", "at", "by", "op", "what"]
    say_table(header, [[entry[name] for name in header] for entry in entries])


def main() -> None:
    """The program."""
    run("log", log)


if __name__ == "__main__":
    main()

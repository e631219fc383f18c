"""log ─ log ─▶ everything that happened to a corpus, oldest first. Reads only."""

from __future__ import annotations

from jobs.command.chosen_release import chosen_corpus
from jobs.command.program import verb
from jobs.command.settings import CorpusReport
from jobs.command.terminal import is_json, say_json, say_table
from jobs.flow.releases.corrections import logged_operations


@verb("read", "everything that happened to a corpus, entry by entry")
def main(config: CorpusReport) -> None:
    """List the entries of a corpus's log."""
    as_json = is_json(config.format)
    entries = logged_operations(chosen_corpus(config))
    if as_json:
        say_json(entries)
        return
    say_table(["seq", "at", "by", "op", "what"], [list(entry.values()) for entry in entries])


if __name__ == "__main__":
    main()

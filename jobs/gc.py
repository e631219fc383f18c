"""storage root ─ gc ─▶ what no release needs: listed, or with apply=true removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.command.chosen_release import chosen_corpus
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import CorpusReport
from jobs.command.terminal import is_json, say, say_json, say_table
from jobs.quantities import Size, counted
from jobs.storage.garbage import Garbage, collect, garbage

_LISTED = 20


@dataclass
class Settings(CorpusReport):
    """Keys of gc."""

    apply: bool = MISSING
    work: bool = MISSING


@verb("correct", "lists what no release needs, and removes it")
def main(config: Settings) -> None:
    """List what no release needs, and remove it with `apply`."""
    as_json = is_json(config.format)
    corpus = chosen_corpus(config)
    if config.apply:
        found = collect(corpus, with_work=config.work, commit_info=circumstances(config))
    else:
        found = garbage(corpus, with_work=config.work)
    rows = _rows(found)
    if as_json:
        say_json({"corpus": corpus.name, "applied": config.apply, "objects": rows})
        return
    for kind in ("orphan", "retired", "work"):
        _report(kind, [row for row in rows if row["kind"] == kind])
    done = "removed" if config.apply else "can be removed; apply=true removes them"
    say(f"{corpus.name}: {counted(len(rows), 'object')}, {Size(found.size_bytes)} {done}")


def _rows(found: Garbage) -> list[dict[str, Any]]:
    kinds = {"orphan": found.orphans, "retired": found.retired, "work": found.work}
    return [
        {"kind": kind, "key": info.key, "bytes": info.size_bytes}
        for kind, infos in kinds.items()
        for info in infos
    ]


def _report(kind: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        say_table([kind, "bytes"], [[row["key"], row["bytes"]] for row in rows[:_LISTED]])
        if len(rows) > _LISTED:
            say(f"and {len(rows) - _LISTED:,} more")
        say()


if __name__ == "__main__":
    main()

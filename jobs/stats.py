"""shards ─ stats ─▶ documents and characters, by partner, year, site, licence. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import ReleaseReport
from jobs.command.terminal import is_json, note, say_json, say_table


@dataclass
class Settings(ReleaseReport):
    """Keys of stats."""

    by: list[str] = MISSING
    most: int = MISSING


@verb("read", "documents and characters by partner, year, site, licence, …")
def main(config: Settings) -> None:
    """Print what a release holds, the largest share first."""
    from jobs.flow.releases.amounts import amounts

    found = amounts(opened(config), config.by)
    if is_json(config.format):
        say_json(found.to_pylist())
        return
    shown = found.slice(0, config.most)
    rows = [
        ["-" if value is None else value for value in row.values()] for row in shown.to_pylist()
    ]
    say_table(found.column_names, rows)
    if len(found) > config.most:
        note(f"heliu: {len(found) - config.most:,} more rows: most={len(found)} shows all")


if __name__ == "__main__":
    main()

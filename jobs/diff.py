"""two releases ─ diff ─▶ what was added, removed and changed, and why. Writes only to `out`."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import CorpusReport, storage_params
from jobs.command.terminal import is_json, say, say_json, say_table
from jobs.flow.releases.opened_release import open_release
from jobs.storage.stores import open_store

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.flow.releases.difference import Difference

_CHANGES = ("added", "removed", "changed")


class _Rows:
    """Rows by kind of change, each kind appended to a file of its own."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self.folder = folder
        self.files = files
        self.writers: dict[str, pq.ParquetWriter] = {}

    def __call__(self, name: str, table: pa.Table) -> None:
        if name not in self.writers:
            path = self.folder / f"{name}.parquet"
            writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            self.writers[name] = self.files.enter_context(writer)
        self.writers[name].write_table(table.cast(self.writers[name].schema))


@dataclass
class Settings(CorpusReport):
    """Keys of diff."""

    a: str = MISSING
    b: str = MISSING
    out: str | None = MISSING
    sites: int = MISSING


@verb("read", "what changed from one release to another, and why")
def main(config: Settings) -> None:
    """Compare two releases."""
    from jobs.flow.releases.difference import diff
    from jobs.flow.releases.exports import new_folder

    as_json = is_json(config.format)
    store = open_store(storage_params(config.storage))
    before, after = (
        open_release(store, config.corpus.name, version) for version in (config.a, config.b)
    )
    with ExitStack() as files:
        rows = None
        if config.out:
            rows = _Rows(files.enter_context(new_folder(Path(config.out))), files)
        found = diff(before, after, rows)
    if as_json:
        say_json(asdict(found))
        return
    _say(found, config.sites)


def _say(found: Difference, sites: int) -> None:
    say(f"from  {found.before}\nto    {found.after}\n")
    counts = [[name, *counts.values()] for name, counts in found.partners.items()]
    say_table(["partner", *_CHANGES, "unchanged"], counts)
    reasons = [
        [partner, reason, count]
        for partner, counts in found.reasons.items()
        for reason, count in counts.items()
    ]
    if reasons:
        say()
        say_table(["partner", "removed because", "documents"], reasons)
    if found.sites:
        say()
        shown = [["-" if one == "" else one for one in row.values()] for row in found.sites[:sites]]
        say_table(["partner", "site", *_CHANGES], shown)
    shards = found.shards
    say(
        f"\nshards: {shards['shared']:,} shared, {shards['only_before']:,} only before, "
        f"{shards['only_after']:,} only after"
    )


if __name__ == "__main__":
    main()

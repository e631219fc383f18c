"""release ─ decontaminate ─▶ which documents hold benchmark items; or a release without them."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from jobs.command.chosen_release import opened
from jobs.command.program import circumstances, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import Benchmark, ReleaseReport
from jobs.command.terminal import ProgressLine, is_json, say, say_json, say_table
from jobs.config_errors import KeyMissing
from jobs.errors import ConfigError
from jobs.quantities import Share

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.flow.params import BuildParams
    from jobs.flow.releases.opened_release import OpenedRelease
    from jobs.flow.takedown.takedown import TakenDown


@dataclass
class Settings(ReleaseReport):
    """Keys of decontaminate."""

    benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    version: str | None = MISSING
    examples: int = MISSING
    out: str | None = MISSING
    apply: bool = MISSING


@verb("correct", "which documents of a release hold items of evaluation sets")
def main(config: Settings) -> None:
    """Search a release, or with `apply` publish one without what was found."""
    from jobs.command.parameters import read_benchmarks
    from jobs.corpus.contamination.benchmarks import indexed_benchmarks
    from jobs.corpus.contamination.findings import Benchmarks
    from jobs.corpus.contamination.item_index import read_index
    from jobs.flow.contamination.recheck import condemned, excerpts, recheck, table_of

    as_json = is_json(config.format)
    sets = read_benchmarks(config.benchmarks, config.storage.endpoint_url)
    params = indexed_benchmarks(sets)
    if params.index is None:
        raise KeyMissing("no evaluation sets: give benchmarks=[NAME,…] (docs/evaluation-sets.md)")
    release = opened(config)
    found = recheck(release, Benchmarks(*read_index(params.index)), progress=ProgressLine())
    if config.out:
        pq.write_table(found, config.out, compression="zstd")
    listed = condemned(found)
    done = _applied(config, release, listed) if config.apply and listed else None
    shown = list(excerpts(release, found, sets, config.examples))
    if as_json:
        report: dict[str, Any] = {"sets": [one.record for one in params.sets]}
        report |= {"found": table_of(found), "documents_to_drop": len(listed), "examples": shown}
        say_json(report | {"published": done and done.release.version})
        return
    _say(table_of(found), shown, listed, found)
    if done is not None:
        say(f"{done.release.corpus} {done.release.version} published, digest {done.release.digest}")
    elif listed:
        say("nothing was changed; version=… apply=true publishes a release without these documents")


def _applied(config: Settings, release: OpenedRelease, listed: list[str]) -> TakenDown:
    """Publish the patch release: a takedown of these documents, which no later build restores."""
    from jobs.corpus.release.takedown import Policy, Selection
    from jobs.flow.takedown.renormalization import RebuildContext
    from jobs.flow.takedown.selection import Request, document_ids
    from jobs.flow.takedown.takedown import take_down

    if config.version is None:
        raise KeyMissing("please give version=…: that of the release without these documents")
    sets = ", ".join(f"{name} {one.version}" for name, one in sorted(config.benchmarks.items()))
    request = Request(
        version=config.version,
        selection=Selection(document_ids(listed), (), None, None, None, None, None),
        reason=f"evaluation sets: {sets}",
        policy=Policy.REMOVE,
        is_redacting=False,
    )
    rebuild, commit_info = RebuildContext(_not_rebuilt, ProgressLine()), circumstances(config)
    return take_down(release, request, commit_info=commit_info, rebuild=rebuild)[1]


def _not_rebuilt(_: dict[str, Any]) -> BuildParams:
    raise ConfigError("copies of contaminated documents do not return: give policy=remove")


def _say(
    rows: list[dict[str, Any]], shown: list[dict[str, Any]], listed: list[str], found: pa.Table
) -> None:
    if rows:
        say_table(list(rows[0]), [list(row.values()) for row in rows])
    for hit in shown:
        say(
            f"\n{hit['benchmark']} item {hit['item']}, {Share(hit['covered'])}, in {hit['id']} of "
            f"{hit['partner']}, character {hit['offset'] + 1}:\n"
            f"  document  {hit['excerpt']!r}\n  item      {hit['item_text']!r}"
        )
    say(f"\n{len(found):,} places; {len(listed):,} documents hold what is to be dropped")


if __name__ == "__main__":
    main()

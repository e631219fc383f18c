"""release ─ decontaminate ─▶ which documents hold benchmark items; or a release without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from jobs.command.program import circumstances, run
from jobs.command.release_settings import Decontaminate, opened
from jobs.command.terminal import ProgressLine, is_json, say, say_json, say_table
from jobs.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.flow.params import BuildParams
    from jobs.flow.releases.opened import OpenedRelease
    from jobs.flow.takedown.takedown import TakenDown


def decontaminate(config: Decontaminate) -> None:
    """Search a release, or with `apply` publish one without what was found."""
    from jobs.command.parameters import benchmark_params  # noqa: PLC0415
    from jobs.corpus.contamination.findings import Benchmarks  # noqa: PLC0415
    from jobs.corpus.contamination.item_index import read_index  # noqa: PLC0415  --help need not load numba
    from jobs.flow.contamination.recheck import condemned, excerpts, recheck, table_of  # noqa: PLC0415

    as_json = is_json(config.format)
    params = benchmark_params(config.benchmarks, config.storage.endpoint_url)
    if params.index is None:
        raise ConfigError("no evaluation sets: give benchmarks=[NAME,…] (docs/evaluation-sets.md)")
    release = opened(config)
    found = recheck(release, Benchmarks(*read_index(params.index)), progress=ProgressLine())
    if config.out:
        pq.write_table(found, config.out, compression="zstd")
    gone = condemned(found)
    done = _applied(config, release, gone) if config.apply and gone else None
    shown = list(excerpts(release, found, config.examples))
    if as_json:
        told: dict[str, Any] = {"sets": [one.record for one in params.sets]}
        told |= {"found": table_of(found), "documents_to_drop": len(gone), "examples": shown}
        say_json(told | {"published": done and done.release.version})
        return
    _say(table_of(found), shown, gone, found)
    if done is not None:
        say(f"{done.release.corpus} {done.release.version} published, digest {done.release.digest}")
    elif gone:
        say("nothing was changed; version=… apply=true publishes a release without these documents")


def _applied(config: Decontaminate, release: OpenedRelease, gone: list[str]) -> TakenDown:
    """The patch release: a takedown of these documents, which no later build brings back."""
    from jobs.corpus.release.takedown import Policy, Selection  # noqa: PLC0415
    from jobs.flow.takedown.renormalization import RebuildContext  # noqa: PLC0415
    from jobs.flow.takedown.selection import Request, document_ids  # noqa: PLC0415
    from jobs.flow.takedown.takedown import take_down  # noqa: PLC0415

    if config.version is None:
        raise ConfigError("please give version=…: that of the release without these documents")
    sets = ", ".join(f"{name} {one.version}" for name, one in sorted(config.benchmarks.items()))
    request = Request(
        release=release.version,
        version=config.version,
        selection=Selection(document_ids(gone), (), None, None, None, None, None),
        reason=f"evaluation sets: {sets}",
        policy=Policy.REMOVE,
        is_redacting=False,
    )
    rebuild, about = RebuildContext(_not_run_again, ProgressLine()), circumstances(config)
    return take_down(release.source, request, commit_info=about, rebuild=rebuild)[1]


def _not_run_again(_: dict[str, Any]) -> BuildParams:
    raise ConfigError("copies of contaminated documents do not return: policy is remove")


def _say(
    rows: list[dict[str, Any]], shown: list[dict[str, Any]], gone: list[str], found: pa.Table
) -> None:
    if rows:
        say_table(list(rows[0]), [list(row.values()) for row in rows])
    for hit in shown:
        say(
            f"\n{hit['benchmark']} item {hit['item']}, {hit['covered']:.0%}, in {hit['id']} of "
            f"{hit['partner']}, character {hit['offset'] + 1}:\n  {hit['excerpt']!r}"
        )
    say(f"\n{len(found):,} places; {len(gone):,} documents hold what is to be dropped")


def main() -> None:
    """The program."""
    run("decontaminate", decontaminate)


if __name__ == "__main__":
    main()

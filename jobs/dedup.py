"""facts ─ dedup ─▶ drops. Rerunning finds the drops of the same facts and parameters."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from jobs.command.program import verb
from jobs.command.progress import watched
from jobs.command.settings import Build


@verb("build", "one stage: finds the documents that duplicate a kept one")
def main(config: Build) -> None:
    """Run dedup and report dropped documents."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_drops, report_recall
    from jobs.flow.analysis.drop_counts import drop_counts
    from jobs.flow.builds.pipeline import run_dedup
    from jobs.storage.stores import open_store

    params = build_params(config)
    report_recall(params.bands)
    with watched(params, config.progress) as progress:
        found = run_dedup(params, progress)
    report_drops(drop_counts(found.drops.files, store=open_store(params.storage)))


if __name__ == "__main__":
    main()

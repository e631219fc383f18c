"""documents, drops ─ merge ─▶ release candidate. Rerunning writes the same shards again."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from jobs.command.program import verb
from jobs.command.progress import watched
from jobs.command.settings import Build


@verb("build", "one stage: kept documents become shards, every row gets its decision")
def main(config: Build) -> None:
    """Run merge and report what a release would hold."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_alarms, report_partners
    from jobs.flow.builds.pipeline import run_merge

    params = build_params(config)
    with watched(params, config.progress) as progress:
        merged = run_merge(params, progress)
    report_partners(merged.manifest)
    report_alarms(merged.alarms)


if __name__ == "__main__":
    main()

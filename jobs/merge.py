"""documents, drops ─ merge ─▶ release candidate. Rerunning writes the same shards again."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.settings import Build
from jobs.command.terminal import ProgressLine


def merge(config: Build) -> None:
    """Run merge and say what a release would hold."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_alarms, report_partners
    from jobs.flow.build.pipeline import run_merge

    merged = run_merge(build_params(config), ProgressLine())
    report_partners(merged.manifest)
    report_alarms(merged.alarms)


def main() -> None:
    """The program."""
    run("merge", merge)


if __name__ == "__main__":
    main()

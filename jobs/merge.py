"""documents, drops ─ merge ─▶ release candidate. Rerunning writes the same shards again."""

from __future__ import annotations

from jobs.application import run
from jobs.settings import Build
from jobs.terminal import ProgressLine


def merge(config: Build) -> None:
    """Run merge and say what a release would hold."""
    from jobs.flow.building import run_merge
    from jobs.parameters import build_params
    from jobs.reports import report_alarms, report_partners

    manifest, found = run_merge(build_params(config), ProgressLine())
    report_partners(manifest)
    report_alarms(found)


def main() -> None:
    """The program."""
    run("merge", merge)


if __name__ == "__main__":
    main()

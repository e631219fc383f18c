"""facts ─ dedup ─▶ drops. Rerunning finds the drops of the same facts and parameters."""

from __future__ import annotations

from jobs.application import run
from jobs.settings import Build
from jobs.terminal import ProgressLine


def dedup(config: Build) -> None:
    """Run dedup and say who was dropped."""
    from jobs.flow.building import run_dedup
    from jobs.parameters import build_params
    from jobs.reports import report_drops, report_recall

    params = build_params(config)
    report_recall(params.bands)
    report_drops(run_dedup(params, ProgressLine()), params)


def main() -> None:
    """The program."""
    run("dedup", dedup)


if __name__ == "__main__":
    main()

"""facts ─ dedup ─▶ drops. Rerunning finds the drops of the same facts and parameters."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.settings import Build
from jobs.command.terminal import ProgressLine


def dedup(config: Build) -> None:
    """Run dedup and say who was dropped."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_drops, report_recall
    from jobs.flow.build.pipeline import run_dedup

    params = build_params(config)
    report_recall(params.bands)
    report_drops(run_dedup(params, ProgressLine()))


def main() -> None:
    """The program."""
    run("dedup", dedup)


if __name__ == "__main__":
    main()

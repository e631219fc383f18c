"""deliveries ─ normalize ─▶ documents, facts. Rerunning reads only shards without a checkpoint."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.settings import Build
from jobs.command.terminal import ProgressLine


def normalize(config: Build) -> None:
    """Run normalize and say what was rejected."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_normalized
    from jobs.flow.build.pipeline import run_normalize

    report_normalized(run_normalize(build_params(config), ProgressLine()))


def main() -> None:
    """The program."""
    run("normalize", normalize)


if __name__ == "__main__":
    main()

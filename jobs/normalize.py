"""deliveries ─ normalize ─▶ documents, facts. Rerunning reads only shards without a marker."""

from __future__ import annotations

from jobs.application import run
from jobs.settings import Build
from jobs.terminal import ProgressLine


def normalize(config: Build) -> None:
    """Run normalize and say what was rejected."""
    from jobs.flow.building import run_normalize
    from jobs.parameters import build_params
    from jobs.reports import report_normalized

    report_normalized(run_normalize(build_params(config), ProgressLine()))


def main() -> None:
    """The program."""
    run("normalize", normalize)


if __name__ == "__main__":
    main()

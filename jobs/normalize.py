"""deliveries ─ normalize ─▶ documents, facts. Rerunning reads only shards without a checkpoint."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from jobs.command.program import verb
from jobs.command.progress import watched
from jobs.command.settings import Build


@verb("build", "one stage: deliveries become documents and facts")
def main(config: Build) -> None:
    """Run normalize and report rejected rows."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_normalized
    from jobs.flow.builds.pipeline import run_normalize

    params = build_params(config)
    with watched(params, config.progress) as progress:
        build = run_normalize(params, progress)
    report_normalized(build)


if __name__ == "__main__":
    main()

"""deliveries ─ build ─▶ release. Rerunning continues: every stage finds what it already wrote."""

from __future__ import annotations

from functools import partial

from jobs.command.program import circumstances, now, run
from jobs.command.settings import Publishing
from jobs.command.terminal import ProgressLine, is_json


def build(config: Publishing) -> None:
    """Run the whole flow and say what was published."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import alarms_told, report_published
    from jobs.flow.build.pipeline import run_build
    from jobs.flow.releases.attestations import sign_published, signing_key

    params = build_params(config)
    key = signing_key(config.sign_key)
    as_json = is_json(config.format)
    report = partial(alarms_told, is_stopping=params.alarms.is_stopping, as_json=as_json)
    info = circumstances(config)
    published = run_build(params, ProgressLine(), commit_info=info, report=report)
    if key is not None:
        sign_published(params.storage, published.corpus, published.version, key, at=now())
    report_published(published, params.storage, as_json=as_json)


def main() -> None:
    """The program."""
    run("build", build)


if __name__ == "__main__":
    main()

"""deliveries ─ build ─▶ release. Rerunning continues: every stage finds what it already wrote."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from jobs.command.program import circumstances, now, verb
from jobs.command.schemas import MISSING
from jobs.command.settings import PublishedBuild
from jobs.command.terminal import ProgressLine, is_json


@dataclass
class Settings(PublishedBuild):
    """Keys of build."""

    publish: bool = MISSING


@verb("start", "deliveries of several partners in, one published release out")
def main(config: Settings) -> None:
    """Run the whole flow and report the release, or the candidate."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_candidate, report_early_alarms, report_published
    from jobs.flow.builds.pipeline import run_build, run_candidate
    from jobs.flow.releases.attestations import sign_published, signing_key

    params = build_params(config)
    key = signing_key(config.sign_key)
    as_json = is_json(config.format)
    report = partial(report_early_alarms, is_stopping=params.alarms.is_stopping, as_json=as_json)
    if not config.publish:
        built = run_candidate(params, ProgressLine(), report=report)
        report_candidate(built, params.storage, as_json=as_json)
        return
    info = circumstances(config)
    published = run_build(params, ProgressLine(), commit_info=info, report=report)
    if key is not None:
        sign_published(params.storage, published.corpus, published.version, key, at=now())
    report_published(published, params.storage, as_json=as_json)


if __name__ == "__main__":
    main()

"""deliveries ─ build ─▶ release. Rerunning continues: every stage finds what it already wrote."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from jobs.command.program import circumstances, now, verb
from jobs.command.progress import watched
from jobs.command.schemas import MISSING
from jobs.command.settings import PublishedBuild
from jobs.command.terminal import in_progress, is_json
from jobs.errors import DoesNotFit

if TYPE_CHECKING:
    from jobs.flow.params import BuildParams


@dataclass
class Settings(PublishedBuild):
    """Keys of build."""

    publish: bool = MISSING
    plan: bool = MISSING


@verb("start", "deliveries of several partners in, one published release out")
def main(config: Settings) -> None:
    """Run the whole flow and report the release, the candidate, or what it would need."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_candidate, report_early_alarms, report_published
    from jobs.flow.builds.pipeline import run_build, run_candidate
    from jobs.flow.releases.attestations import sign_published, signing_key

    params = build_params(config)
    key = signing_key(config.sign_key)
    as_json = is_json(config.format)
    if config.plan:
        _plan(params, as_json=as_json)
        return
    early = partial(report_early_alarms, is_stopping=params.alarms.is_stopping, as_json=as_json)
    if not config.publish:
        with watched(params, config.progress) as progress:
            built = run_candidate(params, progress, report=progress.before(early))
        report_candidate(built, params.storage, as_json=as_json)
        return
    info = circumstances(config)
    with watched(params, config.progress) as progress:
        published = run_build(params, progress, commit_info=info, report=progress.before(early))
    if key is not None:
        sign_published(params.storage, published.corpus, published.version, key, at=now())
    report_published(published, params.storage, progress.run, as_json=as_json)


def _plan(params: BuildParams, *, as_json: bool) -> None:
    """Report what a build will need.

    Raises:
        DoesNotFit: names what is too large for this machine or its disks.
    """
    from jobs.command.plan_report import report_plan
    from jobs.flow.builds.estimate import estimate

    with in_progress("reading samples of the deliveries …"):
        found = estimate(params)
    report_plan(found, params, as_json=as_json)
    if found.shortages:
        raise DoesNotFit("\n".join(found.shortages))


if __name__ == "__main__":
    main()

"""candidate ─ publish ─▶ release. Rerunning is safe: equal content is published once."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from jobs.command.program import circumstances, now, verb
from jobs.command.progress import watched
from jobs.command.schemas import MISSING
from jobs.command.settings import PublishedBuild, storage_params
from jobs.command.terminal import is_json
from jobs.storage.stores import open_store


@dataclass
class Settings(PublishedBuild):
    """Keys of publish."""

    resume: bool = MISSING


@verb("build", "one stage: commits a merged candidate by one conditional write")
def main(config: Settings) -> None:
    """Commit the candidate, or find out whether it was committed, and report the release."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import report_early_alarms, report_published
    from jobs.flow.builds.pipeline import run_build
    from jobs.flow.builds.publish_stage import settle
    from jobs.flow.releases.attestations import sign_published, signing_key

    as_json = is_json(config.format)
    key = signing_key(config.sign_key)
    if config.resume:
        storage = storage_params(config.storage)
        published = settle(open_store(storage), config.corpus.name, config.corpus.version)
        run = {}
    else:
        params = build_params(config)
        storage = params.storage
        is_stopping = params.alarms.is_stopping
        report = partial(report_early_alarms, is_stopping=is_stopping, as_json=as_json)
        info = circumstances(config)
        with watched(params, config.progress) as progress:
            published = run_build(
                params, progress, commit_info=info, report=progress.before(report)
            )
        run = progress.run
    if key is not None:
        sign_published(storage, published.corpus, published.version, key, at=now())
    report_published(published, storage, run, as_json=as_json)


if __name__ == "__main__":
    main()

"""candidate ─ publish ─▶ release. Rerunning is safe: equal content is published once."""

from __future__ import annotations

from functools import partial

from jobs.command.program import circumstances, now, run
from jobs.command.settings import Publish, storage_params
from jobs.command.terminal import ProgressLine, is_json
from jobs.storage.stores import open_store


def publish(config: Publish) -> None:
    """Commit the candidate, or learn what became of one, and say what was published."""
    from jobs.command.parameters import build_params
    from jobs.command.reports import alarms_told, report_published
    from jobs.flow.build.pipeline import run_build
    from jobs.flow.build.publish_stage import settle
    from jobs.flow.releases.attestations import sign_published, signing_key

    as_json = is_json(config.format)
    key = signing_key(config.sign_key)
    if config.resume:
        storage = storage_params(config.storage)
        published = settle(open_store(storage), config.corpus.name, config.corpus.version)
    else:
        params = build_params(config)
        storage = params.storage
        report = partial(alarms_told, is_stopping=params.alarms.is_stopping, as_json=as_json)
        info = circumstances(config)
        published = run_build(params, ProgressLine(), commit_info=info, report=report)
    if key is not None:
        sign_published(storage, published.corpus, published.version, key, at=now())
    report_published(published, storage, as_json=as_json)


def main() -> None:
    """The program."""
    run("publish", publish)


if __name__ == "__main__":
    main()

"""candidate ─ publish ─▶ release. Rerunning is safe: equal content is published once."""

from __future__ import annotations

from jobs.application import circumstances, now, run
from jobs.settings import Publish, storage_params
from jobs.storage.stores import open_store
from jobs.terminal import ProgressLine


def publish(config: Publish) -> None:
    """Commit the candidate, or learn what became of one, and say what was published."""
    from jobs.flow.attesting import sign_published, signing_key
    from jobs.flow.building import run_build
    from jobs.flow.publishing import settle
    from jobs.parameters import build_params
    from jobs.reports import report_published

    key = signing_key(config.sign_key)
    if config.resume:
        storage = storage_params(config.storage)
        published = settle(open_store(storage), config.corpus.name, config.corpus.version)
    else:
        params = build_params(config)
        storage = params.storage
        published = run_build(params, ProgressLine(), about=circumstances(config))
    if key is not None:
        sign_published(storage, published.corpus, published.version, key, at=now())
    report_published(published, storage)


def main() -> None:
    """The program."""
    run("publish", publish)


if __name__ == "__main__":
    main()

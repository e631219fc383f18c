"""deliveries ─ build ─▶ release. Rerunning continues: every stage finds what it already wrote."""

from __future__ import annotations

from jobs.application import circumstances, now, run
from jobs.settings import Build
from jobs.terminal import ProgressLine


def build(config: Build) -> None:
    """Run the whole flow and say what was published."""
    from jobs.flow.attesting import sign_published, signing_key
    from jobs.flow.building import run_build
    from jobs.parameters import build_params
    from jobs.reports import report_published

    params = build_params(config)
    key = signing_key(config.sign_key)
    published = run_build(params, ProgressLine(), about=circumstances(config))
    if key is not None:
        sign_published(params.storage, published.corpus, published.version, key, at=now())
    report_published(published, params.storage)


def main() -> None:
    """The program."""
    run("build", build)


if __name__ == "__main__":
    main()

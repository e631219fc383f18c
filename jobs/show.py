"""manifest ─ show ─▶ what a release holds, for people or machines. Reads only."""

from __future__ import annotations

from jobs.command.program import run
from jobs.command.release_settings import Show, opened
from jobs.command.reports import report_release
from jobs.command.terminal import is_json, say_json


def show(config: Show) -> None:
    """Show a release."""
    release = opened(config)
    if is_json(config.format):
        about = {"digest": release.digest, "published_at": release.published_at}
        say_json({**release.manifest, **about})
        return
    report_release(release)


def main() -> None:
    """The program."""
    run("show", show)


if __name__ == "__main__":
    main()

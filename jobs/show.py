"""manifest ─ show ─▶ what a release holds, for people or machines. Reads only."""

from __future__ import annotations

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.reports import report_release
from jobs.command.settings import ReleaseReport
from jobs.command.terminal import is_json, say_json


@verb("read", "what a release holds, as a table or JSON")
def main(config: ReleaseReport) -> None:
    """Show a release."""
    release = opened(config)
    if is_json(config.format):
        published = {"digest": release.digest, "published_at": release.published_at}
        say_json({**release.manifest, **published})
        return
    report_release(release)


if __name__ == "__main__":
    main()

"""decisions ─ explain ─▶ why a document is in or out, and what it duplicates. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from jobs.command.differences import report_changes
from jobs.command.program import run
from jobs.command.release_settings import Explain, opened
from jobs.command.reports import report_explanation
from jobs.command.terminal import is_json, say_json
from jobs.errors import ReleaseMissing
from jobs.flow.releases.delivered_rows import Change, Whereabouts, repairs_of
from jobs.flow.releases.explanation import Explanation
from jobs.flow.releases.explanation import explain as explained
from jobs.flow.releases.opened import OpenedRelease


def explain(config: Explain) -> None:
    """Explain one id."""
    release = opened(config)
    explanation = explained(release, config.id)
    if explanation is None:
        raise ReleaseMissing(
            f"{release.corpus} {release.version} never met {config.id}: it was in no delivery"
        )
    steps = list(_changes(config, release, explanation)) if config.diff else None
    if is_json(config.format):
        changed = {} if steps is None else {"changes": [asdict(step) for step in steps]}
        say_json(asdict(explanation) | changed)
        return
    report_explanation(explanation)
    if steps is not None:
        report_changes(iter(steps))


def _changes(config: Explain, release: OpenedRelease, explanation: Explanation) -> Iterator[Change]:
    given = config.deliveries
    deliveries = () if not given else (given,) if isinstance(given, str) else tuple(given)
    where = Whereabouts(deliveries, config.storage.endpoint_url)
    return repairs_of(release, explanation.decisions[0], where)


def main() -> None:
    """The program."""
    run("explain", explain)


if __name__ == "__main__":
    main()

"""decisions ─ explain ─▶ why a document is in or out, and what it duplicates. Reads only."""

from __future__ import annotations

from dataclasses import asdict

from jobs.application import run
from jobs.errors import ReleaseMissing
from jobs.flow.explaining import explain as explained
from jobs.reports import report_explanation
from jobs.settings import Explain, opened
from jobs.terminal import is_json, say_json


def explain(config: Explain) -> None:
    """Explain one id."""
    release = opened(config)
    explanation = explained(release, config.id)
    if explanation is None:
        raise ReleaseMissing(
            f"{release.corpus} {release.version} never met {config.id}: it was in no delivery"
        )
    if is_json(config.format):
        say_json(asdict(explanation))
        return
    report_explanation(explanation)


def main() -> None:
    """The program."""
    run("explain", explain)


if __name__ == "__main__":
    main()

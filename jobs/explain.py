"""decisions ─ explain ─▶ why a document is in or out, and what it duplicates. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jobs.command.chosen_release import opened
from jobs.command.escapes import visible_line
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import ReleaseReport
from jobs.command.terminal import is_json, note, say_json
from jobs.errors import DocumentMissing

if TYPE_CHECKING:
    from jobs.flow.releases.opened_release import OpenedRelease


@dataclass
class Settings(ReleaseReport):
    """Keys of explain."""

    FIRST: ClassVar[str] = "id"

    id: str = MISSING
    diff: bool = MISSING
    deliveries: Any = MISSING  # null, a path, pattern or URI, or a list of them


@verb("read", "why a document is in or out")
def main(config: Settings) -> None:
    """Explain one id."""
    from jobs.command.differences import report_changes
    from jobs.command.explanations import report_duplicate, report_explanation
    from jobs.command.partner_params import patterns
    from jobs.flow.releases.delivered_rows import Whereabouts, repaired_text, repairs_of
    from jobs.flow.releases.explanation import explain

    release = opened(config)
    explanation = explain(release, config.id)
    if explanation is None:
        raise DocumentMissing(
            f"{release.corpus} {release.version} does not know {config.id}: it was in no delivery"
            + _of_bad_files(release, config.id)
        )
    where = Whereabouts(patterns(config.deliveries or ()), config.storage.endpoint_url)
    steps = list(repairs_of(release, explanation.decisions[0], where)) if config.diff else None
    duplicate = explanation.duplicate
    dropped = repaired_text(release, duplicate, where) if duplicate and where.deliveries else None
    if is_json(config.format):
        changed = {} if steps is None else {"changes": [asdict(step) for step in steps]}
        say_json(asdict(explanation) | {"dropped_text": dropped} | changed)
        return
    report_explanation(explanation)
    if dropped is not None and explanation.document is not None:
        report_duplicate(dropped, explanation.document["content"])
    elif duplicate is not None:
        file = visible_line(duplicate["source_file"])
        note(f"heliu: to see the text that was dropped, give deliveries=PATH where {file} is now")
    if steps is not None:
        report_changes(iter(steps))


def _of_bad_files(release: OpenedRelease, asked: str) -> str:
    """Return a remark on files that were set aside, in which a document may be; empty without."""
    partner = asked.partition("/")[0]
    bad = [
        one["file"] for one in release.manifest.get("bad_files", []) if one["partner"] == partner
    ]
    if not bad:
        return ""
    return f" that could be read; heliu report lists {len(bad):,} files of {partner} that could not"


if __name__ == "__main__":
    main()

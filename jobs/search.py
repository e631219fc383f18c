"""shards ─ search ─▶ the documents that hold a string, or are near copies of a text. Reads only."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import ReleaseReport
from jobs.command.terminal import note, require_format, say, say_json, say_jsonl
from jobs.errors import ConfigError, DocumentMissing

if TYPE_CHECKING:
    from jobs.flow.releases.text_search import Hit

_FORMATS = ("table", "json", "jsonl")
_LINES: dict[str, Callable[[Hit], str]] = {
    "title": lambda hit: hit.title or "-",
    "address": lambda hit: hit.url or "-",
    "published": lambda hit: hit.published or "-",
    "delivered": lambda hit: f"{hit.file} row {hit.row}",
    "text": lambda hit: " ".join(hit.excerpt.split()),
}


@dataclass
class Settings(ReleaseReport):
    """Keys of search."""

    FIRST: ClassVar[str] = "text"

    text: str = MISSING
    near: bool = MISSING
    threshold: float | None = MISSING
    most: int = MISSING


@verb("read", "which documents hold a sentence, or nearly a text, and where they are from")
def main(config: Settings) -> None:
    """Print the documents that were found."""
    from jobs.flow.releases.text_search import holding, near_copies

    require_format(config.format, _FORMATS)
    if config.most < 1:
        raise ConfigError(f"most={config.most}: give 1 or more")
    release = opened(config)
    if config.near:
        found = near_copies(release, config.text, threshold=config.threshold)
    else:
        found = holding(release, config.text)
    hits = list(islice(found, config.most + 1))
    shown = hits[: config.most]
    _show(shown, config.format)
    if len(hits) > config.most:
        note(f"heliu: there are more than most={config.most}: most=1000 shows more")
    if not shown:
        cure = (
            "" if config.near else ": texts stand there as they were repaired; near=true compares"
        )
        raise DocumentMissing(f"no document of {release.corpus} {release.version} has it{cure}")


def _show(hits: list[Hit], form: str) -> None:
    if form == "json":
        say_json([asdict(hit) for hit in hits])
        return
    if form == "jsonl":
        say_jsonl(asdict(hit) for hit in hits)
        return
    for hit in hits:
        similarity = "" if hit.similarity is None else f", similarity {hit.similarity:.2f}"
        say(f"{hit.partner}/{hit.id}{similarity}")
        for name, value in _LINES.items():
            say(f"  {name:<11}{value(hit)}")


if __name__ == "__main__":
    main()

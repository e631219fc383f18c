"""release or candidate ─ sample ─▶ a page and a table of documents for people to review."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease, storage_params
from jobs.command.terminal import ProgressLine, note, say, say_table


@dataclass
class Settings(OneRelease):
    """Keys of sample."""

    out: str = MISSING
    n: int = MISSING
    seed: int = MISSING
    least: int = MISSING
    by: list[str] = MISSING


@verb("build", "draws documents of a release or candidate for people to review")
def main(config: Settings) -> None:
    """Draw the sample, write it for reviewing, and print its strata."""
    from jobs.corpus.release.review_sampling import SampleParams
    from jobs.flow.releases.candidates import open_reviewed
    from jobs.flow.releases.review_files import write_review
    from jobs.flow.releases.review_samples import draw
    from jobs.storage.stores import open_store

    params = SampleParams(config.n, config.seed, config.least, tuple(config.by))
    store = open_store(storage_params(config.storage))
    release = open_reviewed(store, config.corpus.name, config.release).release
    if release.warning is not None:
        note(f"heliu: {release.warning}")
    sample = draw(release, params, progress=ProgressLine())
    files = write_review(sample, Path(config.out))
    rows = [
        [*("-" if value is None else value for value in one.key), one.documents, len(one.drawn)]
        for one in sample.strata
    ]
    say_table([*params.by, "documents", "drawn"], rows)
    say(
        f"\n{len(sample.ids):,} of {sum(one.documents for one in sample.strata):,} documents of "
        f"{release.corpus} {release.version}, drawn by {params}"
    )
    say(f"sample  {sample.digest}")
    for file in files:
        say(f"wrote   {file}")


if __name__ == "__main__":
    main()

"""release ─ export ─▶ its documents in a layout that others load, or the files that describe it."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omegaconf import MISSING

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.settings import OneRelease
from jobs.command.terminal import require_format, say
from jobs.errors import ConfigError
from jobs.quantities import Size

_FORMATS = ("jsonl", "huggingface", "derived", "croissant")


@dataclass
class Settings(OneRelease):
    """Keys of export."""

    to: str | None = MISSING
    format: str = MISSING
    layout: str = MISSING
    base_url: str | None = MISSING


@verb("correct", "writes a release as jsonl, as a Hugging Face folder, or its derived files")
def main(config: Settings) -> None:
    """Write the release in the layout `format` and print where."""
    from jobs.flow.releases import described_files, exports

    require_format(config.format, _FORMATS)
    release = opened(config)
    if config.format == "derived":
        for address in described_files.write_derived(release):
            say(address)
        return
    if not config.to:
        raise ConfigError(
            "please give to=DIR, a folder that is not there yet (of croissant a file)"
        )
    to = Path(config.to)
    if config.format == "croissant":
        body = described_files.croissant_below(release, config.base_url or "")
        try:
            to.write_bytes(body)
        except OSError as error:
            raise ConfigError(f"cannot write to={to} ({error.strerror}): name a file") from error
        say(f"{to} describes {release.corpus} {release.version} below {config.base_url}")
        return
    if config.format == "jsonl":
        files = exports.export_jsonl(release, to, layout=config.layout)
    else:
        files = exports.export_huggingface(release, to)
    size_bytes = sum(file.stat().st_size for file in files)
    say(
        f"{release.corpus} {release.version} is in {to}: {release.manifest['documents']:,} "
        f"documents, {len(files):,} files, {Size(size_bytes)}"
    )


if __name__ == "__main__":
    main()

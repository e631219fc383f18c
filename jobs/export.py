"""release ─ export ─▶ its documents in a layout that others load, or the files that describe it."""

# ruff: noqa: PLC0415  --help loads neither Ray nor numba
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.command.chosen_release import opened
from jobs.command.program import verb
from jobs.command.schemas import MISSING
from jobs.command.settings import OneRelease
from jobs.command.terminal import note, require_format, say
from jobs.config_errors import KeyMissing
from jobs.errors import ConfigError
from jobs.quantities import Size, counted

if TYPE_CHECKING:
    from jobs.flow.releases.opened_release import OpenedRelease

_CHOSEN = ("jsonl", "parquet")
_DOCUMENTS = (*_CHOSEN, "huggingface")
_FORMATS = (*_DOCUMENTS, "derived", "croissant", "licences", "disclosure")


@dataclass
class Settings(OneRelease):
    """Keys of export."""

    to: str | None = MISSING
    format: str = MISSING
    layout: str = MISSING
    compression: str = MISSING
    licence: list[str] = MISSING
    partner: list[str] = MISSING
    where: str | None = MISSING
    sample: float = MISSING
    seed: int = MISSING
    base_url: str | None = MISSING
    sme: bool = MISSING


@verb("correct", "writes a release as jsonl, as a Hugging Face folder, its papers or derived files")
def main(config: Settings) -> None:
    """Write the release in the layout `format` and print where."""
    require_format(config.format, _FORMATS)
    is_chosen = config.partner or config.where or config.sample != 1
    if is_chosen and config.format not in _CHOSEN:
        raise ConfigError(
            f"partner, where and sample choose documents of format={' or '.join(_CHOSEN)}"
        )
    if config.licence and config.format not in _DOCUMENTS:
        raise ConfigError(
            f"licence=[…] chooses documents of format={' or '.join(_DOCUMENTS)}; format=licences "
            "describes every licence of a release"
        )
    release = opened(config)
    if config.format == "derived":
        from jobs.flow.releases.described_files import write_derived

        for address in write_derived(release):
            say(address)
        return
    if not config.to:
        raise KeyMissing("please give to=DIR, a folder that is not there yet (of croissant a file)")
    to = Path(config.to)
    write = {"croissant": _croissant, "licences": _licences, "disclosure": _papers}
    write.get(config.format, _documents)(release, to, config)


def _croissant(release: OpenedRelease, to: Path, config: Settings) -> None:
    from jobs.flow.releases.described_files import croissant_below

    body = croissant_below(release, config.base_url or "")
    try:
        to.write_bytes(body)
    except OSError as error:
        raise ConfigError(f"cannot write to={to} ({error.strerror}): name a file") from error
    say(f"{to} describes {release.corpus} {release.version} below {config.base_url}")


def _licences(release: OpenedRelease, to: Path, _: Settings) -> None:
    from jobs.flow.releases.exports import export_licences

    groups = export_licences(release, to)
    name = f"{release.corpus} {release.version}"
    say(f"{name} has {len(groups):,} licence groups, each described in {to}")


def _papers(release: OpenedRelease, to: Path, config: Settings) -> None:
    from jobs.flow.papers.papers import write_papers

    for path in write_papers(release, to, base_url=config.base_url, is_sme=config.sme):
        say(str(path))


def _documents(release: OpenedRelease, to: Path, config: Settings) -> None:
    from jobs.flow.releases.exports import export_huggingface, export_jsonl, export_parquet
    from jobs.flow.releases.licences import licence_group
    from jobs.flow.releases.selection import SelectionParams

    group = licence_group(release, config.licence) if config.licence else None
    chosen = SelectionParams(tuple(config.partner), config.where, config.sample, config.seed)
    if config.format == "jsonl":
        written = export_jsonl(
            release,
            to,
            layout=config.layout,
            compression=config.compression,
            group=group,
            selection=chosen,
        )
    elif config.format == "parquet":
        written = export_parquet(release, to, group=group, selection=chosen)
    else:
        written = export_huggingface(release, to, group=group)
    if not written.documents:
        note("heliu: no document of the release is chosen: heliu stats shows what there is")
    size_bytes = sum(file.stat().st_size for file in written.files)
    say(
        f"{release.corpus} {release.version} is in {to}: "
        f"{counted(written.documents, 'document')}, {counted(len(written.files), 'file')}, "
        f"{Size(size_bytes)}"
    )


if __name__ == "__main__":
    main()

"""release ─ export ─▶ its documents in a layout that others load, or the files that describe it."""

from __future__ import annotations

from pathlib import Path

from jobs.command.program import run
from jobs.command.release_settings import Export, opened
from jobs.command.terminal import say
from jobs.errors import ConfigError

_FORMATS = ("jsonl", "huggingface", "derived", "croissant")


def export(config: Export) -> None:
    """Write what `format` asks for and say where."""
    # --help need not load pyarrow.parquet.
    from jobs.flow.releases import described_files, exports  # noqa: PLC0415

    if config.format not in _FORMATS:
        raise ConfigError(f"format={config.format!r}: choose one of {', '.join(_FORMATS)}")
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
        f"documents, {len(files):,} files, {size_bytes:,} bytes"
    )


def main() -> None:
    """The program."""
    run("export", export)


if __name__ == "__main__":
    main()

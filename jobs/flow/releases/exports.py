"""Export: a release's documents in other layouts, in a folder that appears when it is complete.

One file is written per shard, so equal releases give equal files; each row group is read, converted
and written before the next.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config_errors import OutputExists, unknown_choice
from jobs.corpus.model.tables import with_columns
from jobs.corpus.release.jsonl_layouts import json_lines, layout_keys
from jobs.errors import StorageUnwritable
from jobs.flow.releases.described_files import (
    derived_files,
    described_release,
    licence_files,
    sha256sums,
)
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.licences import LicenceGroup, licence_groups
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.selection import SelectionParams, chooser, require_partners
from jobs.storage.canonical_json import canonical_json, file_sha256
from jobs.storage.manifests import FileEntry
from jobs.storage.whole_objects import whole_file

_THREADS = 2
_DATA = "data"
_NO_NAME = re.compile(r"[^A-Za-z0-9.+-]+")
_NAME_CHARS = 60

_SUFFIXES = {"zstd": "jsonl.zst", "gzip": "jsonl.gz", "none": "jsonl"}

EVERYTHING = SelectionParams()

Groups = Iterator[pa.Table]
Write = Callable[[Groups, Path], None]


class Exported(NamedTuple):
    """The files of documents that were written, and how many documents they hold."""

    files: list[Path]
    documents: int


def export_jsonl(
    release: OpenedRelease,
    to: Path,
    *,
    layout: str,
    compression: str = "zstd",
    group: LicenceGroup | None = None,
    selection: SelectionParams = EVERYTHING,
) -> Exported:
    """Write `data/*.jsonl.zst`, SHA256SUMS and manifest.json.

    Args:
        release: to export.
        to: a folder that is not there yet, or empty.
        layout: one of `LAYOUTS`.
        compression: zstd, gzip or none.
        group: the licences that are wanted; None for all.
        selection: the documents that are wanted of these.

    Raises:
        ConfigError: no such layout, compression, partner or condition, or the folder holds
            something.
        DamagedRelease: a file is not what was published; the folder is removed.
        StorageUnwritable: the folder cannot be written; it is removed.
    """
    layout_keys(layout)
    if compression not in _SUFFIXES:
        raise unknown_choice("compression", compression, _SUFFIXES)

    def write(groups: Groups, path: Path) -> None:
        with _opened(path, compression) as stream:
            for table in groups:
                stream.write(json_lines(table, layout=layout))

    wanted = _Wanted(release, group, selection)
    with new_folder(to) as folder:
        names, documents = _write_shards(wanted, folder, write, _SUFFIXES[compression])
        _write_sums(release, folder, names)
    return Exported([to / name for name in names], documents)


def _opened(path: Path, compression: str) -> BinaryIO:
    if compression == "none":
        return path.open("wb")
    stream: BinaryIO = pa.CompressedOutputStream(str(path), compression)
    return stream


def export_parquet(
    release: OpenedRelease,
    to: Path,
    *,
    group: LicenceGroup | None = None,
    selection: SelectionParams = EVERYTHING,
) -> Exported:
    """Write `data/*.parquet`, SHA256SUMS and manifest.json; see `export_jsonl`."""
    wanted = _Wanted(release, group, selection)
    with new_folder(to) as folder:
        names, documents = _write_shards(wanted, folder, _parquet(release.schema()), "parquet")
        _write_sums(release, folder, names)
    return Exported([to / name for name in names], documents)


def export_huggingface(
    release: OpenedRelease, to: Path, *, group: LicenceGroup | None = None
) -> Exported:
    """Write a dataset folder for the Hugging Face Hub, with its card; see `export_jsonl`."""
    wanted = _Wanted(release, group, EVERYTHING)
    with new_folder(to) as folder:
        names, documents = _write_shards(wanted, folder, _parquet(release.schema()), "parquet")
        locations = [
            FileLocation(name, name, file_sha256(folder / name), (folder / name).stat().st_size)
            for name in names
        ]
        pattern = f"{_DATA}/*.parquet"
        described = derived_files(
            described_release(release), locations, pattern=pattern, group=group
        )
        for name, body in described.items():
            (folder / name).write_bytes(body)
        _write_sums(release, folder, names)
    return Exported([to / name for name in names], documents)


def _parquet(schema: pa.Schema) -> Write:
    """Return what writes Parquet.

    Pages are split by content (content-defined chunking), so that the Hub, which
    stores equal chunks once, stores of the next version only what changed.
    """

    def write(groups: Groups, path: Path) -> None:
        with pq.ParquetWriter(
            path, schema, compression="zstd", use_content_defined_chunking=True
        ) as writer:
            for table in groups:
                # A file of an earlier release may have fewer columns.
                writer.write_table(with_columns(table, schema).select(schema.names).cast(schema))

    return write


def export_licences(release: OpenedRelease, to: Path) -> list[LicenceGroup]:
    """Write for each licence of a release a folder with its card, files list and DuckDB view.

    No document is copied: they are read from the files of the release. `groups.json` lists the
    folders. For errors see `export_jsonl`.
    """
    groups = licence_groups(release)
    with new_folder(to) as folder:
        listed = []
        for number, group in enumerate(groups, start=1):
            name = f"{number:03d}-{_NO_NAME.sub('_', group.licences[0])[:_NAME_CHARS]}"
            (folder / name).mkdir()
            for file, body in licence_files(release, group).items():
                (folder / name / file).write_bytes(body)
            listed.append(
                {
                    "folder": name,
                    "licence": group.licences[0],
                    "documents": group.documents,
                    "characters": group.characters,
                    "files": len(group.files),
                    "mixed_files": group.mixed_files,
                }
            )
        (folder / "groups.json").write_bytes(canonical_json({"groups": listed}))
    return groups


class _Wanted(NamedTuple):
    """The documents that an export writes."""

    release: OpenedRelease
    group: LicenceGroup | None
    selection: SelectionParams

    def entries(self) -> list[FileEntry]:
        files = self.group.files if self.group else ()
        entries = [file.entry for file in files] if self.group else self.release.entries("shards")
        partners = self.selection.partners
        return [one for one in entries if not partners or one["partner"] in partners]

    def mixed(self) -> set[str]:
        """Return the keys of files with documents of other licences."""
        files = self.group.files if self.group else ()
        return {file.entry["key"] for file in files if file.is_mixed}


def _write_shards(
    wanted: _Wanted, folder: Path, write: Write, suffix: str
) -> tuple[list[str], int]:
    """Write one file per shard; return their names and the number of documents."""
    require_partners(wanted.release, wanted.selection)
    choose = chooser(wanted.release.schema(), wanted.selection)
    entries, mixed = wanted.entries(), wanted.mixed()
    licences = wanted.group.licences if wanted.group else ()
    (folder / _DATA).mkdir()
    names = [
        f"{_DATA}/train-{number:05d}-of-{len(entries):05d}.{suffix}"
        for number in range(len(entries))
    ]

    def export(shard: tuple[FileEntry, str]) -> int:
        entry, name = shard
        written = 0

        def chosen(row_groups: Groups) -> Groups:
            nonlocal written
            for rows in row_groups:
                table = choose(rows)
                written += len(table)
                if len(table):
                    yield table

        with whole_file(wanted.release.store, entry["key"]) as stream:
            row_groups = _groups(pq.ParquetFile(stream))
            if entry["key"] in mixed:
                own = wanted.release.manifest["partners"][entry["partner"]]["licence"]
                row_groups = (_licensed(rows, licences, own) for rows in row_groups)
            write(chosen(row_groups), folder / name)
        return written

    with ThreadPoolExecutor(_THREADS) as pool:
        return names, sum(pool.map(export, zip(entries, names, strict=True)))


def _licensed(rows: pa.Table, licences: Sequence[str], own: str) -> pa.Table:
    """Return the rows under some licences; those of no licence are under their partner's own."""
    licence = pc.fill_null(rows["licence"], own)
    return rows.filter(pc.is_in(licence, value_set=pa.array(licences, pa.string())))


def _groups(reader: pq.ParquetFile) -> Groups:
    return (reader.read_row_group(group) for group in range(reader.num_row_groups))


def _write_sums(release: OpenedRelease, folder: Path, names: list[str]) -> None:
    (folder / "manifest.json").write_bytes(canonical_json(release.manifest))
    sums = [(name, file_sha256(folder / name)) for name in [*names, "manifest.json"]]
    (folder / "SHA256SUMS").write_bytes(sha256sums(sums))


@contextmanager
def new_folder(to: Path) -> Iterator[Path]:
    """Yield a temporary folder that gets its name at the end."""
    partial = to.absolute().with_name(f".{to.absolute().name}.partial")
    try:
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise OutputExists(f"{to} is there already and is not empty: name a new folder")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        partial.rename(to.absolute())
    except OSError as error:
        raise StorageUnwritable(
            f"cannot write {to} ({error}): free some space or name another folder"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)

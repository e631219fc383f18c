"""Export: a release's documents in other layouts, in a folder that appears when it is complete.

One file is written per shard, so equal releases give equal files; each row group is read, converted
and written before the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.config_errors import OutputExists
from jobs.corpus.model.tables import with_columns
from jobs.corpus.release.jsonl_layouts import json_lines, layout_keys
from jobs.errors import StorageUnwritable
from jobs.flow.releases.described_files import derived_files, described_release, sha256sums
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.canonical_json import canonical_json, file_sha256
from jobs.storage.manifests import FileEntry
from jobs.storage.whole_objects import whole_file

_THREADS = 2
_DATA = "data"

Groups = Iterator[pa.Table]
Write = Callable[[Groups, Path], None]


def export_jsonl(release: OpenedRelease, to: Path, *, layout: str) -> list[Path]:
    """Write `data/*.jsonl.zst`, SHA256SUMS and manifest.json; the files of documents.

    Args:
        release: to export.
        to: a folder that is not there yet, or empty.
        layout: one of `LAYOUTS`.

    Raises:
        ConfigError: no such layout, or the folder holds something.
        DamagedRelease: a file is not what was published; the folder is removed.
        StorageUnwritable: the folder cannot be written; it is removed.
    """
    layout_keys(layout)

    def write(groups: Groups, path: Path) -> None:
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            for table in groups:
                stream.write(json_lines(table, layout=layout))

    with new_folder(to) as folder:
        names = _write_shards(release, folder, write, "jsonl.zst")
        _write_sums(release, folder, names)
    return [to / name for name in names]


def export_huggingface(release: OpenedRelease, to: Path) -> list[Path]:
    """Write a dataset folder for the Hugging Face Hub; the files of documents.

    Pages are split by content (content-defined chunking), so that the Hub, which
    stores equal chunks once, stores of the next version only what changed. For arguments and errors
    see `export_jsonl`.
    """
    schema = release.schema()

    def write(groups: Groups, path: Path) -> None:
        with pq.ParquetWriter(
            path, schema, compression="zstd", use_content_defined_chunking=True
        ) as writer:
            for table in groups:
                # A file of an earlier release may have fewer columns.
                writer.write_table(with_columns(table, schema).select(schema.names).cast(schema))

    with new_folder(to) as folder:
        names = _write_shards(release, folder, write, "parquet")
        locations = [
            FileLocation(name, name, file_sha256(folder / name), (folder / name).stat().st_size)
            for name in names
        ]
        pattern = f"{_DATA}/*.parquet"
        described = derived_files(described_release(release), locations, pattern=pattern)
        for name, body in described.items():
            (folder / name).write_bytes(body)
        _write_sums(release, folder, names)
    return [to / name for name in names]


def _write_shards(release: OpenedRelease, folder: Path, write: Write, suffix: str) -> list[str]:
    entries = release.entries("shards")
    (folder / _DATA).mkdir()
    names = [
        f"{_DATA}/train-{number:05d}-of-{len(entries):05d}.{suffix}"
        for number in range(len(entries))
    ]

    def export(shard: tuple[FileEntry, str]) -> None:
        entry, name = shard
        with whole_file(release.store, entry["key"]) as stream:
            write(_groups(pq.ParquetFile(stream)), folder / name)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(export, zip(entries, names, strict=True)))
    return names


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

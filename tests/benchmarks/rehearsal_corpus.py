"""Deliveries of a rehearsal: as many files as there would be, of few contents, each file shrunk.

Three partners: half of the text is in compressed JSON lines, 64 MiB of text each; three tenths in
plain JSON lines of 256 MiB, which are split; a fifth in Parquet. Files of equal content are hard
links.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.flow.params import BuildParams
from tests.benchmarks.normalize import Row, demo_rows
from tests.benchmarks.rehearsal_sizes import overrides
from tests.benchmarks.rehearsal_store import SCHEME
from tests.builds import build_parameters, write_partner

_TASK_BYTES = 64 << 20  # of text, which is what a task reads
_SPLIT_BYTES = 256 << 20
_SHARES = {"gov": 0.5, "news": 0.3, "papers": 0.2}
_FORMATS = {"gov": "jsonl", "news": "jsonl", "papers": "parquet"}
_SUFFIXES = {"gov": "jsonl.zst", "news": "jsonl", "papers": "parquet"}
_FILE_BYTES = {"gov": _TASK_BYTES, "news": _SPLIT_BYTES, "papers": _TASK_BYTES}
_CONTENTS = {"gov": 2, "news": 1, "papers": 2}
_TEXT_SHARE = 0.62  # of the demo's texts, whose documents are longer than 3 kB
_PARTNER = """
format: {format}
licence: CC0-1.0
priority: {priority}
reject_share: 1
deliveries: {scheme}://{folder}/
columns: {{id: id, title: title, text: text, url: url, published: published}}
"""


def write_deliveries(folder: Path, gigabytes: float, factor: int) -> int:
    """Write the deliveries of a corpus below a folder; return how many files there are.

    Args:
        folder: must be new.
        gigabytes: of text, if nothing were shrunk.
        factor: by which every file is smaller.
    """
    sizes = {
        name: min(size, int(gigabytes * 1e9 * _SHARES[name])) for name, size in _FILE_BYTES.items()
    }
    needed = sum(sizes[name] * count for name, count in _CONTENTS.items()) / factor
    rows = _rows(folder / "demo", int(needed / _TEXT_SHARE * 1.1 / 1e6) + 2)
    files = 0
    for priority, (name, share) in enumerate(_SHARES.items()):
        place = folder / "deliveries" / name
        place.mkdir(parents=True)
        number = max(1, round(gigabytes * 1e9 * share / sizes[name]))
        contents = []
        for content in range(min(number, _CONTENTS[name])):
            contents.append(folder / f"{name}-{content}.{_SUFFIXES[name]}")
            _write(contents[-1], list(_taken(rows, sizes[name] // factor)))
        for at in range(number):
            os.link(contents[at % len(contents)], place / f"part-{at:06d}.{_SUFFIXES[name]}")
        files += number
        text = _PARTNER.format(
            format=_FORMATS[name], priority=priority, scheme=SCHEME, folder=place
        )
        write_partner(folder / "conf", name, text)
    return files


def parameters(folder: Path, factor: int, *given: str) -> BuildParams:
    """Return the parameters of the build of these deliveries."""
    root = f"{SCHEME}://{folder / 'root'}"
    sizes = [one for one in overrides(factor) if not is_given(one, given)]
    return build_parameters(folder / "conf", root, "alarms=warn", *sizes, *given)


def is_given(override: str, given: Sequence[str]) -> bool:
    """Whether the key of an override is given another value."""
    return any(one.partition("=")[0] == override.partition("=")[0] for one in given)


def _rows(folder: Path, megabytes: int) -> Iterator[Row]:
    folder.mkdir(parents=True)
    for number, row in enumerate(demo_rows(folder, megabytes)):
        text = row["text"] or ""
        yield {**row, "id": str(number), "text": text[: int(len(text) * _TEXT_SHARE) + 1]}


def _taken(rows: Iterator[Row], size_bytes: int) -> Iterator[Row]:
    left = size_bytes
    for row in rows:
        left -= len(orjson.dumps(row))
        yield row
        if left <= 0:
            return


def _write(file: Path, rows: Sequence[Row]) -> None:
    if file.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), file, compression="snappy")
        return
    body = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    if file.suffix == ".zst":
        with pa.CompressedOutputStream(str(file), "zstd") as stream:
            stream.write(body)
    else:
        file.write_bytes(body)

"""Delivery files as the partners write them, and the table of what was planted."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.synthesis.plants import Plant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO

    from jobs.synthesis.partners import Partner

_FLUSH_BYTES = 1 << 20
_ROW_GROUP_BYTES = 4 << 20
_TRUTH_ROWS = 4096
# Arrow's gzip knows only level 9: 18 MB/s of GB18030, and 61 MB/s at level 1.
_GZIP_LEVEL = 1
# No encoding of the demo has these; the first is a character cut off by the next.
_BAD_BYTES = {"utf-8": b"\xe4\xb8", "gb18030": b"\xff"}

TRUTH = pa.schema(
    [
        pa.field("partner", pa.string(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),  # the first row of a file is 1
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("plant", pa.string(), nullable=False),
        pa.field("of_partner", pa.string()),
        pa.field("of_source_id", pa.string()),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("jaccard", pa.float32()),
    ]
)


class Row(NamedTuple):
    """One row of a delivery."""

    id: str
    title: str
    text: str | None
    url: str
    published: str


class RowLocation(NamedTuple):
    """Where a row was written; the first row of a file is 1."""

    source_file: str
    source_row: int


class _File(Protocol):
    rows: int

    def add(self, row: Row, plant: Plant | None) -> None: ...

    def close(self) -> None: ...


class Delivery:
    """One partner's files, a new one whenever the last holds `file_bytes` of text."""

    def __init__(self, folder: Path, partner: Partner, file_bytes: int) -> None:
        folder.mkdir(parents=True)
        self.rows = 0
        self._folder, self._partner, self._file_bytes = folder, partner, file_bytes
        self._files, self._name, self._written = 0, "", 0
        self._file: _File | None = None

    def add(self, row: Row, plant: Plant | None, text_bytes: int) -> RowLocation:
        """Write a row and return where it is.

        Args:
            row: its columns.
            plant: the damage to do, if any.
            text_bytes: the size of its text.
        """
        file = self._file = self._file or self._opened()
        file.add(row, plant)
        location = RowLocation(self._name, file.rows)
        self.rows += 1
        self._written += text_bytes
        if self._written >= self._file_bytes:
            self.close()
        return location

    def close(self) -> None:
        """Finish the last file."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _opened(self) -> _File:
        partner = self._partner
        self._name = f"{partner.stem}-{self._files:04}.{partner.suffix}"
        self._files, self._written = self._files + 1, 0
        kind = _Lines if partner.is_json_lines else _Records
        return kind(self._folder / self._name, partner)


class _Lines:
    """JSON lines, gzip or zstd by the file's name."""

    def __init__(self, path: Path, partner: Partner) -> None:
        self.rows = 0
        self._raw: BinaryIO = path.open("wb")
        self._out: Any  # a pa.CompressedOutputStream or a gzip.GzipFile: write and close
        if path.suffix == ".gz":
            self._out = gzip.GzipFile("", "wb", _GZIP_LEVEL, self._raw, mtime=0)
        else:
            self._out = pa.CompressedOutputStream(self._raw, "zstd")
        self._encoding = partner.encoding
        self._columns = partner.columns
        self._lines, self._bytes = list[bytes](), 0

    def add(self, row: Row, plant: Plant | None) -> None:
        wanted = [name for name in Row._fields if name != "text" or plant is not Plant.MISSING_TEXT]
        line = _line(_record(row, wanted, self._columns), self._encoding, plant)
        self._lines.append(line)
        self._bytes += len(line)
        self.rows += 1
        if self._bytes >= _FLUSH_BYTES:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._out.close()
        self._raw.close()

    def _flush(self) -> None:
        self._out.write(b"".join(self._lines))
        self._lines, self._bytes = [], 0


def _line(record: dict[str, Any], encoding: str, plant: Plant | None) -> bytes:
    plain = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    if encoding == "utf-8" and plant is None:
        return plain
    line = plain.decode()
    # The first full stop is within the text: no id and no title has one.
    cut = line.find("。") + 1
    if plant is Plant.BROKEN_JSON:
        return f"{line[:cut]}\n".encode(encoding)
    if plant is Plant.DIRTY_BYTES:
        return line[:cut].encode(encoding) + _BAD_BYTES[encoding] + line[cut:].encode(encoding)
    return line.encode(encoding)


def _record(row: Row, wanted: Sequence[str], columns: dict[str, str]) -> dict[str, Any]:
    """What a row is to its partner; the path `doc.body` is the key `body` of the object `doc`."""
    record: dict[str, Any] = {}
    for name in wanted:
        *outer, key = columns[name].split(".")
        location = record
        for part in outer:
            location = location.setdefault(part, {})
        location[key] = getattr(row, name)
    return record


class _Records:
    """The records of a Parquet file, in row groups of about 4 MB of text."""

    def __init__(self, path: Path, partner: Partner) -> None:
        self.rows = 0
        self._names = [partner.columns[column] for column in Row._fields]
        self._schema = pa.schema([(name, pa.string()) for name in self._names])
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="zstd", use_dictionary=False
        )
        self._rows, self._chars = list[Row](), 0

    def add(self, row: Row, plant: Plant | None) -> None:  # noqa: ARG002
        self._rows.append(row)
        self._chars += len(row.text or "")
        self.rows += 1
        if self._chars * 3 >= _ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns: Sequence[Any] = list(zip(*self._rows, strict=True))
        arrays = [pa.array(column, pa.string()) for column in columns]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows, self._chars = [], 0


class TruthFile:
    """`truth.parquet`, written a few thousand rows at a time."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, TRUTH, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        """Write one row of `TRUTH`."""
        self._rows.append(row)
        if len(self._rows) >= _TRUTH_ROWS:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=TRUTH))
        self._rows = []

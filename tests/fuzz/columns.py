"""Parquet as many writers write it: types, encodings, pages and codecs by chance."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_STRINGS = (pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string()))
_CODECS = ("none", "snappy", "gzip", "zstd", "brotli", "lz4")
_STORED = {  # types with values that no calendar has
    pa.timestamp("us", "Asia/Shanghai"): pa.int64(),
    pa.timestamp("ns"): pa.int64(),
    pa.timestamp("ms", "Mars/Phobos"): pa.int64(),
    pa.timestamp("us", "+99:99"): pa.int64(),
    pa.duration("s"): pa.int64(),
    pa.date32(): pa.int32(),
    pa.time64("us"): pa.int64(),
}
_NUMBERS = (
    *(pa.int64(), pa.uint8(), pa.float16(), pa.float32(), pa.float64(), pa.bool_()),
    *(pa.decimal128(38, 9), *_STORED),
)
_ENCODINGS = ("PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY")


def parquet_file(chance: Random, rows: list[dict[str, Any]]) -> bytes:
    """The rows as a file; columns now and then of other types, nested, twice or of extensions."""
    arrays: list[pa.Array] = []
    fields: list[pa.Field] = []
    for name in ("text", "id", "title", "url", "date"):
        array, metadata = _column(chance, [row[name] for row in rows])
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=metadata))
    if chance.random() < 0.05:
        place = chance.randrange(len(fields))
        arrays.append(arrays[place])
        fields.append(fields[place])
    return _written(chance, pa.table(arrays, pa.schema(fields)))


def _written(chance: Random, table: pa.Table) -> bytes:
    sink = io.BytesIO()
    options: dict[str, Any] = {
        "compression": chance.choice(_CODECS),
        "data_page_version": chance.choice(("1.0", "2.0")),
        "data_page_size": chance.choice((64, 4096, 1 << 20)),
        "row_group_size": chance.choice((1, 7, 1000)),
        "use_dictionary": chance.random() < 0.5,
        "write_page_checksum": chance.random() < 0.2,
        "store_schema": chance.random() < 0.8,
    }
    if not options["use_dictionary"] and chance.random() < 0.5:
        plain = [field.name for field in table.schema if _is_string(field.type)]
        options["column_encoding"] = {name: chance.choice(_ENCODINGS) for name in plain}
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _is_string(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.binary())


def _column(chance: Random, values: list[Any]) -> tuple[pa.Array, dict[str, bytes] | None]:
    texts = [None if value is None else str(value).encode("utf-8", "replace") for value in values]
    if chance.random() < 0.75:
        return pa.array([text and text.decode() for text in texts], pa.string()).cast(
            chance.choice(_STRINGS)
        ), None
    odd = chance.choice(_ODD)
    return odd(chance, texts)


def _listed(_chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, None]:
    return pa.array([None if one is None else [one[:60], None, one[60:]] for one in texts]), None


def _nested(chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, None]:
    array = pa.array(texts, pa.binary())
    for _ in range(chance.choice((1, 2, 40))):
        array = pa.StructArray.from_arrays([array], ["body"])
    return array, None


def _numbers(chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, None]:
    kind = chance.choice(_NUMBERS)
    bits = kind.bit_width if kind in _STORED else 2
    stored = pa.array([chance.getrandbits(bits - 1) for _ in texts], pa.int64())
    if pa.types.is_floating(kind):
        some = (0.0, 1.5, float("nan"), float("inf"), 1e30, -0.0)
        stored = pa.array([chance.choice(some) for _ in texts], pa.float64())
    if kind in _STORED:
        return stored.cast(_STORED[kind]).view(kind), None
    return stored.cast(kind), None


def _nulls(_chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, None]:
    return pa.nulls(len(texts)), None


def _bytes(chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, None]:
    kind = chance.choice((pa.binary(), pa.binary(16)))
    return pa.array([chance.randbytes(16) for _ in texts], kind), None


def _extension(chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, dict[str, bytes]]:
    name = chance.choice(("arrow.uuid", "arrow.json", "pandas.period", "ray.data.arrow_tensor"))
    return pa.array(texts, pa.binary()), {
        "ARROW:extension:name": name.encode(),
        "ARROW:extension:metadata": chance.choice((b"", b"{}", b"\x80\x04N.")),
    }


def _repeated(_chance: Random, texts: list[bytes | None]) -> tuple[pa.Array, None]:
    """One long value that every row names."""
    long = "甲" * 20_000
    return pa.array([long for _ in texts], pa.string()).dictionary_encode(), None


_ODD = (_listed, _nested, _numbers, _nulls, _bytes, _extension, _repeated)

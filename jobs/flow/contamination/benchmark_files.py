"""Evaluation sets as their files hold them: JSON lines, JSON, CSV, TSV or Parquet, in UTF-8."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.config_errors import InputUnreadable, unknown_choice
from jobs.corpus.contamination.items import (
    PARTS,
    Benchmark,
    BenchmarkItem,
    check_policy,
    distinct_items,
    item_of,
)
from jobs.errors import ConfigError, DeliveryError, DeliveryMissing
from jobs.storage.source_bytes import open_stream
from jobs.storage.sources import expand

FORMATS = ("jsonl", "json", "csv", "tsv", "parquet")

_DELIMITERS = {"csv": ",", "tsv": "\t"}
_POLICY = {"question": "drop", "passage": "report"}
_SHOWN_KEYS = 12
_LONGEST_FIELD = 1 << 24


@dataclass(frozen=True)
class BenchmarkSource:
    """Where an evaluation set is and how it is read.

    Attributes:
        name: As configured.
        files: Paths, patterns or URIs.
        format: One of FORMATS.
        columns: Where each part of an item is.
        each: Dotted path to nested lists whose elements are the items; "" if records are.
        version: Free.
        licence: Free.
        policy: What a match does, by part; by default questions drop, passages are reported.
    """

    name: str
    files: tuple[str, ...]
    format: str
    columns: Mapping[str, str]
    each: str
    version: str
    licence: str
    policy: Mapping[str, str]


def read_benchmark(source: BenchmarkSource, *, endpoint_url: str | None) -> Benchmark:
    """Return the items of an evaluation set.

    Raises:
        ConfigError: a file is missing, of another layout or encoding, or without the columns; an
            unknown format, part or policy.
    """
    _check(source)
    records = list(_records(source, endpoint_url))
    _require_columns(source, records)
    read = [item_of(record, source.columns, n) for n, record in enumerate(records, 1)]
    items, duplicates, without_text = distinct_items(read)
    if not items:
        raise _wrong(source, f"{source.files[0]} has no item with a question or a passage")
    return Benchmark(
        name=source.name,
        version=source.version,
        licence=source.licence,
        policy={**_POLICY, **source.policy},
        items=items,
        duplicates=duplicates,
        without_text=without_text,
        digest=_digest(items),
    )


def _check(source: BenchmarkSource) -> None:
    check_policy(source.name, source.policy)
    if source.format not in FORMATS:
        raise unknown_choice(f"benchmarks/{source.name}.yaml: format", source.format, FORMATS)
    unknown = sorted(set(source.columns) - set(PARTS))
    if unknown or not {"question", "passage"} & set(source.columns):
        raise _wrong(
            source,
            f"columns {', '.join(unknown) or '{}'}: give question or passage, and of "
            f"{', '.join(PARTS)} what there is",
        )


def _wrong(source: BenchmarkSource, what: str) -> ConfigError:
    return InputUnreadable(f"benchmarks/{source.name}.yaml: {what}")


def _digest(items: Iterable[BenchmarkItem]) -> str:
    digest = hashlib.sha256()
    for item in items:
        parts = [item.question, item.options, item.answer, item.passage]
        digest.update(orjson.dumps(parts) + b"\n")
    return digest.hexdigest()


def _records(source: BenchmarkSource, endpoint_url: str | None) -> Iterator[Mapping[str, Any]]:
    try:
        files = expand(
            source.files, partner=source.name, endpoint_url=endpoint_url, follow_links=True
        )
    except DeliveryMissing as error:
        raise _wrong(
            source, f"files {', '.join(source.files)}: one matches no file: correct the path"
        ) from error
    for file in files:
        try:
            with open_stream(file.uri, endpoint_url=endpoint_url) as stream:
                body = stream.read()
        except DeliveryError as error:
            raise _wrong(source, f"{error}") from error
        for record in _parsed(source, file.uri, body):
            yield from _each(record, source.each)


def _parsed(source: BenchmarkSource, uri: str, body: bytes) -> Iterator[Mapping[str, Any]]:
    if source.format == "parquet":
        try:
            yield from pq.read_table(pa.BufferReader(body)).to_pylist()
        except pa.ArrowInvalid as error:
            raise _wrong(source, f"{uri} is no Parquet file ({error})") from error
        return
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(
            source,
            f"{uri} is not UTF-8 (byte {error.start + 1}): convert it first, as iconv -f gb18030 "
            "-t utf-8",
        ) from error
    if source.format in _DELIMITERS:
        yield from _delimited(source, text)
    elif source.format == "json":
        yield from _listed(_json(source, uri, text.encode()))
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                record = _json(source, f"{uri}, line {number}", line.encode())
                yield from _listed([record])


def _json(source: BenchmarkSource, place: str, body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _wrong(source, f"{place} is no JSON ({error}): is format right?") from error


def _delimited(source: BenchmarkSource, text: str) -> Iterator[Mapping[str, Any]]:
    """Yield records by the names of the header, or by column number from 0."""
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_DELIMITERS[source.format])
    wanted = [key for path in source.columns.values() for key in path.replace(" ", "").split(",")]
    has_header = not all(key.isdigit() for key in wanted)
    names = next(rows, []) if has_header else []
    for row in rows:
        yield dict(zip(names, row, strict=False)) if has_header else _by_place(row)


def _by_place(values: Iterable[Any]) -> dict[str, Any]:
    return {str(place): value for place, value in enumerate(values)}


def _listed(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a JSON value; a list inside a list is a record by place."""
    for record in value if isinstance(value, list) else [value]:
        if isinstance(record, Mapping):
            yield record
        else:
            yield _by_place(record if isinstance(record, list) else [record])


def _each(record: Mapping[str, Any], path: str) -> Iterator[Mapping[str, Any]]:
    """Yield the records below a path of nested lists, each with the fields of those above it."""
    if not path:
        yield record
        return
    key, _, rest = path.partition(".")
    around = {name: value for name, value in record.items() if name != key}
    for inner in _listed(record.get(key) or []):
        yield from _each({**around, **inner}, rest)


def _require_columns(source: BenchmarkSource, records: list[Mapping[str, Any]]) -> None:
    """Refuse columns that no record has: the set is laid out otherwise."""
    keys = {key for record in records for key in record}
    if not records:
        below = f" below {source.each}" if source.each else ""
        raise _wrong(source, f"{', '.join(source.files)}: no record{below}: is the path right?")
    for part, path in source.columns.items():
        firsts = [one.strip().split(".")[0] for one in path.split(",")]
        if not keys.intersection(firsts):
            there = ", ".join(sorted(keys)[:_SHOWN_KEYS])
            raise _wrong(source, f"columns {part}: {path} is in no record; there are: {there}")

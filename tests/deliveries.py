"""Deliveries as tests make and read them: what is asked, and the rows that come."""

import io
import json
from itertools import chain

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.corpus.intake.deliveries import DeliveryParams, read_rows
from jobs.corpus.model.tables import DELIVERED
from jobs.flow.intake.delivered_tables import file_tables

COLUMNS = (("text", "text"), ("id", "id"), ("title", "title"), ("published", "date"))


def asked(
    delivered_as: str = "jsonl",
    encoding: str = "utf-8",
    columns: tuple[tuple[str, str], ...] = COLUMNS,
    max_text_bytes: int = 10_000,
    batch_bytes: int = 10_000,
    html: bool = False,
) -> DeliveryParams:
    return DeliveryParams(delivered_as, encoding, columns, max_text_bytes, batch_bytes, html)


def rows(source, params):
    stream = pa.BufferReader(source) if params.format == "parquet" else io.BytesIO(source)
    tables = list(read_rows(stream, source_file="法规.dat", params=params))
    assert all(table.schema.equals(DELIVERED) for table in tables)
    return list(chain.from_iterable(table.to_pylist() for table in tables))


def lines(*records):
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def texts(found):
    return [row["text"] for row in found]


def reasons(found):
    return [row["reason"] for row in found]


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def only(ours="text", theirs="text"):
    return ((ours, theirs),)


def delivered_tables(shard, *, endpoint_url=None):
    """The rows of an input shard, in order, as DELIVERED tables."""
    for file in shard.files:
        yield from file_tables(file, shard.group.reading, endpoint_url=endpoint_url)

"""Rows without end in a few bytes: a file of more rows than bytes is refused by name."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import DeliveryUnreadable
from jobs.flow.intake import delivered_tables
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.input_shards import Delivered
from jobs.storage.sources import expand
from tests.deliveries import asked, only

ROWS = 20_000


def nulls() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": pa.nulls(ROWS, pa.string())}), sink)
    return sink.getvalue()


def lines() -> bytes:
    return gzip.compress(b"{}\n" * ROWS)


def read(path: Path, delivered_as: str) -> int:
    (source,) = expand([str(path)], partner="gov", endpoint_url=None, follow_links=False)
    params = asked(delivered_as, columns=only())
    found = file_tables(Delivered(source, None, None), params, endpoint_url=None)
    return sum(map(len, found))


@pytest.mark.parametrize(
    ("name", "delivered_as", "make"),
    [("空.parquet", "parquet", nulls), ("空.jsonl.gz", "jsonl", lines)],
)
def test_file_of_more_rows_than_bytes_is_refused(
    tmp_path: Path,
    name: str,
    delivered_as: str,
    make: Callable[[], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    assert read(path, delivered_as) == ROWS  # a million are read whatever they are
    monkeypatch.setattr(delivered_tables, "_FREE_ROWS", 10_000)
    with pytest.raises(
        DeliveryUnreadable, match=rf"{name} has .* bytes and more than 1\d,\d+ rows"
    ):
        read(path, delivered_as)

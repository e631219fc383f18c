"""Samples of deliveries keep what was read of a file before its damage."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import orjson

from jobs.corpus.intake.rows import DeliveryParams
from jobs.errors import DeliveryUnreadable
from jobs.flow.intake.delivery_samples import first_rows
from jobs.storage.sources import expand
from tests.deliveries import asked

READING: DeliveryParams = replace(asked(columns=(("text", "text"),)), max_text_bytes=1 << 20)


def test_rows_before_damage_are_shown_with_the_error(tmp_path: Path) -> None:
    lines = b"\n".join(orjson.dumps({"text": f"{number}" * 40}) for number in range(40_000))
    (tmp_path / "甲.jsonl.gz").write_bytes(gzip.compress(lines)[:-200])
    (file,) = expand((str(tmp_path),), partner="gov", endpoint_url=None, follow_links=True)
    found = first_rows(file, READING, None)
    assert isinstance(found.error, DeliveryUnreadable)
    assert sum(map(len, found.tables)) > 10_000
    few = first_rows(file, READING, None, rows=5)
    assert (few.error, few.is_whole) == (None, False)
    assert 5 <= sum(map(len, few.tables)) < 10_000

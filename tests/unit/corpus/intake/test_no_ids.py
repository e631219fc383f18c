"""Words for "no id" are none, in every format; words that only look like them are ids."""

from __future__ import annotations

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.intake.cells import NO_IDS
from tests.deliveries import asked, rows

WORDS = [*sorted(NO_IDS), "  ", " NULL "]
IDS = ["0", "nullable", "N", "空", "--1"]
COLUMNS = (("text", "text"), ("id", "id"))


def as_jsonl(words: list[str]) -> bytes:
    return b"\n".join(orjson.dumps({"id": word, "text": "大桥恢复通行"}) for word in words)


def as_tsv(words: list[str]) -> bytes:
    return "\n".join(["id\ttext", *(f"{word}\t大桥恢复通行" for word in words)]).encode()


def as_parquet(words: list[str]) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": words, "text": ["大桥恢复通行"] * len(words)}), out)
    return out.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("form", "written"), [("jsonl", as_jsonl), ("tsv", as_tsv), ("parquet", as_parquet)]
)
def test_words_for_no_id_are_none_and_others_stay(form, written):
    found = rows(written([*WORDS, *IDS]), asked(form, "auto", COLUMNS))
    assert [row["source_id"] for row in found] == [None] * len(WORDS) + IDS

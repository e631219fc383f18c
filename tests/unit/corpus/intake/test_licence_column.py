"""The licence of a row, whatever format it is delivered in, and where it has none."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.normalize.facts import record_hashes
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.repair.repairs import RepairParams
from tests.corpora import NO_KEYWORDS
from tests.deliveries import asked, lines, parquet, rows

COLUMNS = (("text", "text"), ("licence", "授权"))
TEXT = "公园里今天开了很多花。"
GIVEN = ["CC-BY-4.0", "NULL", " ", None, "政府数据\n开放许可"]
REPEATS = RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=200)


def params(**policies: str) -> TextParams:
    return TextParams(RepairParams((), 0.02), REPEATS, NO_KEYWORDS, PrivateDataParams(**policies))


@pytest.mark.parametrize(
    ("delivered_as", "source"),
    [
        ("jsonl", lines(*({"text": TEXT, "授权": one} for one in GIVEN))),
        ("parquet", parquet(text=[TEXT] * 5, 授权=GIVEN)),
        ("csv", "\n".join(["text,授权", *(f'{TEXT},"{one or ""}"' for one in GIVEN)]).encode()),
    ],
)
def test_licence_is_read_and_what_programs_write_for_none_is_none(
    delivered_as: str, source: bytes
) -> None:
    found = rows(source, asked(delivered_as, columns=COLUMNS))
    assert [row["licence"] for row in found] == ["CC-BY-4.0", None, None, None, GIVEN[4]]


def test_refused_row_keeps_its_licence() -> None:
    (row,) = rows(lines({"text": "", "授权": "MIT"}), asked(columns=COLUMNS))
    assert (row["reason"], row["licence"]) == ("empty_text", "MIT")
    (row,) = rows(b'{"text": 1', asked(columns=COLUMNS))
    assert (row["reason"], row["licence"]) == ("broken_json", None)


def made(*licences: str | None, **policies: str) -> pa.Table:
    given = [
        {"source_file": "甲", "source_row": n, "text": TEXT, "licence": licence}
        for n, licence in enumerate(licences, start=1)
    ]
    delivered = pa.Table.from_pylist(given, schema=DELIVERED)
    return documents(delivered, partner="gov", first_position=0, params=params(**policies))[0]


def test_licence_stands_on_one_line_without_private_data() -> None:
    found = made("政府数据\n开放许可", "联系电话13812345678", mobile="replace")
    assert found["licence"].to_pylist() == ["政府数据 开放许可", "联系电话〔手机号〕"]


def test_licence_makes_another_record_and_no_other_document() -> None:
    found = made(None, "MIT", "MIT", "CC0-1.0")
    hashes = record_hashes(found, pa.array([b"0" * 16] * 4)).to_pylist()
    assert hashes[1] == hashes[2]
    assert len(set(hashes)) == 3
    assert len(set(found["doc_id"].to_pylist())) == 1

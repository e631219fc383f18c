"""A partner's id is the same text whatever format it is delivered in."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from jobs.corpus.intake.cells import in_digits
from tests.deliveries import asked, parquet, rows

COLUMNS = (("text", "text"), ("id", "id"), ("published", "date"))
TEXT = "公园里今天开了很多花。"


def ids(source: bytes, delivered_as: str) -> list[str | None]:
    found = rows(source, asked(delivered_as, columns=COLUMNS))
    return [row["source_id"] for row in found]


def json_ids(*spelt: str) -> list[str | None]:
    records = "\n".join(f'{{"text": "{TEXT}", "id": {one}}}' for one in spelt)
    return ids(records.encode(), "jsonl")


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64()]
)
def test_whole_number_is_the_same_id_in_every_format(kind: pa.DataType) -> None:
    as_parquet = parquet(text=[TEXT] * 3, id=pa.array([0, 1, 17], kind))
    assert ids(as_parquet, "parquet") == ["0", "1", "17"]
    assert json_ids("0", "1.0", "1.7e1") == ["0", "1", "17"]
    assert ids(f"text,id\n{TEXT},0\n{TEXT},1\n{TEXT},17\n".encode(), "csv") == ["0", "1", "17"]


def test_decimals_and_fractions_are_the_same_id_in_every_format() -> None:
    decimals = pa.array([Decimal("1.00"), Decimal("1.50"), None], pa.decimal128(5, 2))
    assert ids(parquet(text=[TEXT] * 3, id=decimals), "parquet") == ["1", "1.5", None]
    doubles = pa.array([1.5, 0.1, 1e16, 1e-7, 1e300, float("nan"), None])
    expected = ["1.5", "0.1", "10000000000000000", "0.0000001", "1E+300", None, None]
    assert ids(parquet(text=[TEXT] * 7, id=doubles), "parquet") == expected
    assert json_ids("1.50", "0.1", "1e16", "1e-7", "1e300", "NaN", "null") == expected
    assert ids(parquet(text=[TEXT], id=pa.array([0.1], pa.float32())), "parquet") == ["0.1"]


def test_ids_of_many_digits_stay_apart() -> None:
    digits = ("12345678901234567890.5", "12345678901234567890.25", "123456789012345678901234")
    assert json_ids(*digits) == list(digits)


def test_text_is_no_number() -> None:
    assert json_ids('"1.0"', '"007"', '"1e3"') == ["1.0", "007", "1e3"]
    assert ids(parquet(text=[TEXT] * 2, id=["1.0", "007"]), "parquet") == ["1.0", "007"]
    assert ids(f"text,id\n{TEXT},007\n".encode(), "csv") == ["007"]


def test_number_of_a_billion_digits_is_not_written_out() -> None:
    assert in_digits("1e999999999") == "1E+999999999"


def test_year_as_a_floating_number_is_a_year() -> None:
    source = parquet(text=[TEXT], id=[1], date=pa.array([2023.0]))
    (row,) = rows(source, asked("parquet", columns=COLUMNS))
    assert row["published"] == "2023"


@pytest.mark.parametrize("delivered_as", ["jsonl", "parquet"])
def test_year_that_was_made_a_float_is_the_year(delivered_as):
    columns = (("text", "text"), ("published", "year"))
    years = [2023.0, 1999.0]
    if delivered_as == "jsonl":
        source = "".join(f'{{"text": "甲", "year": {year}}}\n' for year in years).encode()
    else:
        source = parquet(text=["甲", "乙"], year=years)
    found = rows(source, asked(delivered_as, columns=columns))
    assert [row["published"] for row in found] == ["2023", "1999"]

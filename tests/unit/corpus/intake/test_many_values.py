"""Values, columns and names without number take neither more memory nor more time than text."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count

import pyarrow as pa
import pytest

from jobs.corpus.intake import delimited, json_lines
from jobs.corpus.intake.deliveries import RejectReason
from jobs.corpus.intake.missing_columns import text_column_missing
from jobs.corpus.intake.parquet_columns import columns_by_name
from jobs.corpus.intake.rows import refused_row, text_missing
from tests.deliveries import asked, lines, only, reasons, rows

MOST = 1_000
TEXT = "各省、自治区、直辖市人民政府认真贯彻执行。" * 20


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(json_lines, "MOST_VALUES", MOST)
    monkeypatch.setattr(delimited, "MOST_VALUES", MOST)


@pytest.mark.parametrize("one", ["[]", "{}", "1.5", '""', "null"])
def test_line_of_too_many_values_is_refused_unread(one):
    crowded = f'{{"text":"{TEXT}","甲":[{",".join([one] * MOST)}]}}'.encode()
    good = lines({"text": TEXT})
    found = rows(b"\n".join([good, crowded, good]), asked(columns=only()))
    assert reasons(found) == [None, RejectReason.TOO_LARGE, None]
    assert found[1]["evidence"] == "line of more than 1000 values"


@pytest.mark.parametrize("quoting", ["double", "none", "escaped"])
def test_record_of_too_many_fields_is_refused_unread(quoting):
    crowded = TEXT + "," * (MOST + 1)
    params = replace(asked("csv", columns=only()), quoting=quoting)
    found = rows(f"text\n{TEXT}\n{crowded}\n{TEXT}\n".encode(), params)
    assert [row["text"] for row in found] == [TEXT, None, TEXT]
    assert found[1]["evidence"] == "record of more than 1000 fields"


def test_fields_of_many_lines_are_counted_together():
    crowded = '"\n",' * 2 * MOST
    found = rows(f"text\n{TEXT}\n{crowded}\n{TEXT}\n".encode(), asked("csv", columns=only()))
    assert found[0]["text"] == found[-1]["text"] == TEXT
    assert "record of more than 1000 fields" in {row["evidence"] for row in found}


def test_names_without_end_make_messages_that_end():
    names = (f"列{number}" for number in count())
    assert len(text_missing(names).evidence) <= 200
    assert len(str(text_column_missing("甲.csv", "text", names))) < 10_000
    long = ("列" * 10**6 for _ in range(3))
    assert len(str(text_column_missing("甲.csv", "text", long))) < 1_000
    assert refused_row(1, RejectReason.TOO_LARGE, "\udc80" * 10**6).evidence.count("\\") < 200


def test_columns_of_columns_take_time_in_proportion():
    kind = pa.struct([pa.field("名", pa.string())])
    fields = [pa.field(f"列{number}", kind) for number in range(8_000)]
    begun = time.process_time()
    assert len(columns_by_name(fields)) == 16_000
    assert time.process_time() - begun < 2


def test_first_of_a_name_stays_whatever_comes_later():
    inner = pa.struct([pa.field("甲", pa.string()), pa.field("甲", pa.int64())])
    fields = [pa.field("列", inner), pa.field("列", inner), pa.field("列.甲", pa.bool_())]
    found = columns_by_name(fields)
    assert [*found] == ["列.甲", "列"]
    assert found["列.甲"].kind == pa.bool_()
    assert columns_by_name(fields[:2])["列.甲"].kind == pa.string()

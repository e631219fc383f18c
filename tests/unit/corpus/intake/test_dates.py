import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.intake.dates import dates, iso_date


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2023年11月29日", "2023-11-29"),
        ("2023 年 11 月 9 日", "2023-11-09"),
        ("2023年11月29号", "2023-11-29"),
        ("2023年11月", "2023-11"),
        ("2023年11月份", "2023-11"),
        ("2023年", "2023"),
        ("2023", "2023"),
        ("二〇二三年十一月", "2023-11"),
        ("二○二三年十一月二十九日", "2023-11-29"),
        ("二零二三年十月十日", "2023-10-10"),
        ("一九九八年十二月三十一日", "1998-12-31"),
        ("二〇二三年元月廿九日", "2023-01-29"),
        ("2023-11-29", "2023-11-29"),
        ("2023/11/9", "2023-11-09"),
        ("2023.11.29", "2023-11-29"),
        ("2023-11", "2023-11"),
        ("20231129", "2023-11-29"),
        ("202311", "2023-11"),
        ("20231129083000", "2023-11-29T08:30:00"),
        ("2023-11-29T08:00:00+08:00", "2023-11-29T08:00:00+08:00"),
        ("2023-11-29T08:00:00+0800", "2023-11-29T08:00:00+08:00"),
        ("2023-11-29T08:00:00.123Z", "2023-11-29T08:00:00+00:00"),
        ("2020-01-01 08:00:00Z", "2020-01-01T08:00:00+00:00"),
        ("2023/11/29 08:00", "2023-11-29T08:00:00"),
        ("2023-11-29 24:00:00", None),
        ("2023年11月29日 08时30分", "2023-11-29T08:30:00"),
        ("2023年11月29日下午3点05分", "2023-11-29T15:05:00"),
        ("2023年11月29日下午12点30分", "2023-11-29T12:30:00"),
        ("2023年11月29日中午12点", "2023-11-29T12:00:00"),
        ("2023年11月29日凌晨12点30分", "2023-11-29T00:30:00"),
        ("2023年11月29日 12:30 PM", "2023-11-29T12:30:00"),
        ("2023年11月29日 12:30 AM", "2023-11-29T00:30:00"),
        ("2023年11月29日 星期三 08:30", "2023-11-29T08:30:00"),
        ("2023年11月29日（星期三）", "2023-11-29"),
        ("发布时间：2023-11-29 08:30:15", "2023-11-29T08:30:15"),
        ("发表于 2023-11-29", "2023-11-29"),
        ("1701244800", "2023-11-29T08:00:00+00:00"),
        ("1701244800.0", "2023-11-29T08:00:00+00:00"),
        ("1701244800123", "2023-11-29T08:00:00+00:00"),
        ("民国112年11月29日", "2023-11-29"),
        ("民國112年11月29日", "2023-11-29"),
        ("中華民國一百一十二年", "2023"),
        ("中華民國一百一十二年十一月二十九日", "2023-11-29"),
        ("民国元年", "1912"),
        ("民國 112/11/29", "2023-11-29"),
        ("Wed, 29 Nov 2023 08:00:00 GMT", "2023-11-29T08:00:00+00:00"),
        ("Nov 29, 2023", "2023-11-29"),
        ("29 November 2023", "2023-11-29"),
    ],
)
def test_date_in_a_form_partners_use_becomes_iso(given, expected):
    assert iso_date(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "2023-13-45",
        "2023-02-29",
        "0000-00-00",
        "2023年13月",
        "二〇二三年十一月三十一日",
        "1792年",
        "2123-01-01",
        "23-11-29",
        "11/29/2023",
        "2023-11/29",
        "112年11月29日",
        "乾隆五十七年",
        "昨天",
        "3小时前",
        "2023-11-29 25:00",
        "12",
        "",
        "百年",
        "九九九九九九年",
    ],
)
def test_date_that_cannot_be_or_be_told_is_none(given):
    assert iso_date(given) is None


@given(st.text("0123456789零一二三十百廿年月日民国国-/.: TZ+下午上周", max_size=20))
def test_date_of_any_text_is_none_or_iso_that_stays(text):
    found = iso_date(text)
    assert found is None or iso_date(found) == found


def test_date_column_keeps_what_was_given_where_it_says_more():
    column = pa.array(["2023年11月29日", "2023-11-29", None, "昨天", "2023年11月29日"])
    published, as_given = dates(column)
    assert published.to_pylist() == ["2023-11-29", "2023-11-29", None, None, "2023-11-29"]
    assert as_given.to_pylist() == ["2023年11月29日", None, None, "昨天", "2023年11月29日"]
    for part in dates(column[:0]):
        assert (part.type, len(part)) == (pa.string(), 0)


@given(st.lists(st.sampled_from(["2023年1月", "2023", "无", None, "20230102"]), max_size=8))
def test_date_columns_are_row_wise(values):
    column = pa.array(values, pa.string())
    whole = dates(column)
    parts = [dates(column[:3]), dates(column[3:])]
    for place in (0, 1):
        assert whole[place].to_pylist() == parts[0][place].to_pylist() + parts[1][place].to_pylist()


def test_date_column_of_many_distinct_values_costs_microseconds_each():
    column = pa.array(
        [f"2023年11月{n % 28 + 1}日 {n % 24}:{n % 60}:{n % 59}" for n in range(20_000)]
    )
    start = time.process_time()
    dates(column)
    assert time.process_time() - start < 2

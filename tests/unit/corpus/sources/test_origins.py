"""Filters of sources and time: which rows are rejected, why, and what of them is shown."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from jobs.corpus.sources.filters import OriginParams, origins
from jobs.corpus.sources.registry import SourceParams, read_registry
from jobs.corpus.sources.span import SpanParams, are_outside
from jobs.errors import ConfigError

REGISTRY = read_registry(
    io.BytesIO(
        b"source\ttier\tlicence\tstatus\n"
        b"news.example.cn\tkey_news_site\tCC0\t\n"
        b"ads.news.example.cn\t\t\tblocked\n"
    ),
    "名录.tsv",
)
URLS = ["http://www.news.example.cn/1", "http://ads.news.example.cn/", "http://a.example/", None]


def found(policy: str, name: str) -> list[str | None]:
    params = OriginParams(SourceParams(policy, REGISTRY))
    table = origins(pa.array(URLS), *[pa.nulls(len(URLS), pa.string())] * 2, params)
    values: list[str | None] = table[name].to_pylist()
    return values


@pytest.mark.parametrize(
    ("policy", "reasons"),
    [
        ("off", [None, None, None, None]),
        ("annotate", [None, None, None, None]),
        ("deny", [None, "blocked_source", None, None]),
        ("allow", [None, "blocked_source", "unlisted_source", "unlisted_source"]),
    ],
)
def test_policies(policy: str, reasons: list[str | None]) -> None:
    assert found(policy, "reason") == reasons
    assert found(policy, "stage") == [reason and "sources" for reason in reasons]


def test_what_is_shown_of_rows() -> None:
    assert found("off", "source_tier") == [None] * 4
    assert found("annotate", "source_tier") == ["key_news_site", None, None, None]
    assert found("annotate", "licence") == ["CC0", None, None, None]
    hosts = ["www.news.example.cn", "ads.news.example.cn", "a.example", None]
    assert found("off", "site") == hosts
    assert found("allow", "evidence") == [None, *hosts[1:3], "no address"]


SPAN = SpanParams("2001-01", "2023-11", "keep")


@pytest.mark.parametrize(
    ("published", "is_outside"),
    [
        *(("2000", True), ("2001", False), ("2023", False), ("2024", True)),
        *(("2000-12", True), ("2001-01", False), ("2023-11", False), ("2023-12", True)),
        *(("2000-12-31", True), ("2001-01-01", False), ("2023-11-30", False)),
        *(("2023-12-01", True), ("2023-11-30T23:59:59+08:00", False), (None, False)),
        ("2023-12-01T00:00", True),
    ],
)
def test_dates_are_compared_as_far_as_they_are_given(
    published: str | None, *, is_outside: bool
) -> None:
    assert are_outside(pa.array([published], pa.string()), SPAN).to_pylist() == [is_outside]


@pytest.mark.parametrize(
    ("params", "inside", "outside"),
    [
        (SpanParams("2001-03-05"), "2001-03-05", "2001-03-04"),
        (SpanParams("2001-03-05"), "2001-03", "2001-02"),
        (SpanParams(last="2001"), "2001-12-31", "2002-01-01"),
        (SpanParams("2001", "2001"), "2001-06", "2000-12"),
    ],
)
def test_bounds_of_any_precision(params: SpanParams, inside: str, outside: str) -> None:
    assert are_outside(pa.array([inside, outside]), params).to_pylist() == [False, True]


def test_missing_dates_are_kept_or_rejected() -> None:
    dates = pa.array([None, "1999"], pa.string())
    urls = rights = pa.nulls(2, pa.string())
    keep, reject = OriginParams(span=SPAN), OriginParams(span=SpanParams(missing="reject"))
    assert origins(urls, dates, rights, keep)["reason"].to_pylist() == [None, "outside_span"]
    assert origins(urls, dates, rights, keep)["evidence"].to_pylist() == [None, "1999"]
    assert origins(urls, dates, rights, reject)["reason"].to_pylist() == ["undated", None]
    assert origins(urls, dates, rights, reject)["stage"].to_pylist() == ["span", None]


@pytest.mark.parametrize(
    ("first", "last", "missing", "told"),
    [
        ("2001-1", None, "keep", r"span.from=2001-1: give 2001"),
        (None, "heute", "keep", r"span.to=heute: give 2001"),
        ("2001-05", "2001-04", "keep", r"span.to=2001-04 is before span.from=2001-05"),
        (None, None, "drop", r"span.missing=drop: choose keep or reject"),
    ],
)
def test_refusals(first: str | None, last: str | None, missing: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        SpanParams(first, last, missing)


def test_a_span_within_its_last_year() -> None:
    assert SpanParams("2001-05", "2001").is_on

"""The gate of sources: which sites are over the limit, and what becomes of their documents."""

from __future__ import annotations

import pyarrow as pa
import pytest
from scipy.stats import binom

from jobs.corpus.signals.rules import Rule, RuleParams
from jobs.corpus.sources.gate import (
    FLAGGED,
    ExcludedSites,
    excluded_sites,
    flagged_counts,
    is_over,
    source_verdicts,
    together,
)

SHORT = Rule("short", "content_chars", "<", 10, ("诗社",), ("poems.example",))
DIGITS = Rule("digits", "digit_share", ">", 0.5, (), ())
RULES = RuleParams("试用", "试用", (SHORT, DIGITS))


def documents(*rows: tuple[str | None, int, float]) -> pa.Table:
    sites, chars, digits = zip(*rows, strict=True)
    return pa.table(
        {
            "site": pa.array(sites, pa.string()),
            "content_chars": pa.array(chars, pa.int32()),
            "digit_share": pa.array(digits, pa.float32()),
        }
    )


def test_the_limit_is_the_exact_binomial_test() -> None:
    for most in (0.01, 0.05, 0.5):
        for of in (1, 2, 3, 20, 100, 997, 4000):
            first = next(k for k in range(of + 2) if binom.sf(k - 1, of, most) < 0.05)
            found = [is_over(k, of, most) for k in range(of + 1)]
            assert found == [k >= first for k in range(of + 1)], (most, of)


@pytest.mark.parametrize(
    ("flagged", "documents", "most", "is_so"),
    [
        *((0, 1, 0.0, False), (1, 1_000_000, 0.0, True), (5, 5, 1.0, False)),
        *((1, 3, 0.05, False), (3, 3, 0.05, True), (9, 100, 0.05, False), (10, 100, 0.05, True)),
        *((50_000, 1_000_000, 0.05, False), (51_000, 1_000_000, 0.05, True)),
    ],
)
def test_borders(flagged: int, documents: int, most: float, *, is_so: bool) -> None:
    assert is_over(flagged, documents, most) == is_so


def test_counts_are_of_the_named_reasons_and_obey_exemptions() -> None:
    rows = documents(
        ("a.example", 5, 0.9),
        ("a.example", 50, 0.9),
        ("a.example", 5, 0.0),
        ("poems.example", 5, 0.0),
        (None, 5, 0.9),
    )
    counted = together(flagged_counts(rows, RULES, ("short",), partner="报社"))
    assert counted.to_pylist() == [
        {"site": "a.example", "flagged": 2, "documents": 3},
        {"site": "poems.example", "flagged": 0, "documents": 1},
    ]
    spared = together(flagged_counts(rows, RULES, ("short",), partner="诗社"))
    assert spared["flagged"].to_pylist() == [0, 0]


def test_counts_of_parts_make_the_counts_of_the_whole() -> None:
    rows = documents(*[(f"{n % 3}.example", n % 20, 0.0) for n in range(200)])
    whole = together(flagged_counts(rows, RULES, ("short",), partner="报社"))
    parts = [
        flagged_counts(rows.slice(at, 7), RULES, ("short",), partner="报社")
        for at in range(0, 200, 7)
    ]
    assert together(pa.concat_tables(parts)) == whole


def test_documents_of_excluded_sites_are_rejected_where_no_rule_holds() -> None:
    counts = pa.table([["a.example", "b.example"], [20, 1], [100, 100]], schema=FLAGGED)
    excluded = excluded_sites(counts, 0.05)
    assert dict(excluded.sites) == {"a.example": (20, 100)}
    rows = documents(("a.example", 50, 0), ("a.example", 5, 0), ("b.example", 50, 0), (None, 50, 0))
    verdicts = source_verdicts(rows, RULES, excluded, partner="报社")
    assert verdicts["reason"].to_pylist() == ["source_over_limit", "short", None, None]
    assert verdicts["stage"].to_pylist() == ["sources", "judge", None, None]
    assert verdicts["evidence"][0].as_py() == "a.example: 20 of 100 documents are flagged"


def test_excluded_sites_are_known_by_their_numbers() -> None:
    one, two = ({"a.example": (20, of)} for of in (100, 101))
    first, second = (excluded_sites(_counts(numbers), 0.05) for numbers in (one, two))
    assert first != second
    assert first == excluded_sites(_counts(one), 0.05)
    assert isinstance(first, ExcludedSites)


def _counts(numbers: dict[str, tuple[int, int]]) -> pa.Table:
    rows = [(site, *both) for site, both in numbers.items()]
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=FLAGGED)

"""Gates: exact at their borders, and right as often as the intervals say."""

from __future__ import annotations

from math import comb

import numpy as np
import pyarrow as pa
import pytest

from jobs.corpus.release.acceptance import (
    AcceptanceParams,
    Category,
    Check,
    ReviewedDocument,
    ReviewVerdict,
    checked,
    review,
    shortfalls,
    together,
)
from jobs.corpus.release.proportions import interval
from jobs.errors import ConfigError

LIMITS = {"porn_hits_per_1000_chars": 0.0, "line_count": 2.0}


def demands(**given: object) -> AcceptanceParams:
    nothing = {"reviewed": 0, "passed": 0.96, "limits": {}, "within": 0.98, "public_key": None}
    return AcceptanceParams(**nothing | given)


def lacking(params: AcceptanceParams, *, passed: int, of: int, documents: int = 10**6) -> list[str]:
    counts = {"documents": of, "passed": passed}
    return list(shortfalls(params, documents=documents, review=counts, check=None))


@pytest.mark.parametrize(
    ("passed", "of", "is_enough"),
    [
        (3840, 4000, True),
        (3839, 4000, False),
        (3841, 4001, True),
        (3840, 4001, False),  # 95.976 %
        (3999, 3999, False),  # too few
        (4000, 4000, True),
    ],
)
def test_gate_of_reviews_is_exact_at_its_borders(passed: int, of: int, is_enough: bool) -> None:
    assert (lacking(demands(reviewed=4000), passed=passed, of=of) == []) == is_enough


def test_what_is_lacking_is_named_with_its_numbers() -> None:
    (said,) = lacking(demands(reviewed=4000), passed=3839, of=4000)
    assert said == "3,839 of 4,000 reviewed documents passed, 3,840 must (acceptance.passed=0.96)"
    few, share = lacking(demands(reviewed=4000), passed=90, of=100)
    assert few.startswith("100 documents were reviewed, 4,000 must be")
    assert share.startswith("90 of 100 reviewed documents passed, 96 must")


def test_of_a_small_release_all_documents_are_enough() -> None:
    assert not lacking(demands(reviewed=4000), passed=30, of=30, documents=30)
    assert lacking(demands(reviewed=4000), passed=29, of=29, documents=30)


@pytest.mark.parametrize(("within", "is_enough"), [(98, True), (97, False)])
def test_gate_of_signals_is_exact_at_its_borders(within: int, is_enough: bool) -> None:
    params = demands(limits=LIMITS)
    check = {"documents": 100, "within": within, "limits": LIMITS}
    found = list(shortfalls(params, documents=100, review={}, check=check))
    assert (found == []) == is_enough
    other = check | {"limits": {"line_count": 9.0}}
    for one in (other, None):
        (said,) = shortfalls(params, documents=100, review={}, check=one)
        assert "not checked by the limits" in said


def test_nothing_is_demanded_by_default_values() -> None:
    assert not demands().is_demanded
    assert demands(reviewed=1).is_demanded
    assert demands(limits=LIMITS).is_demanded
    assert not demands(limits=LIMITS, within=0).is_demanded
    assert not lacking(demands(), passed=0, of=0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"passed": 96}, r"acceptance\.passed=96 is no share"),
        ({"within": 1.01}, r"acceptance\.within=1\.01 is no share"),
        ({"reviewed": -1}, r"acceptance\.reviewed=-1"),
        ({"limits": {"pornn": 0}}, r"acceptance\.limits\.pornn: there is no such signal"),
    ],
)
def test_demands_that_cannot_be_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        demands(**given)


def test_documents_within_limits_are_counted_and_parts_add_up() -> None:
    rows = pa.table(
        {
            "porn_hits_per_1000_chars": pa.array([0, 0.1, None, 0], pa.float32()),
            "line_count": pa.array([2, 3, 1, 3], pa.int64()),
        }
    )
    whole = checked(rows, LIMITS)
    assert whole == Check(4, 2, LIMITS, {"porn_hits_per_1000_chars": 1, "line_count": 2})
    parts = [checked(rows.slice(at, 1), LIMITS) for at in range(4)]
    assert together(parts, LIMITS) == whole
    assert together([], LIMITS).documents == 0


def test_limit_is_taken_in_the_precision_of_its_signal() -> None:
    rows = pa.table({"han_share": pa.array([0.3], pa.float32())})
    assert checked(rows, {"han_share": 0.3}).within == 1


def test_review_counts_verdicts_categories_and_strata() -> None:
    said = [
        ReviewedDocument("a", ReviewVerdict.PASS, None, ""),
        ReviewedDocument("b", ReviewVerdict.FAIL, Category.GARBLED, "乱码"),
        ReviewedDocument("c", ReviewVerdict.UNSURE, None, ""),
        ReviewedDocument("d", ReviewVerdict.PASS, None, ""),
    ]
    strata = [(("新闻",), 90, ["a", "b"]), (("公报",), 10, ["c", "d"])]
    found = review(strata, {one.doc_id: one for one in said})
    assert (found.of, found.documents, found.passed) == (100, 4, 2)
    assert found.verdicts == {"pass": 2, "fail": 1, "unsure": 1}
    assert found.categories == {"garbled": 1}
    assert [(one.key, one.drawn, one.passed) for one in found.strata] == [
        (("新闻",), 2, 1),
        (("公报",), 2, 1),
    ]
    assert found.weighted_share == 0.5
    assert found.strata[0].interval == interval(1, 2)
    whole = review([(("新闻",), 2, ["a", "b"])], {one.doc_id: one for one in said[:2]})
    assert whole.interval == whole.strata[0].interval == (0.5, 0.5)  # nothing is estimated


@pytest.mark.parametrize(("bad", "error"), [(0.03, 0.0), (0.02, 0.02), (0.035, 0.01), (0.05, 0.0)])
def test_reviewer_with_a_known_error_passes_and_fails_as_often_as_the_interval_says(
    bad: float, error: float
) -> None:
    """Of a corpus with so many bad texts, seen by one who takes so many for the other kind."""
    tries, of = 2000, 4000
    right = (1 - bad) * (1 - error) + bad * error  # the share that this reviewer passes
    rng = np.random.default_rng(7)
    is_bad = rng.random((tries, of)) < bad
    is_wrong = rng.random((tries, of)) < error
    counts = (is_bad == is_wrong).sum(axis=1)  # bad and taken for good, or good and seen so
    passing = sum(not lacking(demands(reviewed=of), passed=int(n), of=of) for n in counts)
    expected = sum(_binomial(n, of, right) for n in range(3840, of + 1))
    spread = (expected * (1 - expected) / tries) ** 0.5
    assert abs(passing / tries - expected) <= 4 * spread + 1e-9
    holding = {int(n): _holds(int(n), of, right) for n in np.unique(counts)}
    assert np.mean([holding[int(n)] for n in counts]) >= 0.95 - 4 * (0.05 * 0.95 / tries) ** 0.5


def _holds(part: int, of: int, share: float) -> bool:
    low, high = interval(part, of)
    return low <= share <= high


def _binomial(part: int, of: int, share: float) -> float:
    from decimal import Decimal

    exact = Decimal(comb(of, part)) * Decimal(share) ** part * Decimal(1 - share) ** (of - part)
    return float(exact)

"""Acceptance: what people and machines found in a release, and whether it may be published.

People review a sample; machines check every document by its signals. The thresholds are counts,
compared as whole numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.release.acceptance_params import AcceptanceParams
from jobs.corpus.release.proportions import Interval, interval, least_count
from jobs.corpus.release.review_sampling import Key


class ReviewVerdict(StrEnum):
    """What a reviewer says of a document; verdict files hold these values."""

    PASS = "pass"  # noqa: S105  no password
    FAIL = "fail"
    UNSURE = "unsure"


class Category(StrEnum):
    """Why a document fails; the first five are the classes of risk of TC260-003, annex A."""

    UNLAWFUL = "unlawful"
    DISCRIMINATION = "discrimination"
    COMMERCIAL = "commercial"
    RIGHTS = "rights"
    UNRELIABLE = "unreliable"
    GARBLED = "garbled"
    RESIDUE = "residue"
    LOW_QUALITY = "low_quality"
    OTHER = "other"


@dataclass(frozen=True)
class ReviewedDocument:
    """What a reviewer said of one document."""

    doc_id: str
    verdict: ReviewVerdict
    category: Category | None
    note: str


@dataclass(frozen=True)
class ReviewedStratum:
    """A stratum of the sample: how many documents it has, were drawn, and passed."""

    key: Key
    documents: int
    drawn: int
    passed: int

    @property
    def interval(self) -> Interval:
        """Where the share of all its documents that would pass is."""
        return _interval(self.passed, self.drawn, self.documents)


@dataclass(frozen=True)
class Review:
    """The counts of a reviewed sample.

    Attributes:
        of: Documents of the release.
        strata: Of the sample, by key.
        verdicts: Documents by verdict.
        categories: Documents that failed, by category.
    """

    of: int
    strata: tuple[ReviewedStratum, ...]
    verdicts: Mapping[str, int]
    categories: Mapping[str, int]

    @property
    def documents(self) -> int:
        """How many were reviewed."""
        return sum(self.verdicts.values())

    @property
    def passed(self) -> int:
        """How many passed."""
        return self.verdicts[ReviewVerdict.PASS]

    @property
    def interval(self) -> Interval:
        """Where the share lies that would pass of all documents, drawn as these were."""
        return _interval(self.passed, self.documents, self.of)

    @property
    def weighted_share(self) -> float:
        """The share that passed, each stratum weighted by its documents."""
        parts = (one.documents * one.passed / one.drawn for one in self.strata if one.drawn)
        return sum(parts) / max(1, self.of)


def _interval(passed: int, reviewed: int, of: int) -> Interval:
    """Return where the share of all lies; of what was reviewed as a whole it is known."""
    if reviewed and reviewed == of:
        return Interval(passed / of, passed / of)
    return interval(passed, reviewed)


def review(
    strata: Sequence[tuple[Key, int, Sequence[str]]], verdicts: Mapping[str, ReviewedDocument]
) -> Review:
    """Count verdicts.

    Args:
        strata: key, documents, and the ids drawn of each.
        verdicts: of exactly these ids.
    """
    counted = Counter(one.verdict for one in verdicts.values())
    reasons = Counter(one.category for one in verdicts.values() if one.category is not None)
    return Review(
        of=sum(documents for _, documents, _ in strata),
        strata=tuple(
            ReviewedStratum(key, documents, len(ids), _passed(ids, verdicts))
            for key, documents, ids in strata
        ),
        verdicts={str(one): counted[one] for one in ReviewVerdict},
        categories={str(one): reasons[one] for one in Category if reasons[one]},
    )


def _passed(ids: Sequence[str], verdicts: Mapping[str, ReviewedDocument]) -> int:
    return sum(verdicts[one].verdict is ReviewVerdict.PASS for one in ids)


@dataclass(frozen=True)
class Check:
    """How many documents are within the limits of signals, and how many exceed each."""

    documents: int
    within: int
    limits: Mapping[str, float]
    above: Mapping[str, int]


def checked(signals: pa.Table, limits: Mapping[str, float]) -> Check:
    """Count documents within limits; a null signal is within any. Law: counts of parts add up.

    Args:
        signals: the columns that `limits` name.
        limits: the most of each signal; at least one.
    """
    are_above = {name: _is_above(signals[name], most) for name, most in limits.items()}
    exceeding = pc.sum(reduce(pc.or_, are_above.values())).as_py() or 0
    above = {name: pc.sum(column).as_py() or 0 for name, column in are_above.items()}
    return Check(len(signals), len(signals) - exceeding, dict(limits), above)


def _is_above(column: pa.ChunkedArray, most: float) -> pa.ChunkedArray:
    """Return which values are above a limit, in the signal's own precision; null is not."""
    kind = column.type if pa.types.is_floating(column.type) else pa.float64()
    return pc.fill_null(pc.greater(column.cast(kind), pa.scalar(most, kind)), False)  # noqa: FBT003


def together(checks: Sequence[Check], limits: Mapping[str, float]) -> Check:
    """Add up the checks of parts.

    Args:
        checks: of each part.
        limits: of them all.
    """
    above = {name: sum(one.above[name] for one in checks) for name in limits}
    documents = sum(one.documents for one in checks)
    return Check(documents, sum(one.within for one in checks), dict(limits), above)


def shortfalls(
    params: AcceptanceParams, *, documents: int, review: Mapping[str, Any], check: Any
) -> Iterator[str]:
    """Yield what an attestation lacks of what is demanded, each with its numbers.

    Args:
        params: the demands.
        documents: of the release.
        review: `documents` that were reviewed, and `passed`, as attested.
        check: `documents`, `within` and `limits`, as attested; None if no machine checked them.
    """
    if params.reviewed:
        yield from _of_review(params, min(params.reviewed, documents), review)
    if params.is_limited:
        yield from _of_check(params, check)


def _of_review(params: AcceptanceParams, least: int, review: Mapping[str, Any]) -> Iterator[str]:
    done, passed = review["documents"], review["passed"]
    if done < least:
        yield (
            f"{done:,} documents were reviewed, {least:,} must be "
            f"(acceptance.reviewed={params.reviewed})"
        )
    needed = least_count(params.passed, done)
    if passed < needed:
        yield (
            f"{passed:,} of {done:,} reviewed documents passed, {needed:,} must "
            f"(acceptance.passed={params.passed})"
        )


def _of_check(params: AcceptanceParams, check: Any) -> Iterator[str]:
    if check is None or check["limits"] != dict(params.limits):
        yield (
            "signals were not checked by the limits that acceptance.limits asks for: run heliu "
            "accept again"
        )
        return
    needed = least_count(params.within, check["documents"])
    if check["within"] < needed:
        yield (
            f"{check['within']:,} of {check['documents']:,} documents are within "
            f"acceptance.limits, {needed:,} must be (acceptance.within={params.within})"
        )

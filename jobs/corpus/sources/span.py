"""The span of time of a corpus, compared with dates that are as precise as they were given."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.config_errors import unknown_choice
from jobs.errors import ConfigError

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class SpanParams:
    """From when to when documents were published; the default is what older releases meant.

    Attributes:
        first: The first year, month or day, or None.
        last: The last one, which belongs to the span.
        missing: keep or reject: documents without a date that can be read.
    """

    first: str | None = None
    last: str | None = None
    missing: str = "keep"

    def __post_init__(self) -> None:
        """Refuse what is no date, an end before the beginning, and other words."""
        for key, given in (("from", self.first), ("to", self.last)):
            if given is not None and not _DATE.fullmatch(given):
                raise ConfigError(f"span.{key}={given}: give 2001, 2001-01 or 2001-01-31")
        if self.first and self.last and self.last < self.first[: len(self.last)]:
            raise ConfigError(
                f"span.to={self.last} is before span.from={self.first}: correct one of them"
            )
        if self.missing not in {"keep", "reject"}:
            raise unknown_choice("span.missing", self.missing, ("keep", "reject"))

    @property
    def is_on(self) -> bool:
        """Whether any document can be outside the span."""
        return self.first is not None or self.last is not None or self.missing == "reject"


def are_outside(published: pa.Array, params: SpanParams) -> pa.Array:
    """Return whether each date is outside the span; false for null.

    A date and a bound are compared as far as both are given: 2023 is within 2001-01 to 2023-11.

    Args:
        published: dates in ISO 8601, as `intake.dates` returns them.
        params: the span.

    Law: row-wise.
    """
    is_outside = pa.repeat(pa.scalar(value=False), len(published))
    if params.first is not None:
        is_outside = pc.or_(is_outside, _compare(pc.less, published, params.first))
    if params.last is not None:
        is_outside = pc.or_(is_outside, _compare(pc.greater, published, params.last))
    return pc.fill_null(is_outside, pa.scalar(value=False))


def _compare(less_or_greater: pc.Function, published: pa.Array, bound: str) -> pa.Array:
    """Compare dates with a bound as far as both go: to the year, month or day."""
    prefixes = pc.utf8_slice_codeunits(published, 0, len(bound))
    sizes = pc.utf8_length(prefixes)
    found = pa.repeat(pa.scalar(value=False), len(published))
    for size in {4, 7, len(bound)}:
        if size <= len(bound):
            is_so = pc.and_(pc.equal(sizes, size), less_or_greater(prefixes, bound[:size]))
            found = pc.or_(found, is_so)
    return found

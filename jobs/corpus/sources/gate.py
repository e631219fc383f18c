"""The gate of sources: a site of which too large a share is flagged is rejected as a whole.

A site is over the limit if so many flagged documents would hardly happen where the limit holds: if
the probability of at least as many among its documents is below 5 % (the exact one-sided binomial
test). So one bad document of three excludes no site, and no site is too small to be tested.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import InitVar, dataclass

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from jobs.corpus.model.reasons import RejectReason, Stage
from jobs.corpus.signals.rules import RULE_VERDICTS, RuleParams, rule_verdicts

FLAGGED = pa.schema(
    [
        pa.field("site", pa.string(), nullable=False),
        pa.field("flagged", pa.int64(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
    ]
)

_LEAST_PROBABILITY = 0.05
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class ExcludedSites:
    """Sites over the limit, known by the digest of their names and numbers.

    The numbers are pickled with it, but are no field: they are compared by digest alone.
    """

    digest: str
    numbers: InitVar[Mapping[str, tuple[int, int]]]

    def __post_init__(self, numbers: Mapping[str, tuple[int, int]]) -> None:
        object.__setattr__(self, "_numbers", numbers)

    @property
    def sites(self) -> Mapping[str, tuple[int, int]]:
        """Flagged documents and documents of each site."""
        numbers: Mapping[str, tuple[int, int]] = self.__dict__["_numbers"]
        return numbers


def flagged_counts(
    facts: pa.Table, rules: RuleParams, reasons: tuple[str, ...], *, partner: str
) -> pa.Table:
    """Return FLAGGED, a row per site; documents without a site are in none.

    Args:
        facts: the site and the signals that `rules` use.
        rules: of the build.
        reasons: of those rules that flag a document.
        partner: that delivered the documents.
    """
    flagging = RuleParams(
        rules.profile, rules.source, tuple(rule for rule in rules.rules if rule.reason in reasons)
    )
    reason = rule_verdicts(facts, flagging, partner=partner)["reason"]
    rows = pa.table({"site": facts["site"], "flagged": pc.cast(pc.is_valid(reason), pa.int64())})
    counted = rows.filter(pc.is_valid(rows["site"])).group_by("site")
    return _flagged(counted.aggregate([("flagged", "sum"), ("flagged", "count")]))


def together(counts: pa.Table) -> pa.Table:
    """Return FLAGGED with one row per site, by site."""
    counted = counts.group_by("site").aggregate([("flagged", "sum"), ("documents", "sum")])
    return _flagged(counted).sort_by("site")


def excluded_sites(counts: pa.Table, most: float) -> ExcludedSites:
    """Return the sites of which more than a share is flagged.

    Args:
        counts: FLAGGED, with one row per site.
        most: the share, in [0, 1].
    """
    rows = counts.filter(pc.greater(counts["flagged"], pc.multiply(counts["documents"], most)))
    found = {
        row["site"]: (row["flagged"], row["documents"])
        for row in rows.to_pylist()
        if is_over(row["flagged"], row["documents"], most)
    }
    return ExcludedSites(xxhash.xxh3_128_hexdigest(orjson.dumps(sorted(found.items()))), found)


def is_over(flagged: int, documents: int, most: float) -> bool:
    """Return whether at least so many flagged documents happen in less than 5 % at this share."""
    if flagged <= most * documents:
        return False
    return most == 0 or binomial_tail(flagged, documents, most) < _LEAST_PROBABILITY


def binomial_tail(least: int, of: int, share: float) -> float:
    """Return the probability of `least` successes or more in `of` trials.

    Args:
        least: no fewer than the mean, and more than 0.
        of: the trials.
        share: the probability of a success, above 0 and below 1.
    """
    log_term = (
        math.lgamma(of + 1)
        - math.lgamma(least + 1)
        - math.lgamma(of - least + 1)
        + least * math.log(share)
        + (of - least) * math.log1p(-share)
    )
    term = total = math.exp(log_term)
    for count in range(least, of):
        term *= (of - count) / (count + 1) * share / (1 - share)
        total += term
        if term < _NEGLIGIBLE:
            break
    return total


def source_verdicts(
    documents: pa.Table, rules: RuleParams, excluded: ExcludedSites | None, *, partner: str
) -> pa.Table:
    """Return RULE_VERDICTS: of rules, and of excluded sites where no rule holds.

    Args:
        documents: `site` and the signals that `rules` use.
        rules: of the build.
        excluded: sites over the limit, or None.
        partner: that delivered the documents.

    Law: row-wise.
    """
    verdicts = rule_verdicts(documents, rules, partner=partner)
    if excluded is None or not excluded.sites:
        return verdicts
    names = pa.array([*excluded.sites], pa.string())
    is_out = pc.and_(pc.is_in(documents["site"], value_set=names), pc.is_null(verdicts["reason"]))
    shown = pa.array(_evidence(*row) for row in excluded.sites.items())
    rows = pc.index_in(documents["site"], value_set=names)
    columns = (str(Stage.SOURCES), str(RejectReason.SOURCE_OVER_LIMIT), shown.take(rows))
    return pa.table(
        [
            pc.if_else(is_out, value, verdicts[name])
            for name, value in zip(RULE_VERDICTS.names, columns, strict=True)
        ],
        schema=RULE_VERDICTS,
    )


def filtered(
    documents: pa.Table, rules: RuleParams, excluded: ExcludedSites | None, *, partner: str
) -> pa.Table:
    """Reject documents: return DOCUMENTS with stage, reason and evidence set.

    Args:
        documents: DOCUMENTS of one partner.
        rules: as for `source_verdicts`.
        excluded: likewise.
        partner: that delivered them.

    Law: row-wise.
    """
    verdicts = source_verdicts(documents, rules, excluded, partner=partner)
    is_filtered = pc.and_(pc.is_valid(verdicts["reason"]), pc.is_null(documents["reason"]))
    for name in RULE_VERDICTS.names:
        column = pc.if_else(is_filtered, verdicts[name], documents[name])
        documents = documents.set_column(documents.schema.get_field_index(name), name, column)
    return documents


def _evidence(site: str, numbers: tuple[int, int]) -> str:
    flagged, documents = numbers
    return f"{site}: {flagged} of {documents} documents are flagged"


def _flagged(counted: pa.Table) -> pa.Table:
    return counted.select(range(len(FLAGGED))).rename_columns(FLAGGED.names).cast(FLAGGED)

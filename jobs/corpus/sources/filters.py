"""Filters of sources and time: which delivered rows are rejected before their text is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.reasons import RejectReason, Stage
from jobs.corpus.model.sites import sites
from jobs.corpus.sources.gate import ExcludedSites
from jobs.corpus.sources.matching import SOURCES, matched_sources
from jobs.corpus.sources.registry import SourceParams, SourcePolicy
from jobs.corpus.sources.rights import are_reserved
from jobs.corpus.sources.rights_params import RightsParams, RightsPolicy
from jobs.corpus.sources.span import SpanParams, are_outside

ORIGINS = pa.schema(
    [
        pa.field("site", pa.string()),  # the host of the address
        *(field for field in SOURCES if field.name != "is_blocked"),
        pa.field("rights", pa.string()),  # opt-outs; null where a build does not ask
        pa.field("stage", pa.string()),  # that rejects the row; null while none does
        pa.field("reason", pa.string()),
        pa.field("evidence", pa.string()),
    ]
)


@dataclass(frozen=True)
class OriginParams:
    """Where documents may come from, and of which time.

    Attributes:
        sources: The registry and the gate.
        span: Of time.
        rights: What opt-outs of pages decide.
        excluded: Sites over the limit of the gate, once a build has counted them.
    """

    sources: SourceParams = field(default_factory=SourceParams)
    span: SpanParams = field(default_factory=SpanParams)
    rights: RightsParams = field(default_factory=RightsParams)
    excluded: ExcludedSites | None = None


def origins(
    urls: pa.Array, published: pa.Array, rights: pa.Array, params: OriginParams
) -> pa.Table:
    """Return ORIGINS, in the same order.

    Args:
        urls: addresses, null where none was delivered.
        published: dates in ISO 8601, null where none can be read.
        rights: opt-outs of pages, null where there are none.
        params: the filters.

    Law: row-wise.
    """
    hosts = sites(pa.chunked_array([urls])).combine_chunks()
    found = pa.table([pa.nulls(len(urls), field.type) for field in SOURCES], schema=SOURCES)
    if params.sources.is_on and params.sources.registry is not None:
        found = matched_sources(urls, hosts, registry=params.sources.registry)
    none = pa.nulls(len(urls), pa.string())
    rights = rights if params.rights.is_on else none
    verdicts = [*_by_source(urls, hosts, found, params.sources), *_by_date(published, params.span)]
    if params.rights.policy == RightsPolicy.REJECT:
        reserved = are_reserved(rights)
        verdicts.append((Stage.RIGHTS, reserved, RejectReason.RIGHTS_RESERVED, rights))
    first = partial(pc.coalesce, none)
    return pa.table(
        {
            "site": hosts,
            **{name: found[name] for name in SOURCES.names if name != "is_blocked"},
            "rights": rights,
            "stage": first(*(pc.if_else(is_so, str(stage), none) for stage, is_so, *_ in verdicts)),
            "reason": first(*(pc.if_else(is_so, str(why), none) for _, is_so, why, _ in verdicts)),
            "evidence": first(*(pc.if_else(is_so, words, none) for _, is_so, _, words in verdicts)),
        },
        schema=ORIGINS,
    )


_Verdict = tuple[Stage, pa.Array, RejectReason, pa.Array]


def _by_source(
    urls: pa.Array, hosts: pa.Array, found: pa.Table, params: SourceParams
) -> list[_Verdict]:
    is_blocked = found["is_blocked"].combine_chunks()
    shown = pc.coalesce(hosts, urls, pa.scalar("no address"))
    verdicts = []
    if params.policy in {SourcePolicy.DENY, SourcePolicy.ALLOW}:
        is_denied = pc.fill_null(is_blocked, pa.scalar(value=False))
        verdicts.append((Stage.SOURCES, is_denied, RejectReason.BLOCKED_SOURCE, shown))
    if params.policy == SourcePolicy.ALLOW:
        is_unlisted = pc.is_null(is_blocked)
        verdicts.append((Stage.SOURCES, is_unlisted, RejectReason.UNLISTED_SOURCE, shown))
    return verdicts


def _by_date(published: pa.Array, params: SpanParams) -> list[_Verdict]:
    if not params.is_on:
        return []
    is_outside = are_outside(published, params)
    verdicts = [(Stage.SPAN, is_outside, RejectReason.OUTSIDE_SPAN, published)]
    if params.missing == "reject":
        why = pa.repeat(pa.scalar("no date that can be read"), len(published))
        verdicts.append((Stage.SPAN, pc.is_null(published), RejectReason.UNDATED, why))
    return verdicts

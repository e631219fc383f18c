"""Publish: the release candidate is counted, written down as a manifest, and committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from jobs.corpus.canonical import CANONICAL_VERSION, folding_digest
from jobs.corpus.conservation import balance
from jobs.corpus.normalization import NORMALIZATION_VERSION
from jobs.corpus.tables import DECISIONS, RELEASED
from jobs.flow.derived import write_derived
from jobs.flow.intake import InputShard
from jobs.flow.marked import Marker
from jobs.flow.merging import Range, totals
from jobs.flow.normalizing import NormalizedShard
from jobs.flow.params import BuildParams, PartnerParams
from jobs.flow.reading import open_release
from jobs.storage.layout import blob_key
from jobs.storage.releases import publish
from jobs.storage.stores import open_store

RELEASE_FORMAT = "heliu-release/1"


@dataclass(frozen=True)
class Published:
    """The outcome of a publish: which release there is, and whether this call made it."""

    corpus: str
    version: str
    digest: str
    is_new: bool
    manifest: dict[str, Any]


def publish_candidate(
    manifest: dict[str, Any], params: BuildParams, about: dict[str, Any]
) -> Published:
    """Commit a candidate's manifest; publishing the same content again changes nothing.

    Raises:
        AlreadyPublished: the version exists with other content.
        LostRace: somebody else committed meanwhile.
        OutcomeUnknown: the store never said.
    """
    store = open_store(params.storage)
    digest, is_new = publish(store, params.corpus, manifest, about=about)
    write_derived(open_release(store, params.corpus, params.version))
    return Published(params.corpus, params.version, digest, is_new, manifest)


def candidate(
    plan: Sequence[InputShard],
    normalized: Sequence[NormalizedShard],
    merged: Sequence[tuple[Range, Marker]],
    params: BuildParams,
) -> dict[str, Any]:
    """The manifest of a release: all that determines and describes it, and nothing that does not.

    No clock, host, worker count, path or code version is in it, so that its digest is the digest
    of the content. Those are told in the log entry that publishes it.

    Raises:
        ConservationError: a partner's counts do not add up.
    """
    files = {kind: _files(merged, kind, params.corpus) for kind in ("shards", "decisions")}
    partners = sorted(params.partners, key=lambda partner: partner.name)
    return {
        "format": RELEASE_FORMAT,
        "corpus": params.corpus,
        "version": params.version,
        "documents": sum(file["rows"] for file in files["shards"]),
        "content_bytes": sum(file["content_bytes"] for file in files["shards"]),
        "partners": {partner.name: _account(partner, normalized, merged) for partner in partners},
        "parameters": _parameters(params),
        "inputs": [_input(shard.partner.name, file) for shard in plan for file in shard.files],
        "schema": {"shards": _columns(RELEASED), "decisions": _columns(DECISIONS)},
        **files,
    }


def _files(merged: Sequence[tuple[Range, Marker]], kind: str, corpus: str) -> list[dict[str, Any]]:
    return [
        {"key": blob_key(corpus, file["sha256"]), "partner": within.partner, **file}
        for within, marker in merged
        for file in marker[kind]
    ]


def _account(
    partner: PartnerParams,
    normalized: Sequence[NormalizedShard],
    merged: Sequence[tuple[Range, Marker]],
) -> dict[str, Any]:
    mine = [marker for within, marker in merged if within.partner == partner.name]
    account = balance(
        partner.name,
        delivered=sum(shard.delivered for shard in normalized if shard.partner == partner.name),
        counts=totals(merged, partner.name),
        released=sum(file["rows"] for marker in mine for file in marker["shards"]),
    )
    return {
        **account,
        "content_bytes": sum(file["content_bytes"] for marker in mine for file in marker["shards"]),
        "licence": partner.licence,
        "priority": partner.priority,
        "metadata": partner.metadata,
    }


def _parameters(params: BuildParams) -> dict[str, Any]:
    return {
        "minhash": asdict(params.signature) | asdict(params.bands),
        "rank": asdict(params.rank),
        "release_bytes": params.shards.release_bytes,
        "reading": {partner.name: _reading(partner) for partner in params.partners},
        "normalization": NORMALIZATION_VERSION,
        "canonical": {"version": CANONICAL_VERSION, "folding": folding_digest()},
    }


def _reading(partner: PartnerParams) -> dict[str, Any]:
    reading = asdict(partner.reading)
    del reading["batch_bytes"]  # how much is read at a time decides nothing
    return reading | {"columns": dict(partner.reading.columns)}


def _input(partner: str, file: Any) -> dict[str, Any]:
    return {
        "partner": partner,
        "file": file.source.name,
        "bytes": file.source.size_bytes,
        "xxh3_128": file.digest,
    }


def _columns(schema: pa.Schema) -> list[dict[str, Any]]:
    return [
        {"name": column.name, "type": str(column.type), "nullable": column.nullable}
        for column in schema
    ]

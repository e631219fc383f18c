"""Records in a manifest of how a release was built: parameters, inputs, schema of its files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import pyarrow as pa

from jobs.corpus.keywords.libraries import RiskLibrary
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES
from jobs.corpus.model.tables import DECISIONS, RELEASED, REMOVED, WITH_META, released_facts_schema
from jobs.corpus.repair.normalization import NORMALIZATION_VERSION
from jobs.corpus.signals.signals import SIGNALS_VERSION
from jobs.corpus.sources.filters import OriginParams
from jobs.corpus.text.canonical import CANONICAL_VERSION, folding_digest
from jobs.flow.params import BuildParams, PartnerParams, recorded_reading
from jobs.flow.shards import NormalizedShard
from jobs.flow.tasks.blobs import FILES
from jobs.flow.tasks.libraries import libraries
from jobs.storage.canonical_json import fingerprint
from jobs.storage.manifests import ColumnEntry, JsonObject, Manifest


class InputName(NamedTuple):
    """A delivered file as a manifest names it: the fields of an entry in `inputs`.

    Attributes:
        partner: Name of the partner that delivered it.
        file: Its name below the deliveries.
        xxh3_128: Of its bytes, as 32 hexadecimal digits.
        reading: Fingerprint of how it is read.
    """

    partner: str
    file: str
    xxh3_128: str
    reading: str


def input_names(inputs: Iterable[Mapping[str, Any]]) -> Iterator[InputName]:
    """Yield the names of entries of a manifest's `inputs`."""
    for entry in inputs:
        yield InputName(*(entry[name] for name in InputName._fields))


def recorded_parameters(params: BuildParams) -> JsonObject:
    """Return the parameters that decide what a release holds."""
    bands = asdict(params.bands) | {"thresholds": params.bands.own_thresholds}
    if not bands["thresholds"]:
        del bands["thresholds"]
    policies = params.private_data.policies
    return {
        "paragraphs": {
            "repeated": asdict(params.repeated_lines),
            "site": asdict(params.site_boilerplate),
        },
        "minhash": bands.pop("signature") | bands,
        "rank": asdict(params.rank),
        "release_bytes": params.shards.release_bytes,
        "reading": {partner.name: _recorded_readings(partner) for partner in params.partners},
        "signals": {
            "version": SIGNALS_VERSION,
            "keywords": _keyword_digests(params),
            "quality": model.digest if (model := params.signals.quality) else None,
            **({"risks": _recorded_risks(risks)} if (risks := params.signals.risks) else {}),
        },
        "rules": asdict(params.rules),
        "normalization": NORMALIZATION_VERSION,
        "canonical": recorded_canonical(),
        **({"private_data": policies} if policies else {}),
        **_recorded_origin(params.origin),
    }


def recorded_canonical() -> JsonObject:
    """Return what signatures of two releases must share to be compared, beside their parameters."""
    return {"version": CANONICAL_VERSION, "folding": folding_digest()}


def _recorded_origin(origin: OriginParams) -> JsonObject:
    """Return what decides where documents come from and of which time; nothing where all may."""
    sources, span, rights = origin.sources, origin.span, origin.rights
    is_asked = sources.is_on or sources.most_flagged is not None
    return {
        **({"sources": asdict(sources)} if is_asked else {}),
        **({"span": asdict(span)} if span.is_on else {}),
        **({"rights": asdict(rights)} if rights.is_on else {}),
    }


def _recorded_readings(partner: PartnerParams) -> JsonObject:
    """Return how a partner's files are read; by group if there are several."""
    read = {group.name: recorded_reading(group.reading, partner.repair) for group in partner.groups}
    return read.get("", {"groups": read})


def reading_of(recorded: JsonObject, fingerprint_of_reading: str | None) -> JsonObject:
    """Return how a file was read.

    Args:
        recorded: of its partner, as in `parameters.reading` of a manifest.
        fingerprint_of_reading: as in the file's entry in `inputs`; None in old releases.
    """
    readings: dict[str, JsonObject] = recorded.get("groups", {"": recorded})
    first, *others = readings.values()
    return next((one for one in others if fingerprint(one) == fingerprint_of_reading), first)


def recorded_private_data(
    params: BuildParams, normalized: Sequence[NormalizedShard], before: Manifest
) -> JsonObject:
    """Return the manifest's `private_data`: numbers per partner, kind and "documents" or "values".

    Nothing for a release that was not searched. Numbers of a parent are counted too.

    Args:
        params: of the build.
        normalized: the shards that were searched.
        before: the manifest of the release that it takes files from.
    """
    if not params.private_data.policies:
        return {}
    found: defaultdict[str, defaultdict[str, Counter[str]]]
    found = defaultdict(lambda: defaultdict(Counter))
    for partner, kinds in before.get("private_data", {}).items():
        for kind, numbers in kinds.items():
            found[partner][kind].update(numbers)
    for shard in normalized:
        for kind, of, count in shard.private_data:
            found[shard.partner][kind][of] += count
    return {"private_data": {p: {k: dict(found[p][k]) for k in found[p]} for p in sorted(found)}}


def with_libraries(parameters: JsonObject, before: Manifest, version: str) -> JsonObject:
    """Add the versions of libraries, by the release whose files they wrote.

    Args:
        parameters: of the release `version`.
        before: the manifest of the release that it takes files from.
        version: of the release.
    """
    known = before["parameters"].get("libraries", {})
    return {**parameters, "libraries": {**known, version: libraries()}}


def recorded_schema(params: BuildParams) -> dict[str, list[ColumnEntry]]:
    """Return the columns of every kind of file in a release."""
    facts = released_facts_schema(params.signature.num_perm)
    schemas = (WITH_META if params.has_meta else RELEASED, facts, DECISIONS, REMOVED)
    return {kind: _columns(schema) for kind, schema in zip(FILES, schemas, strict=True)}


def _keyword_digests(params: BuildParams) -> dict[str, str]:
    lists = zip(KEYWORD_CATEGORIES, params.signals.keywords, strict=True)
    return {category: fingerprint(words) for category, words in lists}


def _recorded_risks(library: RiskLibrary) -> JsonObject:
    """Return what is said of a library: digests and numbers, none of its words."""
    return {**asdict(library), "categories": dict(library.categories)}


def _columns(schema: pa.Schema) -> list[ColumnEntry]:
    return [
        {"name": column.name, "type": str(column.type), "nullable": column.nullable}
        for column in schema
    ]

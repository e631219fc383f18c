"""Restoration: publish copies that were dropped for documents which are taken down.

The decision is that of a build that extends the release without those documents: what it still
holds is frozen, the copies are its only delivery, and every tombstone blocks its duplicates.

::

    tables of the builds ─▶ copies, as their build normalized them     one task per input shard
    copies, frozen facts ─▶ drops                                      dedup, as it is
    copies, drops        ─▶ shards, facts, decisions, removals         merge, as it is
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from jobs.config_errors import IncompatibleParent
from jobs.corpus.model.identity import hash_column
from jobs.corpus.model.tables import DOCUMENTS, REMOVALS
from jobs.corpus.normalize.facts import facts
from jobs.errors import ConservationError, DeliveryMissing
from jobs.flow.builds.merge_stage import merge, totals
from jobs.flow.builds.parent_release import differences, extending
from jobs.flow.builds.run_files import write_run
from jobs.flow.dedup.dedup_stage import Drops, deduplicate
from jobs.flow.dedup.frozen import FrozenShard
from jobs.flow.params import BuildParams
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.takedown.renormalization import RebuildContext, normalized_again, recorded_params
from jobs.flow.takedown.restorable_duplicates import build_manifest
from jobs.flow.tasks.blobs import FILES
from jobs.flow.tasks.checkpoints import (
    Checkpoint,
    CheckpointedTask,
    Progress,
    code_digest,
    map_checkpointed,
)
from jobs.flow.tasks.run_tables import read_documents
from jobs.flow.tasks.sealed_objects import read_table
from jobs.flow.tasks.table_files import write_table
from jobs.on_ray.session import ray_session
from jobs.storage.canonical_json import fingerprint
from jobs.storage.layout import work_key
from jobs.storage.manifests import FileEntry
from jobs.storage.objects import ObjectStore
from jobs.storage.stores import open_store

_STAGE = "restored"
_IDENTITY = ("doc_id", "source_file", "source_row")


@dataclass(frozen=True)
class SourceBuild:
    """Restorable duplicates of one build, as it normalized them: version, parameters and shards."""

    version: str
    params: BuildParams
    shards: tuple[NormalizedShard, ...]


@dataclass(frozen=True)
class Restored:
    """The decisions about restorable duplicates.

    Attributes:
        files: Of restored documents, by kind; of a partner by id. Their manifest gives them keys.
        counts: Decisions per (verdict, stage, reason), by partner.
    """

    files: Mapping[str, Sequence[FileEntry]] = field(default_factory=dict)
    counts: Mapping[str, Counter[tuple[str, str, str]]] = field(default_factory=dict)

    @property
    def documents(self) -> int:
        """How many were restored."""
        return sum(file["rows"] for file in self.files.get("shards", ()))


def origins(
    release: OpenedRelease, places: Mapping[str, pa.Table], rebuild: RebuildContext
) -> tuple[SourceBuild, ...]:
    """Find or normalize again the texts of restorable duplicates; writes work tables alone.

    Args:
        release: that dropped them.
        places: rows of `restorable_duplicates.DELIVERED_ROW`, by the release whose build read them.
        rebuild: how builds are run again.

    Raises:
        DeliveryMissing: a text cannot be had any more.
        ConfigError: a build is unknown here, or compared otherwise than builds do now.
    """
    with ray_session():
        return tuple(_based([_origin(release, *place, rebuild) for place in places.items()]))


def restored(
    found: Sequence[SourceBuild],
    frozen: Sequence[FrozenShard],
    version: str,
    *,
    progress: Progress,
) -> Restored:
    """Decide which copies are restored, and write their files.

    Args:
        found: the copies with consecutive ordinals; at least one build.
        frozen: what the corrected release keeps, and every tombstone.
        version: of the release that gains them.
        progress: called for each finished task.
    """
    params = _together(found, version)
    shards = [shard for origin in found for shard in origin.shards]
    files: dict[str, list[FileEntry]] = {}
    counts: dict[str, Counter[tuple[str, str, str]]] = {}
    with ray_session():
        drops = deduplicate(shards, params, progress=progress, frozen=frozen)
        for origin in found:
            own = _own_drops(origin, drops, params)
            merged = merge(list(origin.shards), own, origin.params, progress=progress)
            recorded = {"since": version, "origin": origin.version}
            for within, checkpoint in merged:
                for kind in FILES:
                    files.setdefault(kind, []).extend(
                        cast("FileEntry", {"partner": within.partner, **recorded, **file})
                        for file in checkpoint[kind]
                    )
            for partner in origin.params.partners:
                count = counts.setdefault(partner.name, Counter())
                count.update(totals(merged, partner.name))
    # Several builds may have met copies of one partner.
    return Restored({kind: sorted(f, key=_by_id) for kind, f in files.items()}, counts)


def _by_id(entry: FileEntry) -> tuple[str, str]:
    return entry["partner"], entry["first_id"]


def _together(found: Sequence[SourceBuild], version: str) -> BuildParams:
    """Return the newest build's parameters with the partners of all builds."""
    partners = {p.name: p for origin in found for p in origin.params.partners}
    newest = found[-1].params
    return replace(newest, version=version, parent=None, partners=tuple(partners.values()))


def _based(found: Sequence[SourceBuild]) -> Iterator[SourceBuild]:
    """Yield the builds with consecutive ordinals for their documents."""
    base = 0
    for origin in found:
        shards = []
        for shard in origin.shards:
            shards.append(replace(shard, base=base))
            base += shard.delivered
        yield replace(origin, shards=tuple(shards))


def _origin(
    release: OpenedRelease, version: str, places: pa.Table, rebuild: RebuildContext
) -> SourceBuild:
    partners = set(places["partner"].to_pylist())
    manifest = build_manifest(release, version)
    params = extending(recorded_params(release.source, version, rebuild), release.manifest)
    _require_fit(release, params)
    try:
        shards = normalized_again(
            release.store, manifest, params, partners, progress=rebuild.progress
        )
    except DeliveryMissing as error:
        place = places.slice(0, 1).to_pylist()[0]
        raise DeliveryMissing(
            f"{len(places):,} documents that may return have no text any more, such as "
            f"{place['doc_id']} of {place['partner']} ({place['source_file']}, row "
            f"{place['source_row']:,}): what {version} left below {release.corpus}/work is "
            f"missing, and {error}. Give deliveries={{NAME: PATH}} where it is now, bring it back, "
            "or give policy=remove; nothing was changed"
        ) from error
    own = tuple(partner for partner in params.partners if partner.name in partners)
    params = replace(params, partners=own)
    return SourceBuild(version, params, _chosen(shards, places, params, rebuild.progress))


def _require_fit(release: OpenedRelease, params: BuildParams) -> None:
    if listed := "\n".join(f"  {line}" for line in differences(release.manifest, params)):
        raise IncompatibleParent(
            f"{release.corpus} {release.version} was built otherwise than heliu builds now, so "
            f"copies cannot be compared with its documents (its value, now):\n{listed}\n"
            "take down with what built it, or give policy=remove; nothing was changed"
        )


def _chosen(
    shards: Sequence[NormalizedShard], places: pa.Table, params: BuildParams, progress: Progress
) -> tuple[NormalizedShard, ...]:
    """Return shards with the wanted rows alone, at new positions."""
    names = [places[name].to_pylist() for name in places.column_names]
    key = fingerprint([shard.key for shard in shards], names, code_digest())
    folder = work_key(params.corpus, _STAGE, key)
    identities = places.set_column(0, "doc_id", hash_column(places["doc_id"]))
    wanted = write_table(open_store(params.storage), f"{folder}/wanted.parquet", identities)
    partners = {partner.name for partner in params.partners}
    shards_wanted = [shard for shard in shards if shard.partner in partners]
    work = [
        CheckpointedTask(f"{folder}/{shard.key}.json", (folder, shard, wanted))
        for shard in shards_wanted
    ]
    checkpoints = map_checkpointed(_choose, work, params=params, label="copies", progress=progress)
    chosen = tuple(_shard(*pair, key) for pair in zip(shards_wanted, checkpoints, strict=True))
    met = sum(shard.delivered for shard in chosen)
    if met != len(places):
        raise ConservationError(
            f"{len(places):,} documents may return, of which {met:,} were found among what was "
            "normalized: nothing was changed; run heliu verify on the release"
        )
    return chosen


def _shard(shard: NormalizedShard, checkpoint: Checkpoint, key: str) -> NormalizedShard:
    return NormalizedShard(
        partner=shard.partner,
        key=fingerprint(shard.key, key),
        runs=tuple(Run(**run) for run in checkpoint["runs"]),
        delivered=checkpoint["delivered"],
        rejected=(),
        content_bytes=checkpoint["content_bytes"],
        base=0,
    )


def _choose(spec: tuple[str, NormalizedShard, str], *, params: BuildParams) -> Checkpoint:
    folder, shard, wanted = spec
    store = open_store(params.storage)
    identities = read_table(store, wanted)
    places = identities.filter(pc.equal(identities["partner"], shard.partner)).select(
        list(_IDENTITY)
    )
    checkpoint: Checkpoint = {"runs": [], "delivered": 0, "content_bytes": 0}
    for number, run in enumerate(shard.runs):
        documents, removals = _rows(store, run, places, first=checkpoint["delivered"])
        if len(documents):
            name = f"{folder}/{shard.key}/{{}}-{number:05d}"
            known = facts(documents, params=params.signature)
            checkpoint["runs"].append(write_run(store, name, documents, known, removals))
            checkpoint["delivered"] += len(documents)
            checkpoint["content_bytes"] += pc.sum(pc.binary_length(documents["content"])).as_py()
    return checkpoint


def _rows(
    store: ObjectStore, run: Run, places: pa.Table, *, first: int
) -> tuple[pa.Table, pa.Table]:
    """Return the wanted DOCUMENTS of a run, and their REMOVALS, at positions from `first`."""
    known = read_table(store, run.documents_key, columns=list(_IDENTITY))
    may_be = pc.is_in(known["doc_id"], value_set=places["doc_id"].combine_chunks())
    wanted = set(zip(*(places[name].to_pylist() for name in _IDENTITY), strict=True))
    met = zip(*(known.filter(may_be)[name].to_pylist() for name in _IDENTITY), strict=True)
    is_wanted = may_be.to_numpy().copy()
    is_wanted[is_wanted] = [place in wanted for place in met]
    if not is_wanted.any():
        return DOCUMENTS.empty_table(), REMOVALS.empty_table()
    documents = read_documents(store, run).filter(pa.array(is_wanted))
    removals = read_table(store, run.removals_key)
    at = pc.index_in(removals["position"], value_set=documents["position"].combine_chunks())
    removals, at = removals.filter(pc.is_valid(at)), pc.drop_null(at).cast(pa.int64())
    numbers = pa.array(range(first, first + len(documents)), pa.int64())
    return _at(documents, numbers), _at(removals, pc.add(at, first))


def _at(table: pa.Table, positions: Any) -> pa.Table:
    place = table.schema.get_field_index("position")
    return table.set_column(place, table.schema.field(place), positions)


def _own_drops(origin: SourceBuild, drops: Drops, params: BuildParams) -> Drops:
    """Return the drops among the copies of one build."""
    store = open_store(params.storage)
    ranges = [(shard.base, shard.base + shard.delivered) for shard in origin.shards]
    tables = [read_table(store, file) for file in drops.files]
    table = pa.concat_tables(tables)
    ordinals = table["ordinal"]
    first, end = min(ranges)[0], max(ranges)[1]
    own = pc.and_(pc.greater_equal(ordinals, first), pc.less(ordinals, end))
    table = table.filter(own).sort_by([("doc_id", "ascending"), ("ordinal", "ascending")])
    key = fingerprint(drops.key, origin.version)
    file = work_key(params.corpus, _STAGE, key, "drops.parquet")
    file = write_table(store, file, table, row_group_rows=1 << 16)
    return Drops(key, (file,), len(table))

"""What a release records of itself, as its papers need it: manifest, log entry, amounts.

Numbers are those of what the release holds now: of documents that a takedown removed since it was
published nothing is counted and no site is named.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.sources.domains import registered_domain
from jobs.flow.releases.amounts import amounts_by
from jobs.flow.releases.described_files import current_manifest
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.processing import sources
from jobs.storage.corpus import Corpus
from jobs.storage.entries import LogEntry
from jobs.storage.log import entry_at
from jobs.storage.manifests import FileEntry, JsonObject, Manifest, PartnerAccount

_GROUPINGS = (
    ("partner", "licence"),
    ("partner", "site"),
    ("language",),
    ("script",),
    ("year",),
    ("source_tier",),
    ("region",),
    ("length",),
    ("rights",),
)


class Amount(NamedTuple):
    """Documents of one value, and the characters of their texts."""

    name: str | None
    documents: int
    characters: int


@dataclass(frozen=True)
class Ledger:
    """The records of a release.

    Attributes:
        manifest: Of the release, with the numbers of what it holds now.
        digest: Of the manifest as it was published.
        published_at: ISO 8601.
        entry: Of the log, that published it; None if the log has none any more.
        parent_published_at: Of the release that it extends or corrects, or None.
        shards: Its files of documents now.
        locations: Of these files.
        amounts: By `_GROUPINGS`, as `amounts_by` returns them; domains in place of sites.
    """

    manifest: Manifest
    digest: str
    published_at: str
    entry: LogEntry | None
    parent_published_at: str | None
    shards: list[FileEntry]
    locations: list[str]
    amounts: dict[tuple[str, ...], pa.Table]

    @property
    def name(self) -> str:
        """Corpus and version."""
        return f"{self.manifest['corpus']} {self.manifest['version']}"

    @property
    def published_utc(self) -> str | None:
        """When it was published, to the second, as `2023-11-29T00:00:00Z`; None if not known."""
        if not self.published_at:
            return None
        at = datetime.fromisoformat(self.published_at)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def partners(self) -> dict[str, PartnerAccount]:
        """The accounts of the partners whose documents it holds."""
        return sources(self.manifest)

    @property
    def commit_info(self) -> JsonObject:
        """User, time, code and more of the commit that published it."""
        return self.entry["about"] if self.entry else {}

    @property
    def characters(self) -> int:
        """The characters of all texts."""
        return sum(one.characters for one in self.by("length"))

    def by(self, key: str) -> list[Amount]:
        """Return the amounts by one key, the most characters first."""
        keys = next(one for one in _GROUPINGS if one[-1] == key)
        return _amounts(self.amounts[keys], key)

    def licences(self, partner: str) -> list[Amount]:
        """Return the amounts of a partner by licence, the most characters first."""
        return _amounts(_of(self.amounts["partner", "licence"], {partner}), "licence")

    def domains(self, partners: Collection[str]) -> pa.Table:
        """Return `domain`, `documents` and `characters` of some partners, most characters first.

        A host that is no name below a public suffix stands for itself; documents without a site
        are left out.
        """
        found = _of(self.amounts["partner", "domain"], partners)
        sums = [("documents", "sum"), ("characters", "sum")]
        summed = found.group_by("domain").aggregate(sums)
        summed = summed.rename_columns(["domain", "documents", "characters"])
        return summed.sort_by([("characters", "descending"), ("domain", "ascending")])


def read_ledger(release: OpenedRelease) -> Ledger:
    """Return the records of a release; read narrow columns of its files.

    Raises:
        DamagedRelease: a file is not what was published.
    """
    amounts = dict(zip(_GROUPINGS, amounts_by(release, _GROUPINGS), strict=True))
    amounts["partner", "domain"] = _with_domains(amounts.pop(("partner", "site")))
    parent = release.manifest.get("parent")
    known = release.at.registry.exactly(parent["version"]) if parent else None
    return Ledger(
        manifest=current_manifest(release),
        digest=release.digest,
        published_at=release.published_at,
        entry=_publishing_entry(release),
        parent_published_at=known["at"] if known else None,
        shards=release.entries("shards"),
        locations=release.files("shards"),
        amounts=amounts,
    )


def _publishing_entry(release: OpenedRelease) -> LogEntry | None:
    """Return the log entry that published a release; looked for from the newest on."""
    corpus = Corpus(release.store, release.corpus)
    for seq in range(release.at.seq, 0, -1):
        entry = entry_at(corpus, seq)
        if entry is not None:
            operation = entry["operation"]
            published = operation.get("release") or operation
            if operation["op"] in {"publish", "redact"} and (
                published.get("version") == release.version
            ):
                return entry
    return None


def _with_domains(sites: pa.Table) -> pa.Table:
    """Return amounts by partner and domain from those by partner and site."""
    known = sites.filter(pc.is_valid(sites["site"]))
    hosts = known["site"].unique()
    domains = pa.array((registered_domain(host) or host for host in map(str, hosts)), pa.string())
    rows = pc.index_in(known["site"], value_set=hosts)
    named = known.set_column(known.schema.get_field_index("site"), "domain", domains.take(rows))
    summed = named.group_by(["partner", "domain"]).aggregate(
        [("documents", "sum"), ("characters", "sum")]
    )
    return summed.rename_columns(["partner", "domain", "documents", "characters"])


def _of(table: pa.Table, partners: Collection[str]) -> pa.Table:
    return table.filter(pc.is_in(table["partner"], pa.array([*partners], pa.string())))


def _amounts(table: pa.Table, key: str) -> list[Amount]:
    columns = (table[name].to_pylist() for name in (key, "documents", "characters"))
    return [Amount(*row) for row in zip(*columns, strict=True)]

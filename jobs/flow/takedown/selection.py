"""Selection: resolve criteria (ids, URLs, domain, text, …) to documents and load their facts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.identity import document_id
from jobs.corpus.model.sites import sites
from jobs.corpus.release.takedown import MATCHING_FACTS, Policy, Selection, selected
from jobs.errors import ConfigError
from jobs.flow.dedup.tombstones import compared_by
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.layout import check_version
from jobs.storage.manifests import FileEntry, RecordedRequest
from jobs.storage.whole_objects import whole_file

_ID = re.compile("[0-9a-f]{32}")
_BATCH_ROWS = 1 << 14  # of texts read at a time: some 100 MB


@dataclass(frozen=True)
class Request:
    """A request for a takedown.

    Attributes:
        version: Of the release without the documents.
        selection: Which documents to remove.
        reason: Why; it stays in the release for ever.
        policy: Whether copies of them are removed or may be restored.
        is_redacting: Whether all other releases lose them too, and every object with them goes.
    """

    version: str
    selection: Selection
    reason: str
    policy: Policy
    is_redacting: bool

    def __post_init__(self) -> None:
        """Raise ConfigError for no version, and if text alone is combined with policy=restore."""
        check_version(self.version)
        if self.policy == Policy.RESTORE and {*self.selection.columns} <= {"content", "title"}:
            raise ConfigError(
                "contains=… alone means a text, and policy=restore lets texts stay with others: "
                "give policy=remove, or say whose documents with another criterion"
            )

    def recorded(self, release: OpenedRelease) -> RecordedRequest:
        """Return what the manifest of a takedown from `release` records of the request."""
        return {
            "version": release.version,
            "digest": release.digest,
            "policy": str(self.policy),
            "reason": self.reason,
            "is_redacting": self.is_redacting,
        }


@dataclass
class Chosen:
    """The documents that were selected so far: their facts, and how many per partner and host."""

    facts: list[pa.Table]
    partners: Counter[str]
    sites: Counter[str]


def document_ids(asked: Sequence[str]) -> tuple[str, ...]:
    """Return document ids for ids or PARTNER/ID.

    Raises:
        ConfigError: one is neither; the message has its number alone.
    """
    ids = []
    for number, one in enumerate(asked, start=1):
        partner, slash, source_id = one.partition("/")
        if slash:
            ids.append(document_id(partner, source_id).hex())
        elif _ID.fullmatch(one):
            ids.append(one)
        else:
            raise ConfigError(
                f"ids: number {number} is neither 32 hexadecimal digits nor PARTNER/ID"
            )
    return tuple(ids)


def choose(releases: Sequence[OpenedRelease], selection: Selection) -> Chosen:
    """Find the documents of releases that match; each shard is read once.

    Args:
        releases: the parameters of the first one decide which signatures are kept.
        selection: the criteria.

    Raises:
        ConfigError: a release has no facts.
    """
    chosen = Chosen([], Counter(), Counter())
    seen: set[str] = set()
    for release in releases:
        for shard, facts in pairs(release):
            if shard["sha256"] not in seen and _may_hold(shard, selection):
                seen.add(shard["sha256"])
                known = partial(known_facts, release, facts, releases[0])
                _choose(release, shard, known, selection, chosen)
    return chosen


def pairs(release: OpenedRelease) -> Iterator[tuple[FileEntry, FileEntry]]:
    """Return the entries of each shard of a release and of its facts, in pairs."""
    shards, facts = release.entries("shards"), release.entries("facts")
    if len(shards) != len(facts):
        raise ConfigError(
            f"{release.corpus} {release.version} has no facts of its documents, by which copies "
            "are known: build it again with this version of heliu"
        )
    return zip(shards, facts, strict=True)


def _may_hold(shard: FileEntry, selection: Selection) -> bool:
    if selection.partner not in {None, shard["partner"]}:
        return False
    first, last = shard["first_id"], shard["last_id"]
    return not selection.ids or any(first <= one <= last for one in selection.ids)


def _choose(
    release: OpenedRelease,
    shard: FileEntry,
    facts_of: Callable[[], pa.Table],
    selection: Selection,
    chosen: Chosen,
) -> None:
    ids: list[str] = []
    columns = [*dict.fromkeys(["id", "url", *selection.columns])]
    with whole_file(release.store, shard["key"]) as stream:
        reader = pq.ParquetFile(stream)
        for batch in reader.iter_batches(_BATCH_ROWS, columns=columns):
            table = pa.Table.from_batches([batch])
            table = table.filter(selected(table, selection))
            ids += table["id"].to_pylist()
            chosen.sites.update(host or "" for host in sites(table["url"]).to_pylist())
    if ids:
        chosen.partners[shard["partner"]] += len(ids)
        known = facts_of()
        chosen.facts.append(known.filter(pc.is_in(known["id"], value_set=pa.array(ids))))


def known_facts(release: OpenedRelease, facts: FileEntry, corrected: OpenedRelease) -> pa.Table:
    """Read the columns MATCHING_FACTS of a file; null signatures if they were made differently.

    Args:
        release: that lists the file.
        facts: entry of the file.
        corrected: the release whose signatures are compared with.
    """
    with whole_file(release.store, facts["key"]) as stream:
        known = pq.read_table(stream, columns=list(MATCHING_FACTS))
    schema = corrected.schema("facts")
    if not is_comparable(release, corrected):
        for name in ("canonical_hash", "signature"):
            at = known.schema.get_field_index(name)
            field = schema.field(name)
            known = known.set_column(at, field, pa.nulls(len(known), field.type))
    return known.cast(pa.schema([schema.field(name) for name in MATCHING_FACTS]))


def is_comparable(release: OpenedRelease, corrected: OpenedRelease) -> bool:
    """Whether documents of both releases can be compared by their signatures."""
    here, there = (compared_by(one.manifest["parameters"]) for one in (corrected, release))
    return here == there

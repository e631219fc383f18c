"""Difference of two releases, by partner, reason and site.

Files that both releases share are never read: only the others can differ. Of these, ids and
content hashes are read once, from the facts if both releases have them and from the text
otherwise, and compared range of ids by range. What differs is then looked up: its site in the
shards, its reason in the decisions of the later release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.sites import sites
from jobs.corpus.release.comparison import Changes, IdKeys, compare, id_keys, positions
from jobs.corpus.text.text_buffers import text_hashes
from jobs.flow.releases.hash_ranges import HashRanges
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.manifests import FileEntry, JsonObject
from jobs.storage.scratch import scratch_folder
from jobs.storage.whole_objects import whole_file

NOT_DELIVERED = "not delivered"
"""The reason of a removed document that no delivery of the later release has."""

Rows = Callable[[str, pa.Table], None]
"""Called with (`added`, `removed`, `changed` or `changed_before`, rows of RELEASED)."""

_THREADS = 2
_RANGE_ROWS = 1 << 20  # of both releases; about 100 MB in a thread
_SIDES = (("before", "removed"), ("after", "added"))


@dataclass
class Difference:
    """From release `before` to release `after`.

    Attributes:
        partners: Per partner `added`, `removed`, `changed` and `unchanged` documents.
        reasons: Per partner, why documents were removed: `stage/reason` of the later release.
        sites: Per partner, site and kind of change, documents; no site where there is no URL.
        shards: `shared`, `only_before` and `only_after` files of documents.
    """

    before: str
    after: str
    partners: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)
    sites: list[JsonObject] = field(default_factory=list)
    shards: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pair:
    """The files of one partner that only one of the releases has, kind by kind."""

    partner: str
    before: OpenedRelease
    after: OpenedRelease

    def files(self, side: str, kind: str) -> list[FileEntry]:
        """Return the files of the release `before` or `after`."""
        here, there = (self.before, self.after) if side == "before" else (self.after, self.before)
        known = {entry["key"] for entry in there.entries(kind)}
        return [
            entry
            for entry in here.entries(kind)
            if entry["partner"] == self.partner and entry["key"] not in known
        ]

    def release(self, side: str) -> OpenedRelease:
        """Return the release of a side."""
        return self.before if side == "before" else self.after


def diff(before: OpenedRelease, after: OpenedRelease, rows: Rows | None = None) -> Difference:
    """Compare two releases of a corpus; they may be in different roots.

    Args:
        before: the release compared with.
        after: the release that is described.
        rows: called with the rows that differ, if given.
    """
    found = Difference(_name(before), _name(after))
    keys = [{entry["key"] for entry in release.entries("shards")} for release in (before, after)]
    found.shards = {
        "shared": len(keys[0] & keys[1]),
        "only_before": len(keys[0] - keys[1]),
        "only_after": len(keys[1] - keys[0]),
    }
    for partner in sorted(before.manifest["partners"] | after.manifest["partners"]):
        pair = _Pair(partner, before, after)
        changes = _changes(pair)
        _count(found, pair, changes)
        found.sites += _sites(pair, changes, rows)
    return found


def _name(release: OpenedRelease) -> str:
    return f"{release.corpus}/{release.version}@sha256:{release.digest}"


def _count(found: Difference, pair: _Pair, changes: Changes) -> None:
    counts = {name: len(getattr(changes, name)) for name in ("added", "removed", "changed")}
    shards = pair.after.entries("shards")  # the account of a redacted release counts more
    there = sum(entry["rows"] for entry in shards if entry["partner"] == pair.partner)
    unchanged = there - counts["added"] - counts["changed"]
    found.partners[pair.partner] = {**counts, "unchanged": unchanged}
    if reasons := _reasons(pair, changes.removed):
        found.reasons[pair.partner] = reasons


def _changes(pair: _Pair) -> Changes:
    """Ids that differ: 16 bytes each are held; 32 bytes of every row are in scratch files."""
    is_fact = all(release.entries("facts") for release in (pair.before, pair.after))
    kind = "facts" if is_fact else "shards"
    sides = [pair.files(side, kind) for side in ("before", "after")]

    rows = sum(entry["rows"] for entry in [*sides[0], *sides[1]])
    ranges = -(-rows // _RANGE_ROWS)
    with scratch_folder() as folder, ThreadPoolExecutor(_THREADS) as pool:
        known = [HashRanges(folder / side, ranges) for side in ("before", "after")]
        for release, entries, into in zip((pair.before, pair.after), sides, known, strict=True):
            list(pool.map(partial(_add_hashes, release, kind, into), entries))
        parts = list(pool.map(lambda n: compare(*(one.range(n) for one in known)), range(ranges)))
    none = np.zeros((0, 2), np.uint64)
    return Changes(
        *(
            np.concatenate([none, *(getattr(part, name) for part in parts)])
            for name in ("added", "removed", "changed")
        )
    )


def _add_hashes(release: OpenedRelease, kind: str, into: HashRanges, entry: FileEntry) -> None:
    """Add the ids and content hashes of a file."""
    column = "text_hash" if kind == "facts" else "content"
    for table in _groups(release, entry, ["id", column]):
        texts = table[column].combine_chunks()
        into.add(id_keys(table["id"]), id_keys(texts if kind == "facts" else text_hashes(texts)))


def _groups(
    release: OpenedRelease, entry: FileEntry, columns: list[str] | None
) -> Iterator[pa.Table]:
    """The row groups of a file, one after the other."""
    with whole_file(release.store, entry["key"]) as stream:
        reader = pq.ParquetFile(stream)
        for group in range(reader.num_row_groups):
            yield reader.read_row_group(group, columns)


def _reasons(pair: _Pair, removed: IdKeys) -> dict[str, int]:
    """Count removed documents by their decision in the later release."""
    if not len(removed):
        return {}
    names = np.full(len(removed), NOT_DELIVERED, object)
    columns = ["doc_id", "verdict", "stage", "reason"]
    for entry in pair.files("after", "decisions"):
        with whole_file(pair.after.store, entry["key"]) as stream:
            table = pq.read_table(stream, columns=columns)
        at = positions(*_distinct(removed, table))
        known = table.take(pa.array(_first_rows(table)[at[at >= 0]]))
        why = pc.binary_join_element_wise(
            known["stage"], pc.coalesce(known["reason"], known["verdict"]), "/"
        )
        names[at >= 0] = why.to_pylist()
    return dict(sorted(Counter(names.tolist()).items()))


def _distinct(removed: IdKeys, decisions: pa.Table) -> tuple[IdKeys, IdKeys]:
    # A partner may deliver one id several times; decisions are sorted by id.
    return removed, id_keys(decisions["doc_id"])[_first_rows(decisions)]


def _first_rows(decisions: pa.Table) -> Any:
    keys = id_keys(decisions["doc_id"])
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    return np.flatnonzero(is_first)


def _sites(pair: _Pair, changes: Changes, rows: Rows | None) -> list[JsonObject]:
    counts: Counter[tuple[str, str]] = Counter()
    for side, change in _SIDES:
        wanted = {change: getattr(changes, change), "changed": changes.changed}
        if any(map(len, wanted.values())):
            for name, table in _rows(pair, side, wanted, is_whole=rows is not None):
                label = "changed_before" if (name, side) == ("changed", "before") else name
                if rows is not None:
                    rows(label, table)
                if label != "changed_before":
                    hosts = sites(table["url"]).to_pylist() if "url" in table.column_names else []
                    counts.update((host or "", name) for host in hosts)
    keys = {site for site, _ in counts}
    return [
        {"partner": pair.partner, "site": site}
        | {name: counts[site, name] for name in ("added", "removed", "changed")}
        for site in sorted(keys, key=lambda site: (-_total(counts, site), site))
    ]


def _total(counts: Counter[tuple[str, str]], site: str) -> int:
    return sum(counts[site, name] for name in ("added", "removed", "changed"))


def _rows(
    pair: _Pair, side: str, wanted: dict[str, IdKeys], *, is_whole: bool
) -> Iterator[tuple[str, pa.Table]]:
    """Yield rows of the shards with these ids, by name; only ids and URLs if not whole."""
    release = pair.release(side)
    columns = None if is_whole else ["id", "url"]
    for entry in pair.files(side, "shards"):
        for table in _groups(release, entry, columns):
            keys = id_keys(table["id"])
            for name, ids in wanted.items():
                chosen = table.filter(pa.array(positions(keys, ids) >= 0))
                if len(chosen):
                    yield name, chosen

"""Verification: compare a release with its manifest, at a chosen level.

Each level includes those before it: `metadata` reads the log and the manifest, `sizes` lists the
files, `footers` opens each, `sample` reads some of them whole, `everything` reads all and counts
every row again.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from jobs.config_errors import unknown_choice
from jobs.corpus.model.reasons import DropReason, Stage
from jobs.corpus.release.conservation import balance
from jobs.errors import ConfigError, ConservationError
from jobs.flow.releases.file_checks import FileCheck, FileReport, Halves, check_file
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.canonical_json import canonical_json
from jobs.storage.log import head, history
from jobs.storage.manifests import FileEntry, PartnerAccount, files_of
from jobs.storage.releases import read_manifest, resolved

LEVELS = ("metadata", "sizes", "footers", "sample", "everything")
_METADATA, _SIZES, _FOOTERS, _SAMPLE, _EVERYTHING = range(len(LEVELS))
_THREADS = 8  # most of the time each waits for an answer
_TAKEN_DOWN = f"{Stage.TAKEDOWN}/{DropReason.TAKEN_DOWN}"

Checks = Callable[[Sequence[FileCheck]], Iterable[FileReport]]
"""How files are checked: in threads here, or as tasks elsewhere; in any order."""


@dataclass
class Findings:
    """The result of verification: a sound release has no problems of either kind.

    Attributes:
        level: How closely it looked.
        files: Of the release.
        files_read: Read whole.
        size_bytes: Of all files.
        documents: In the shards: counted, or else from the manifest.
        is_redacted: A takedown removed rows since it was published: its accounts count more rows.
        orphans: Stored files that no release lists, as stopped builds leave them. No damage.
        metadata_problems: The log or manifest contradicts itself.
        problems: Files that differ from the manifest.
    """

    level: str
    files: int = 0
    files_read: int = 0
    size_bytes: int = 0
    documents: int = 0
    is_redacted: bool = False
    orphans: int = 0
    metadata_problems: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def verify(
    release: OpenedRelease,
    level: str = "everything",
    *,
    sample: float = 1.0,
    checks: Checks | None = None,
) -> Findings:
    """Compare a release with its manifest.

    At `everything`, checked are: the log's chain; size, sha256 and rows of every file; that ids
    ascend; counts per partner, verdict and reason; that kept rows are exactly the documents of the
    shards; that every drop names a document of this release.

    Args:
        release: to verify.
        level: one of LEVELS.
        sample: the share of files read whole at level `sample`.
        checks: how files are checked; None for threads of this process.

    Raises:
        ConfigError: no such level.
        DamagedMetadata: the log was edited, or is no log.
        StorageError: the store cannot be reached.
    """
    depth = _depth(level, sample)
    findings = Findings(level, is_redacted=release.is_redacted)
    findings.documents = sum(entry["rows"] for entry in release.entries("shards"))
    history(release.source)
    findings.metadata_problems += _manifest_problems(release)
    entries = [(kind, entry) for kind in release.kinds() for entry in release.entries(kind)]
    findings.files = len(entries)
    findings.size_bytes = sum(entry["bytes"] for _, entry in entries)
    if depth >= _SIZES:
        _check_sizes(release, findings)
    if depth >= _FOOTERS and not findings.problems:
        # The largest first, so that no worker is left alone with a large file at the end.
        work = sorted(_file_checks(entries, depth, sample), key=_size, reverse=True)
        findings.files_read = sum(check.is_whole for check in work)
        reports = list((checks or partial(_in_threads, release))(work))
        findings.problems += sorted(_problems(release, reports))
        if depth == _EVERYTHING and not findings.problems:
            findings.problems += _row_problems(release, reports)
    return findings


def _size(check: FileCheck) -> int:
    return int(check.entry["bytes"])


def _depth(level: str, sample: float) -> int:
    if level not in LEVELS:
        raise unknown_choice("level", level, LEVELS)
    if not 0 < sample <= 1:
        raise ConfigError(f"sample={sample} is no share of the files: give more than 0, at most 1")
    return LEVELS.index(level)


def _in_threads(release: OpenedRelease, work: Sequence[FileCheck]) -> list[FileReport]:
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(partial(check_file, store=release.store), work))


def _file_checks(
    entries: Sequence[tuple[str, FileEntry]], depth: int, sample: float
) -> Iterator[FileCheck]:
    shares = {_FOOTERS: 0.0, _SAMPLE: sample, _EVERYTHING: 1.0}
    count = math.ceil(shares[depth] * len(entries))
    # Another sample each time: after enough runs every file has been read.
    chosen = set(random.SystemRandom().sample(range(len(entries)), count))
    for number, (kind, entry) in enumerate(entries):
        yield FileCheck(kind, entry, is_whole=number in chosen)


def _manifest_problems(release: OpenedRelease) -> Iterator[str]:
    """Yield contradictions within the manifest."""
    yield from _sum_problems(release)
    for kind in release.kinds():
        for entry in release.entries(kind):
            if entry["sha256"] not in entry["key"]:
                yield f"{entry['key']} is not named by its sha256"
    yield from _pair_problems(release)


def _pair_problems(release: OpenedRelease) -> Iterator[str]:
    """Yield differences between facts and the shard of the same place in its list."""
    shards, facts = release.entries("shards"), release.entries("facts")
    if "facts" not in release.kinds():
        return
    pairs = [
        [(e["partner"], e["rows"], e["first_id"], e["last_id"]) for e in kind]
        for kind in (shards, facts)
    ]
    if pairs[0] != pairs[1]:
        yield "facts are not row by row those of the shards"


def _sum_problems(release: OpenedRelease) -> Iterator[str]:
    manifest = release.manifest
    rows: Counter[str] = Counter()
    for entry in release.entries("shards"):
        rows[entry["partner"]] += entry["rows"]
    for partner, account in manifest["partners"].items():
        lost = account["dropped"] + account["rejected"]
        if not _fits(rows[partner], account["kept"], release) or lost != sum(
            account["reasons"].values()
        ):
            yield f"partner {partner}: its account and its shards do not add up"
        if account["delivered"] != account["kept"] + lost:
            yield f"partner {partner}: delivered is not kept, dropped and rejected"
    documents = manifest["documents"]
    is_sum = documents == sum(map(_kept, manifest["partners"].values()))
    if not is_sum or not _fits(rows.total(), documents, release):
        yield f"{documents:,} documents are not the {rows.total():,} of the shards"


def _fits(now: int, published: int, release: OpenedRelease) -> bool:
    """Whether a number is the published one, or after a redaction not above it."""
    return now <= published if release.is_redacted else now == published


def _kept(account: PartnerAccount) -> int:
    return account["kept"]


def _check_sizes(release: OpenedRelease, findings: Findings) -> None:
    """Compare the sizes of all files with one listing, and count files that no release lists."""
    stored = {info.key: info.size_bytes for info in release.store.list(f"{release.corpus}/blobs/")}
    for kind in release.kinds():
        for entry in release.entries(kind):
            size, location = stored.get(entry["key"]), release.store.location(entry["key"])
            if size is None:
                findings.problems.append(f"{location}: it is missing")
            elif size != entry["bytes"]:
                findings.problems.append(
                    f"{location}: it has {size:,} bytes, {entry['bytes']:,} were published"
                )
    findings.orphans = len(stored.keys() - _referenced(release))


def _referenced(release: OpenedRelease) -> set[str]:
    keys: set[str] = set()
    at = head(release.source)
    for known in at.releases:
        manifest = read_manifest(release.source, known["digest"])
        keys.update(
            file["key"] for file in files_of(resolved(manifest, at.registry, release.corpus))
        )
    return keys | {*at.registry.tombstones}


def _problems(release: OpenedRelease, reports: Iterable[FileReport]) -> Iterator[str]:
    for report in reports:
        if report.problem is not None:
            yield f"{release.store.location(report.entry['key'])}: {report.problem}"


def _row_problems(release: OpenedRelease, reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield contradictions between decisions, shards, facts and accounts."""
    everything = _ids(report.ids for report in reports if report.kind == "shards")
    if (again := np.count_nonzero(everything[1:] == everything[:-1])) > 0:
        yield f"{again:,} documents are there twice"
    for partner in release.manifest["partners"]:
        own = [report for report in reports if report.entry["partner"] == partner]
        facts, decisions = ([r for r in own if r.kind == kind] for kind in ("facts", "decisions"))
        released = _ids(report.ids for report in own if report.kind == "shards")
        if facts and not np.array_equal(_ids(report.ids for report in facts), released):
            yield f"partner {partner}: the facts are not those of the documents in the shards"
        yield from _decision_problems(release, partner, decisions, released)
        named = _ids(report.named for report in decisions)
        if stray := len(named) - _count_known(named, everything):
            yield f"partner {partner}: {stray:,} drops name no document of this release"


def _decision_problems(
    release: OpenedRelease, partner: str, decisions: Sequence[FileReport], released: Halves
) -> Iterator[str]:
    counts = sum((report.counts for report in decisions), Counter[tuple[str, str, str]]())
    try:
        again = balance(partner, delivered=counts.total(), counts=counts, released=len(released))
    except ConservationError as error:
        yield str(error)
    else:
        yield from _account_problems(release, partner, again)
    if not np.array_equal(_ids(report.ids for report in decisions), released):
        yield f"partner {partner}: the documents in the shards are not those decided to be kept"


def _account_problems(
    release: OpenedRelease, partner: str, now: Mapping[str, Any]
) -> Iterator[str]:
    account = release.manifest["partners"][partner]
    if release.is_redacted:
        reasons = {**now["reasons"]}
        taken = reasons.pop(_TAKEN_DOWN, 0) - account["reasons"].get(_TAKEN_DOWN, 0)
        # Every other number can only be lower, all of them together by the rows taken down.
        before = {"kept": account["kept"], **account["reasons"]}
        after = {"kept": now["kept"], **reasons}
        lost = {name: before.get(name, 0) - count for name, count in after.items()}
        reasons_lost = sum(before[name] for name in before.keys() - after.keys() - {_TAKEN_DOWN})
        if min(lost.values()) < 0 or sum(lost.values()) + reasons_lost != taken:
            yield f"partner {partner}: decisions differ by more than the rows that were taken down"
    published: Mapping[str, object] = account
    for name, value in now.items():
        is_counted = not release.is_redacted or name in {"delivered", "rejected"}
        if is_counted and canonical_json(published[name]) != canonical_json(value):
            yield f"partner {partner}: {name} is {value}, the manifest says {published[name]}"


def _count_known(named: Halves, everything: Halves) -> int:
    """Count how many of the named ids exist; both arrays ascend."""
    at = np.searchsorted(everything, named)
    inside = at < len(everything)
    return int(np.count_nonzero(everything[at[inside]] == named[inside]))


def _ids(parts: Iterable[Halves]) -> Halves:
    return np.sort(np.concatenate([np.zeros(0, np.uint64), *parts]))

"""Results for people, printed on standard output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs.command.escapes import visible_line
from jobs.command.terminal import command, note, say, say_json, say_table
from jobs.corpus.dedup.geometry import Geometry
from jobs.flow.releases.manifest_rows import bad_file_rows, private_data_rows
from jobs.flow.releases.processing import thresholds
from jobs.quantities import Share, Size, counted
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.objects import StorageParams

if TYPE_CHECKING:  # reading verbs must not wait for Ray to load
    from jobs.corpus.dedup.params import BandParams
    from jobs.corpus.release.loss_alarms import Alarm
    from jobs.flow.builds.pipeline import BuildState
    from jobs.flow.builds.publish_stage import Published
    from jobs.flow.releases.opened_release import OpenedRelease
    from jobs.flow.releases.partner_report import PartnerReport
    from jobs.flow.releases.survey import Survey
    from jobs.storage.manifests import Manifest

_OUTCOMES = ("dropped", "cut", "reported", "quoted")  # documents that hold items of a set
_COUNTS = ("delivered", "kept", "dropped", "rejected")
_LISTED = 10
_FILES_LISTED = 50
_PUBLISHED = ("corpus", "version", "digest", "is_new", "traffic")


def report_early_alarms(found: Sequence[Alarm], *, is_stopping: bool, as_json: bool) -> None:
    """Print alarms before the build goes on (to standard error) or stops (as JSON).

    Args:
        found: the alarms.
        is_stopping: whether they end the build.
        as_json: whether the report is JSON.
    """
    if not is_stopping:
        for alarm in found:
            note(f"heliu: alarm: {alarm.text}")
    elif found and as_json:
        say_json({"is_new": False, "alarms": [asdict(alarm) for alarm in found]})


def report_alarms(found: Sequence[Alarm]) -> None:
    """Print the alarms, if there are any."""
    if found:
        say()
        rows = [[one.partner, one.kind, one.name or "", one.rows, one.of] for one in found]
        say_table(["partner", "alarm", "what", "rows", "of"], rows)


def report_published(
    published: Published, storage: StorageParams, run: Mapping[str, Any], *, as_json: bool
) -> None:
    """Print what was published, and the commands to read and verify it.

    Args:
        published: the release.
        storage: where it is.
        run: seconds that the build took and its log; nothing if none ran.
        as_json: print JSON, without the commands.
    """
    if as_json:
        identity = {name: getattr(published, name) for name in _PUBLISHED}
        partners = published.manifest["partners"]
        alarms = [asdict(alarm) for alarm in published.alarms]
        found = {"root": storage.root, "partners": partners, "alarms": alarms, **run}
        say_json({**identity, **found})
        return
    report_partners(published.manifest)
    report_alarms(published.alarms)
    state = "published" if published.is_new else "was already published with the same content"
    name = f"{published.corpus}/{published.version}"
    say(f"\n{published.corpus} {published.version} {state}")
    say(f"digest  {published.digest}")
    say(f"root    {storage.root}")
    amounts = [f"{Size(size)} {name.split('_')[0]}" for name, size in published.traffic.items()]
    say(f"bytes   {', '.join(amounts)}")
    if run:
        say(f"log     {run['log']}")
    where = storage_words(storage)
    say(f"files   {command('files', f'release={name}', *where)}")
    say(f"verify  {command('verify', f'release={name}', *where)}")


def report_candidate(build: BuildState, storage: StorageParams, *, as_json: bool) -> None:
    """Print a candidate, and the command that draws a sample of it.

    Args:
        build: up to its candidate.
        storage: where it is.
        as_json: print JSON, without the command.
    """
    manifest = build.manifest
    digest = sha256_hex(canonical_json(manifest))
    if as_json:
        named = {"corpus": manifest["corpus"], "version": manifest["version"], "digest": digest}
        alarms = [asdict(alarm) for alarm in build.alarms]
        state = {"is_new": False, "root": storage.root, "alarms": alarms}
        say_json({**named, **state, "partners": manifest["partners"]})
        return
    report_partners(manifest)
    report_alarms(build.alarms)
    say(f"\n{manifest['corpus']} {manifest['version']} is a candidate and is not published")
    say(f"digest  {digest}")
    say(f"root    {storage.root}")
    name = f"{manifest['corpus']}/{manifest['version']}"
    say(f"sample  {command('sample', f'release={name}', 'out=review', *storage_words(storage))}")


def storage_words(storage: StorageParams) -> list[str]:
    """Return the overrides that name the store of the releases."""
    keys = {
        "root": storage.root,
        "endpoint_url": storage.endpoint_url,
        "region": storage.region,
    }
    return [f"storage.{name}={value}" for name, value in keys.items() if value is not None]


def report_release(release: OpenedRelease) -> None:
    """Print a release's identity, then its counts."""
    manifest = release.manifest
    say(f"{release.corpus} {release.version}, published {release.published_at}")
    say(f"digest     {release.digest}")
    if manifest["parent"]:
        say(f"extends    {manifest['parent']['version']}")
    say(f"documents  {manifest['documents']:,} in {counted(len(manifest['shards']), 'shard')}")
    say(f"text       {Size(manifest['content_bytes'])} of UTF-8\n")
    report_partners(manifest)


def report_partners(manifest: Manifest) -> None:
    """Print counts per partner, then per partner and reason."""
    partners: Mapping[str, Mapping[str, Any]] = manifest["partners"]
    rows = [[name, *(account[key] for key in _COUNTS)] for name, account in partners.items()]
    total = ["all", *(sum(account[key] for account in partners.values()) for key in _COUNTS)]
    say_table(["partner", *_COUNTS], [*rows, total])
    reasons = [
        [name, reason, count, Share(count / account["delivered"])]
        for name, account in partners.items()
        for reason, count in account["reasons"].items()
    ]
    if reasons:
        say()
        say_table(["partner", "reason", "rows", "share"], reasons)
    sets = [
        [
            *(one["name"], one["version"], partner, one.get("items_found", {}).get(partner, 0)),
            *(counts.get(key, 0) for key in _OUTCOMES),
        ]
        for one in manifest.get("benchmarks", [])
        for partner, counts in one["documents"].items()
    ]
    if sets:
        say()
        say_table(["evaluation set", "version", "partner", "items found", *_OUTCOMES], sets)
    report_bad_files(bad_file_rows(manifest))
    if private := private_data_rows(manifest):
        say()
        say_table(["partner", "private data", "policy", "documents", "values"], private)


def report_bad_files(rows: Sequence[Sequence[Any]]) -> None:
    """Print partner, name, bytes and reason of files that were set aside, if there are any."""
    if rows:
        say()
        say_table(["partner", "file set aside", "bytes", "reason"], rows[:_FILES_LISTED])
        if len(rows) > _FILES_LISTED:
            say(f"and {len(rows) - _FILES_LISTED:,} more: heliu show format=json")


def report_normalized(build: BuildState) -> None:
    """Print counts of delivered and rejected rows."""
    delivered: Counter[str] = Counter()
    rejected: Counter[tuple[str, str]] = Counter()
    for shard in build.shards:
        delivered[shard.partner] += shard.delivered
        for stage, reason, count in shard.rejected:
            rejected[shard.partner, f"{stage}/{reason}"] += count
    say_table(["partner", "delivered"], sorted(delivered.items()))
    if rejected:
        say()
        rows = [[partner, reason, count] for (partner, reason), count in sorted(rejected.items())]
        say_table(["partner", "reason", "rows"], rows)
    report_bad_files(build.bad_files)


def report_recall(bands: BandParams) -> None:
    """Print the probability that a pair collides and is dropped, by Jaccard similarity."""
    geometry = Geometry(bands.num_perm, bands.bands, bands.rows)
    shown = thresholds({"threshold": bands.threshold, "thresholds": bands.own_thresholds})
    say(
        f"{bands.bands} bands x {bands.rows} rows of {bands.num_perm} MinHash values, threshold "
        f"{shown}, verify={bands.verify}: of pairs so similar"
    )
    steps = sorted({bands.threshold, *(step / 20 for step in range(10, 20))})
    say_table(
        ["similarity", "collide", "are dropped"], [_recall(geometry, bands, s) for s in steps]
    )
    say()


def _recall(geometry: Geometry, bands: BandParams, similarity: float) -> list[float]:
    collide = geometry.collision_probability(similarity)
    if bands.is_exact:
        return [similarity, collide, collide if similarity >= bands.threshold else 0.0]
    return [similarity, collide, geometry.detection_probability(similarity, bands.threshold)]


def report_drops(counts: Counter[tuple[str, str, str]]) -> None:
    """Print drops, and siblings that stay, per partner, partner of the kept one, and reason."""
    rows = [[*key, count] for key, count in sorted(counts.items())]
    say_table(["partner", "kept partner", "reason", "documents"], rows)


def report_survey(found: Survey, *, sites: int) -> None:
    """Print losses, duplicates between partners, the largest clusters, templates, boilerplate."""
    tables = (
        found.partners,
        found.sites[:sites],
        found.duplication,
        found.cluster_sizes,
        found.largest,
        found.templates,
        found.boilerplate[: _LISTED * sites],
    )
    for rows in tables:
        _say_rows(rows)


def report_partner(found: PartnerReport, *, files: int) -> None:
    """Print what became of one partner's rows, with so many of its files."""
    counts = ", ".join(f"{found.account[key]:,} {key}" for key in _COUNTS)
    say(f"{found.partner}: {counts}\n")
    _say_rows(found.reasons)
    _say_rows([{**row, "source_file": visible_line(row["source_file"])} for row in found.examples])
    _say_rows([{**row, "file": visible_line(row["file"])} for row in found.files[:files]])
    if len(found.files) > files:
        say(f"and {len(found.files) - files:,} more files: files=N or format=json\n")
    _say_rows(found.duplication)
    report_bad_files([list(row.values()) for row in found.bad_files])


def _shown(name: str, value: Any) -> Any:
    if value is None:
        return ""
    return Share(value) if name in {"share", "lost"} else value


def _say_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        header = [name.replace("_", " ") for name in rows[0]]
        say_table(header, [[_shown(name, row[name]) for name in row] for row in rows])
        say()

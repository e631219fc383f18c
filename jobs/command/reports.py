"""Results as people read them, on standard output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs.command.terminal import command, note, say, say_json, say_table
from jobs.corpus.dedup.geometry import Geometry
from jobs.flow.tasks.sealed import read_table
from jobs.storage.objects import StorageParams
from jobs.storage.stores import open_store

if TYPE_CHECKING:  # reading verbs must not wait for Ray to load
    from jobs.corpus.dedup.banding import BandParams
    from jobs.corpus.release.loss_alarms import Alarm
    from jobs.flow.build.pipeline import BuildState
    from jobs.flow.build.publish_stage import Published
    from jobs.flow.releases.explanation import Explanation
    from jobs.flow.releases.opened import OpenedRelease
    from jobs.flow.releases.survey import Survey

_EXCERPT_CHARS = 120
_OUTCOMES = ("dropped", "cut", "reported", "quoted")  # documents that hold items of a set
_COUNTS = ("delivered", "kept", "dropped", "rejected")
_LISTED = 10
_PUBLISHED = ("corpus", "version", "digest", "is_new", "traffic")


def alarms_told(found: Sequence[Alarm], *, is_stopping: bool, as_json: bool) -> None:
    """What is alarming, before a build that does not stop for it is published or another ends."""
    if not is_stopping:
        for alarm in found:
            note(f"heliu: alarm: {alarm.text}")
    elif found and as_json:
        say_json({"is_new": False, "alarms": [asdict(alarm) for alarm in found]})


def report_alarms(found: Sequence[Alarm]) -> None:
    """What is alarming, if anything, after what else was said."""
    if found:
        say()
        rows = [[one.partner, one.kind, one.name or "", one.rows, one.of] for one in found]
        say_table(["partner", "alarm", "what", "rows", "of"], rows)


def report_published(published: Published, storage: StorageParams, *, as_json: bool) -> None:
    """What was published, and how to go on from there."""
    if as_json:
        told = {name: getattr(published, name) for name in _PUBLISHED}
        partners = published.manifest["partners"]
        alarms = [asdict(alarm) for alarm in published.alarms]
        say_json({**told, "root": storage.root, "partners": partners, "alarms": alarms})
        return
    report_partners(published.manifest)
    report_alarms(published.alarms)
    state = "published" if published.is_new else "was already published with the same content"
    name = f"{published.corpus}/{published.version}"
    say(f"\n{published.corpus} {published.version} {state}")
    say(f"digest  {published.digest}")
    say(f"root    {storage.root}")
    amounts = [f"{count:,} {name.split('_')[0]}" for name, count in published.traffic.items()]
    say(f"bytes   {', '.join(amounts)}")
    where = storage_words(storage)
    say(f"files   {command('files', f'release={name}', *where)}")
    say(f"verify  {command('verify', f'release={name}', *where)}")


def storage_words(storage: StorageParams) -> list[str]:
    """What a command is told of where the releases are."""
    told = {
        "root": storage.root,
        "endpoint_url": storage.endpoint_url,
        "region": storage.region,
    }
    return [f"storage.{name}={value}" for name, value in told.items() if value is not None]


def report_release(release: OpenedRelease) -> None:
    """A release's identity, then its counts."""
    manifest = release.manifest
    say(f"{release.corpus} {release.version}, published {release.published_at}")
    say(f"digest     {release.digest}")
    if manifest["parent"]:
        say(f"extends    {manifest['parent']['version']}")
    say(f"documents  {manifest['documents']:,} in {len(manifest['shards']):,} shards")
    say(f"text       {manifest['content_bytes']:,} bytes of UTF-8\n")
    report_partners(manifest)


def report_partners(manifest: dict[str, Any]) -> None:
    """Counts per partner, then per partner and reason."""
    partners = manifest["partners"]
    rows = [[name, *(account[key] for key in _COUNTS)] for name, account in partners.items()]
    total = ["all", *(sum(account[key] for account in partners.values()) for key in _COUNTS)]
    say_table(["partner", *_COUNTS], [*rows, total])
    reasons = [
        [name, reason, count, count / account["delivered"]]
        for name, account in partners.items()
        for reason, count in account["reasons"].items()
    ]
    if reasons:
        say()
        say_table(["partner", "reason", "rows", "share"], reasons)
    sets = [
        [one["name"], one["version"], partner, *(counts.get(key, 0) for key in _OUTCOMES)]
        for one in manifest.get("benchmarks", [])
        for partner, counts in one["documents"].items()
    ]
    if sets:
        say()
        say_table(["evaluation set", "version", "partner", *_OUTCOMES], sets)


def report_normalized(build: BuildState) -> None:
    """Rows delivered and rejected."""
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


def report_recall(bands: BandParams) -> None:
    """The chance that a pair meets, and that it is dropped, by its Jaccard similarity."""
    geometry = Geometry(bands.num_perm, bands.bands, bands.rows)
    say(
        f"{bands.bands} bands x {bands.rows} rows of {bands.num_perm} words, threshold "
        f"{bands.threshold}, verify={bands.verify}: of pairs of that similarity"
    )
    steps = sorted({bands.threshold, *(step / 20 for step in range(10, 20))})
    say_table(["similarity", "meet", "are dropped"], [_chances(geometry, bands, s) for s in steps])
    say()


def _chances(geometry: Geometry, bands: BandParams, similarity: float) -> list[float]:
    meets = geometry.meets(similarity)
    if bands.is_exact:
        return [similarity, meets, meets if similarity >= bands.threshold else 0.0]
    return [similarity, meets, geometry.found(similarity, bands.threshold)]


def report_drops(build: BuildState) -> None:
    """Drops per partner, partner of the kept document, and reason."""
    store = open_store(build.params.storage)
    counts: Counter[tuple[str, str, str]] = Counter()
    for file in build.drops.files:
        table = read_table(store, file, columns=["partner", "kept_partner", "reason"])
        counts.update(zip(*(column.to_pylist() for column in table.columns), strict=True))
    rows = [[*key, count] for key, count in sorted(counts.items())]
    say_table(["partner", "kept partner", "reason", "dropped"], rows)


def report_survey(found: Survey, *, sites: int) -> None:
    """Who loses how much, who duplicates whom, and the largest clusters."""
    tables = (
        found.partners,
        found.sites[:sites],
        found.duplication,
        found.cluster_sizes,
        found.largest,
    )
    for rows in tables:
        if rows:
            header = [name.replace("_", " ") for name in rows[0]]
            say_table(header, [list(row.values()) for row in rows])
            say()


def _because(removal: dict[str, Any]) -> str:
    if removal["first_line"] is not None:
        return f"which line {removal['first_line']} says"
    return f"as on {removal['documents']:,} of {removal['site_documents']:,} pages of its site"


def report_explanation(explanation: Explanation) -> None:
    """What became of every delivered row of an id."""
    for row in explanation.decisions:
        say(f"{explanation.doc_id}: {row['verdict']} by {row['stage']}")
        say(f"  delivered by {row['partner']} in {row['source_file']}, row {row['source_row']}")
        for name in (
            "source_id",
            "reason",
            "evidence",
            "kept_doc_id",
            "kept_partner",
            "similarity",
        ):
            if row[name] is not None:
                say(f"  {name.replace('_', ' ')}: {row[name]}")
    for row in explanation.removals:
        say(f"  removed {row['kind']}, line {row['line']}, {_because(row)}:")
        say(f"    {row['text'].strip()[:_EXCERPT_CHARS]!r}")
    if explanation.document:
        document = explanation.document
        say(f"in the release: {document['id']} of {document['partner']}, {document['title']}")
        say(f"  {document['content'][:_EXCERPT_CHARS]!r}")
    if explanation.replaced:
        say(f"it stands for {len(explanation.replaced)} other delivered rows:")
        for row in explanation.replaced[:_LISTED]:
            say(f"  {row['doc_id']} of {row['partner']}: {row['reason']}, {row['similarity']}")

"""Releases made by hand: published in a moment, without a build and without Ray."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import xxhash

from jobs.corpus.model.identity import document_id
from jobs.corpus.model.tables import DECISIONS, RELEASED
from jobs.corpus.release.conservation import balance
from jobs.corpus.release.decisions import verdict_counts
from jobs.flow.builds.publish_stage import RELEASE_FORMAT
from jobs.flow.recorded import _columns
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.flow.tasks.blobs import write_blob
from jobs.storage.corpus import Corpus
from jobs.storage.layout import blob_key
from jobs.storage.objects import ObjectStore
from jobs.storage.publication import publish

ABOUT = {"at": "2023-11-29T00:00:00+00:00", "by": "test"}
FACTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text_hash", pa.binary(16), nullable=False),
    ]
)
LICENCE = "CC-BY-4.0"


def text(number: int) -> str:
    """A text of its own for every number, no two alike."""
    return f"第{number}号公告：南京市长江大桥。共{number * 7}人出席，𠮷野家供餐。\n"


def released(partner: str, texts: dict[str, str]) -> pa.Table:
    """RELEASED rows of a partner's own ids and their texts; sites alternate."""
    fillers = {field.name: _filler(field) for field in RELEASED}
    rows = [
        {
            **fillers,
            "id": document_id(partner, source_id).hex(),
            "partner": partner,
            "source_id": source_id,
            "title": f"标题{source_id}" if number % 3 else None,
            "content": content,
            "url": f"https://{'ab'[number % 2]}.example/{source_id}",
            "published": "2023-11-29",
            "licence": LICENCE,
        }
        for number, (source_id, content) in enumerate(texts.items())
    ]
    return pa.Table.from_pylist(rows, RELEASED).sort_by("id")


def decided(documents: pa.Table, dropped: dict[str, str]) -> pa.Table:
    """DECISIONS that keep the documents and drop the partner's own ids given, with a reason."""
    partner = documents["partner"][0].as_py()
    common = {"partner": partner, "source_file": "a.jsonl", "stage": "merge"}
    rows = [
        {**common, "doc_id": row["id"], "source_id": row["source_id"], "verdict": "kept"}
        for row in documents.select(["id", "source_id"]).to_pylist()
    ]
    rows += [
        {
            **common,
            "doc_id": document_id(partner, source_id).hex(),
            "source_id": source_id,
            "verdict": "dropped",
            "stage": "dedup",
            "reason": reason,
            "kept_doc_id": documents["id"][0].as_py(),
            "kept_partner": partner,
        }
        for source_id, reason in dropped.items()
    ]
    for number, row in enumerate(rows):
        row["source_row"] = number + 1
    return pa.Table.from_pylist(rows, DECISIONS).sort_by("doc_id")


def publish_release(
    store: ObjectStore,
    version: str,
    partners: dict[str, tuple[list[pa.Table], pa.Table]],
    *,
    has_facts: bool = False,
) -> OpenedRelease:
    """A release of some partners' (shards, decisions), committed to the log."""
    kinds: dict[str, list[dict[str, Any]]] = {"shards": [], "decisions": []}
    schema = {"shards": _columns(RELEASED), "decisions": _columns(DECISIONS)}
    if has_facts:
        kinds["facts"], schema["facts"] = [], _columns(FACTS)
    for partner, (shards, decisions) in partners.items():
        files = [("shards", shard) for shard in shards] + [("decisions", decisions)]
        files += [("facts", _facts(shard)) for shard in shards if has_facts]
        for kind, table in files:
            file = write_blob(store, "demo", None, table)
            key = blob_key("demo", file["sha256"])
            kinds[kind].append({"key": key, "partner": partner, **file})
    manifest = {
        "format": RELEASE_FORMAT,
        "corpus": "demo",
        "version": version,
        "documents": sum(file["rows"] for file in kinds["shards"]),
        "content_bytes": sum(file["content_bytes"] for file in kinds["shards"]),
        "partners": {name: _account(*tables, name) for name, tables in partners.items()},
        "parameters": {},
        "inputs": [],
        "schema": schema,
        **kinds,
    }
    publish(Corpus(store, "demo"), manifest, commit_info=ABOUT)
    return open_release(store, "demo", version)


def small_release(store: ObjectStore, version: str = "1.0.0") -> OpenedRelease:
    """Two partners, three shards, a near duplicate."""
    gov = released("gov", {str(n): text(n) for n in range(20)})
    news = released("news", {str(n): text(100 + n) for n in range(10)})
    return publish_release(
        store,
        version,
        {
            "gov": ([gov.slice(0, 9), gov.slice(9)], decided(gov, {"x": "near_duplicate"})),
            "news": ([news], decided(news, {})),
        },
    )


def _account(shards: list[pa.Table], decisions: pa.Table, partner: str) -> dict[str, Any]:
    kept = sum(map(len, shards))
    counts = verdict_counts(decisions)
    size = sum(len(t.encode()) for shard in shards for t in shard["content"].to_pylist())
    return {
        **balance(partner, delivered=len(decisions), counts=counts, released=kept),
        "content_bytes": size,
        "licence": LICENCE,
        "priority": 1,
        "metadata": {},
    }


def _facts(shard: pa.Table) -> pa.Table:
    hashes = [xxhash.xxh3_128_digest(content.encode()) for content in shard["content"].to_pylist()]
    return pa.table([shard["id"], pa.array(hashes, pa.binary(16))], schema=FACTS)


def _filler(field: pa.Field) -> Any:
    """A value for a column that the test does not care about."""
    if field.nullable:
        return None
    return pa.scalar(0, pa.int8()).cast(field.type).as_py()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()

"""The facts of a shard as rows of one build: whose they are and how they are preferred."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.canonical import canonical_texts
from jobs.corpus.tables import facts_schema, ranked_schema
from jobs.flow.normalizing import NormalizedShard
from jobs.flow.params import BuildParams
from jobs.storage.objects import ObjectStore


def documents_of(shard: NormalizedShard) -> int:
    """How many documents a shard holds: what was delivered and not rejected."""
    return shard.delivered - sum(count for _, _, count in shard.rejected)


def ranked_facts(
    shard: NormalizedShard, params: BuildParams, *, store: ObjectStore, with_text: bool = False
) -> pa.Table:
    """The facts of one shard as rows of this build: with ordinal, partner and priority.

    With text, and if similarities are to be exact, also with the canonical texts.
    """
    schema = ranked_schema(params.signature.num_perm)
    tables = [pq.read_table(store.open(run.facts_key)) for run in shard.runs]
    facts = pa.concat_tables([facts_schema(params.signature.num_perm).empty_table(), *tables])
    priority = next(p.priority for p in params.partners if p.name == shard.partner)
    columns = {name: facts[name] for name in facts.column_names}
    columns["ordinal"] = pc.add(facts["position"], shard.base)
    columns["partner"] = pa.repeat(shard.partner, len(facts))
    columns["priority"] = pa.repeat(pa.scalar(priority, pa.int32()), len(facts))
    columns["is_frozen"] = pa.repeat(pa.scalar(value=False), len(facts))
    ranked = pa.table([columns[name] for name in schema.names], schema=schema)
    if with_text and params.bands.is_exact:
        return ranked.append_column("canonical", _canonical(shard, store))
    return ranked


def _canonical(shard: NormalizedShard, store: ObjectStore) -> pa.ChunkedArray:
    """The canonical texts of a shard's documents, in the order of its facts."""
    texts = [pa.array([], pa.large_string())]
    for run in shard.runs:
        documents = pq.read_table(store.open(run.documents_key), columns=["position", "content"])
        documents = documents.filter(pc.is_valid(documents["content"])).sort_by("position")
        texts.append(canonical_texts(documents["content"].combine_chunks()))
    return pa.chunked_array(texts, pa.large_string())

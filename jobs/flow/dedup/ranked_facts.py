"""The facts of a shard as rows of one build, with the partner and the priority of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.corpus.model.identity import hash_column
from jobs.corpus.model.tables import (
    facts_schema,
    ranked_schema,
    released_facts_schema,
    with_columns,
)
from jobs.corpus.sources.gate import source_verdicts
from jobs.corpus.text.canonical import canonical_texts
from jobs.flow.dedup.frozen import FrozenShard, Origin
from jobs.flow.params import BuildParams
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.run_tables import read_documents, read_facts
from jobs.storage.objects import ObjectStore
from jobs.storage.whole_objects import whole_file

Shard = NormalizedShard | FrozenShard
"""Delivered now, or frozen; rows are numbered across all shards, delivered ones first."""

_ORDINAL = pa.field("ordinal", pa.int64(), nullable=False)


def documents_of(shard: Shard) -> int:
    """Return how many documents a shard holds at most: rules may reject some of them."""
    if isinstance(shard, FrozenShard):
        return shard.delivered
    return shard.delivered - sum(count for _, _, count in shard.rejected)


def sketches(shard: Shard, params: BuildParams, *, store: ObjectStore) -> Iterator[pa.Table]:
    """Yield `doc_id`, `signature` and `ordinal` of the documents of a shard, some at a time.

    Args:
        shard: delivered or frozen.
        params: of the build.
        store: that holds the facts.
    """
    if isinstance(shard, FrozenShard):
        schema = released_facts_schema(params.signature.num_perm)
        keyed = pa.schema([schema.field(name) for name in ("id", "signature")])
        yield _frozen_facts(shard, store, keyed).drop_columns("id")
        return
    for run in shard.runs:
        yield _unrejected_facts(run, shard, params, store, ["doc_id", "signature"])


def ranked_facts(shard: Shard, params: BuildParams, *, store: ObjectStore) -> pa.Table:
    """Return the facts of one shard with ordinal, partner and priority: rows of `ranked_schema`.

    Args:
        shard: delivered or frozen.
        params: of the build.
        store: that holds the facts.
    """
    num_perm = params.signature.num_perm
    schema = ranked_schema(num_perm)
    if isinstance(shard, FrozenShard):
        facts = _frozen_facts(shard, store, released_facts_schema(num_perm))
        constant: dict[str, Any] = {"priority": shard.rank, "is_frozen": True}
        constant["is_taken_down"] = shard.origin == Origin.TOMBSTONE
    else:
        names = [name for name in facts_schema(num_perm).names if name in schema.names]
        none = pa.schema([schema.field(name) for name in [*names, "ordinal"]]).empty_table()
        tables = [_unrejected_facts(run, shard, params, store, names) for run in shard.runs]
        facts = pa.concat_tables([none, *tables])
        priority = next(p.priority for p in params.partners if p.name == shard.partner)
        constant = {"priority": priority}
        constant |= dict.fromkeys(("is_frozen", "is_taken_down", "is_template"), False)
        constant["partner"] = shard.partner
    columns = {name: facts[name] for name in facts.column_names}
    for name, value in constant.items():
        columns[name] = pa.repeat(pa.scalar(value, schema.field(name).type), len(facts))
    return pa.table([columns[name] for name in schema.names], schema=schema)


def with_texts(
    ranked: pa.Table, shard: Shard, params: BuildParams, *, store: ObjectStore
) -> pa.Table:
    """Return rows of `ranked_facts` with their canonical texts, if similarities are to be exact.

    Args:
        ranked: some rows of the shard, in their order; texts are read if there are any.
        shard: that the rows come from.
        params: of the build.
        store: that holds the texts.
    """
    if not params.bands.is_exact:
        return ranked
    wanted = np.zeros(shard.delivered, np.bool_)
    wanted[ranked["ordinal"].to_numpy() - shard.base] = True
    texts = [pa.array([], pa.large_string())]
    for documents in _documents(shard, store) if len(ranked) else ():
        chosen = documents.filter(pa.array(wanted[documents["position"].to_numpy()]))
        texts.append(canonical_texts(chosen["content"].combine_chunks()))
    return ranked.append_column("canonical", pa.chunked_array(texts, pa.large_string()))


def _unrejected_facts(
    run: Run, shard: NormalizedShard, params: BuildParams, store: ObjectStore, columns: list[str]
) -> pa.Table:
    """Return columns of one run and `ordinal`, without what rules and the gate reject."""
    excluded = params.origin.excluded
    needed = [*params.rules.columns, *(["site"] if excluded else [])]
    facts = read_facts(store, run, [*dict.fromkeys([*columns, "position", *needed])])
    verdicts = source_verdicts(facts, params.rules, excluded, partner=shard.partner)
    reasons = verdicts["reason"]
    rows = facts.filter(pc.is_null(reasons))
    ordinals = pc.add(rows["position"], shard.base)
    return rows.select(columns).append_column(_ORDINAL, ordinals)


def _frozen_facts(shard: FrozenShard, store: ObjectStore, schema: pa.Schema) -> pa.Table:
    with whole_file(store, shard.facts_key) as stream:
        reader = pq.ParquetFile(stream)
        there = [name for name in schema.names if name in reader.schema_arrow.names]
        facts = reader.read(columns=there)
    facts = with_columns(facts, schema)
    facts = facts.append_column("doc_id", hash_column(facts["id"]))
    return facts.append_column(_ORDINAL, pa.array(_numbers(shard) + shard.base))


def _documents(shard: Shard, store: ObjectStore) -> Iterator[pa.Table]:
    """Yield positions and texts, in the order of the facts."""
    if isinstance(shard, NormalizedShard):
        for run in shard.runs:
            documents = read_documents(store, run, ["doc_id", "position", "content"])
            yield documents.sort_by([("doc_id", "ascending"), ("position", "ascending")])
    elif shard.text_key is None:
        # A text that was taken down is deleted: similarity is estimated from signatures.
        texts = pa.repeat(pa.scalar("", pa.large_string()), shard.delivered)
        yield pa.table({"position": _numbers(shard), "content": texts})
    else:
        with whole_file(store, shard.text_key) as stream:
            texts = pq.read_table(stream, columns=["content"])
        yield texts.append_column("position", pa.array(_numbers(shard)))


def _numbers(shard: FrozenShard) -> npt.NDArray[np.int64]:
    return np.arange(shard.delivered)

"""Small tables for tests, built from Chinese texts."""

from __future__ import annotations

import pyarrow as pa

from jobs.corpus.dedup.params import SignatureParams
from jobs.corpus.model.identity import document_id
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES, SIGNALS
from jobs.corpus.model.tables import DOCUMENTS, ranked_schema
from jobs.corpus.normalize.facts import facts
from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.text.canonical import canonical_texts

NO_KEYWORDS = SignalParams(((),) * len(KEYWORD_CATEGORIES), quality=None)


def documents_table(texts: list[str], *, partner: str, ids: list[str] | None = None) -> pa.Table:
    """DOCUMENTS of texts that need no repair."""
    ids = ids or [f"文{number}" for number in range(len(texts))]
    count = len(texts)
    constant = dict.fromkeys(SIGNALS.names, 0)
    constant |= {"source_file": "甲.jsonl", "han_share": 1.0, "line_count": 1, "repairs": 0}
    columns = {
        "doc_id": [document_id(partner, name) for name in ids],
        "position": list(range(count)),
        "source_row": [number + 1 for number in range(count)],
        "source_id": ids,
        "content": texts,
        **{name: [value] * count for name, value in constant.items()},
        "content_chars": [len(text) for text in texts],
    }
    arrays = [pa.array(columns.get(field.name, [None] * count), field.type) for field in DOCUMENTS]
    return pa.table(arrays, schema=DOCUMENTS)


def ranked_table(
    documents: pa.Table, *, params: SignatureParams, partner: str, priority: int, base: int
) -> pa.Table:
    """The facts of `documents` as one partner's rows of a build, ordinals starting at `base`."""
    rows = facts(documents, params=params)
    ordinals = pa.array([base + value for value in rows["position"].to_pylist()], pa.int64())
    schema = ranked_schema(params.num_perm)
    table = rows.select([name for name in rows.column_names if name in schema.names])
    for name, column in (
        ("ordinal", ordinals),
        ("partner", pa.array([partner] * len(table), pa.string())),
        ("priority", pa.array([priority] * len(table), pa.int32())),
        ("is_frozen", pa.array([False] * len(table), pa.bool_())),
        ("is_taken_down", pa.array([False] * len(table), pa.bool_())),
        ("is_template", pa.array([False] * len(table), pa.bool_())),
    ):
        table = table.append_column(name, column)
    return table.select(schema.names).cast(schema)


def canonical_list(texts: list[str]) -> list[str]:
    return canonical_texts(pa.array(texts, pa.large_string())).to_pylist()

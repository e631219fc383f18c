"""Judging: what rules would reject, from stored signals alone. Text is read for examples only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.signals.rules import RuleParams, rule_verdicts
from jobs.flow.shards import NormalizedShard, Run
from jobs.flow.tasks.run_tables import read_documents, read_facts
from jobs.storage.objects import ObjectStore

QUANTILES = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1)

_EXCERPT_CHARS = 60
_SHOWN = ["doc_id", "source_id", "title", "url", "content"]

Counts = Counter[tuple[str, str | None]]


class _Example(NamedTuple):
    """A document that a rule rejects: its id, its partner, the run that holds it, the evidence."""

    doc_id: bytes
    partner: str
    run: Run
    evidence: str


@dataclass(frozen=True)
class RuleEffects:
    """What a profile of rules does to the documents of a build.

    Attributes:
        reasons: Per partner and reason: documents, their share of the partner's, and the change
            against the other profile; the reason `kept` for those no rule rejects.
        examples: Some documents of each reason, chosen by their ids, so the same ones each time.
    """

    reasons: list[dict[str, Any]]
    examples: list[dict[str, Any]]


def rule_effects(
    shards: list[NormalizedShard],
    rules: RuleParams,
    against: RuleParams,
    *,
    store: ObjectStore,
    examples: int,
) -> RuleEffects:
    """Return what `rules` reject, compared with `against`.

    Args:
        shards: normalized deliveries.
        rules: to try.
        against: rules to compare with.
        store: of the shards.
        examples: number of documents to return for each reason.

    Memory: the columns that rules use, of one run of facts.
    """
    counts, others = Counts(), Counts()
    found: dict[str, list[_Example]] = {}
    for shard, run, facts in _facts(shards, store, rules.columns + against.columns):
        verdicts = rule_verdicts(facts, rules, partner=shard.partner)
        other = rule_verdicts(facts, against, partner=shard.partner)["reason"]
        counts.update((shard.partner, reason) for reason in verdicts["reason"].to_pylist())
        others.update((shard.partner, reason) for reason in other.to_pylist())
        for reason, doc_id, evidence in _firsts(facts, verdicts, examples):
            found.setdefault(reason, []).append(_Example(doc_id, shard.partner, run, evidence))
    order = {rule.reason: number for number, rule in enumerate(rules.rules)}
    return RuleEffects(
        _rows(counts, others),
        [
            _example_row(reason, example, store)
            for reason in sorted(found, key=order.__getitem__)
            for example in sorted(found[reason], key=attrgetter("doc_id", "partner"))[:examples]
        ],
    )


def quantiles(
    shards: list[NormalizedShard], signal: str, *, store: ObjectStore
) -> list[dict[str, Any]]:
    """Return for each partner the number of documents and the signal's quantiles by name.

    Args:
        shards: normalized deliveries.
        signal: name of its column.
        store: of the shards.

    Memory: 4 bytes a document.
    """
    values: dict[str, list[np.ndarray[Any, Any]]] = {}
    for shard, _, facts in _facts(shards, store, (signal,)):
        values.setdefault(shard.partner, []).append(facts[signal].drop_null().to_numpy())
    return [
        {
            "partner": partner,
            "documents": sum(map(len, parts)),
            **_named_quantiles(np.concatenate(parts)),
        }
        for partner, parts in sorted(values.items())
        if sum(map(len, parts))
    ]


def _named_quantiles(values: np.ndarray[Any, Any]) -> dict[str, float]:
    found = np.quantile(values, QUANTILES)
    return {f"{share:.0%}": float(value) for share, value in zip(QUANTILES, found, strict=True)}


def _facts(
    shards: list[NormalizedShard], store: ObjectStore, columns: tuple[str, ...]
) -> Iterator[tuple[NormalizedShard, Run, pa.Table]]:
    names = ["doc_id", *dict.fromkeys(columns)]
    for shard in shards:
        for run in shard.runs:
            yield shard, run, read_facts(store, run, names)


def _firsts(facts: pa.Table, verdicts: pa.Table, most: int) -> Iterator[tuple[str, bytes, str]]:
    """Yield reason, id and evidence of the documents of each reason that have the smallest ids."""
    rows = verdicts.append_column("doc_id", facts["doc_id"]).filter(pc.is_valid(verdicts["reason"]))
    taken = Counter[str]()
    for row in rows.sort_by("doc_id").to_pylist() if most else []:
        taken[row["reason"]] += 1
        if taken[row["reason"]] <= most:
            yield row["reason"], row["doc_id"], row["evidence"]


def _rows(counts: Counts, others: Counts) -> list[dict[str, Any]]:
    documents = Counter[str]()
    for (partner, _), count in counts.items():
        documents[partner] += count
    return [
        {
            "partner": partner,
            "reason": reason or "kept",
            "documents": counts[partner, reason],
            "share": counts[partner, reason] / documents[partner],
            "change": counts[partner, reason] - others[partner, reason],
        }
        for partner, reason in sorted(counts | others, key=lambda key: (key[0], key[1] or ""))
    ]


def _example_row(reason: str, example: _Example, store: ObjectStore) -> dict[str, Any]:
    wanted = pc.field("doc_id") == pa.scalar(example.doc_id, pa.binary(16))
    table = read_documents(store, example.run, _SHOWN, filters=wanted)
    row = table.to_pylist()[0]
    return {
        "reason": reason,
        "partner": example.partner,
        "document": row["url"] or row["source_id"] or example.doc_id.hex(),
        "title": row["title"],
        "evidence": example.evidence,
        "excerpt": row["content"][:_EXCERPT_CHARS],
    }

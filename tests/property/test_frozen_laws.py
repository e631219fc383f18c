"""Generations of a corpus: each decided against what the ones before it kept, frozen."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.drop_evidence import is_drop
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.params import TEMPLATES, VERIFICATIONS, BandParams, SignatureParams
from jobs.corpus.dedup.ranking import RankParams, rank_order
from tests.corpora import canonical_list, documents_table, ranked_table
from tests.oracles import loop_decisions
from tests.property.test_duplicates_laws import families, of_partners

UNNAMED = ("kept_doc_id", "kept_partner", "kept_ordinal", "containment", "novel_chars")
RANK = RankParams(prefer=("longest",))
SIGNATURE = SignatureParams(32, 1, 3)


def flagged(table: pa.Table, column: str, *, where: list[bool]) -> pa.Table:
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(at), pa.array(where, pa.bool_()))


def ranked(texts: list[str]) -> pa.Table:
    table = ranked_table(
        documents_table(texts, partner="甲"), params=SIGNATURE, partner="甲", priority=1, base=0
    )
    return table.append_column("canonical", pa.array(canonical_list(texts), pa.large_string()))


@given(
    texts=families(),
    cuts=st.lists(st.integers(0, 28), min_size=2, max_size=2),
    threshold=st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    verify=st.sampled_from(VERIFICATIONS),
    templates=st.sampled_from(TEMPLATES),
    own=st.dictionaries(st.sampled_from("乙丙"), st.sampled_from([0.5, 0.8, 1.0])),
)
@settings(max_examples=50, deadline=None)
def test_generations_equal_datasketch_loops_with_earlier_ones_frozen(
    texts: list[str],
    cuts: list[int],
    threshold: float,
    verify: str,
    templates: str,
    own: dict[str, float],
) -> None:
    bands = BandParams(SIGNATURE, 16, 2, threshold, verify, templates, thresholds=own)
    partners = ["甲乙丙"[number % 3] for number in range(len(texts))]
    everything = of_partners(ranked(texts), partners)
    kept: list[int] = []
    siblings: set[int] = set()
    first = 0
    for last in [*sorted(cuts), len(texts)]:
        rows = [*kept, *range(first, min(last, len(texts)))]
        table = flagged(
            everything.take(pa.array(rows, pa.int64())),
            "is_frozen",
            where=[number < len(kept) for number in range(len(rows))],
        )
        table = flagged(table, "is_template", where=[row in siblings for row in rows])
        order = table["ordinal"].take(pa.array(rank_order(table, params=RANK))).to_pylist()
        assert set(order[: len(kept)]) == set(kept)
        canonical = canonical_list([texts[ordinal] for ordinal in order])
        known = frozenset(rank for rank, row in enumerate(order) if row in siblings)
        told: dict[int, tuple[int, float]] = {}
        expected = loop_decisions(
            canonical,
            signature=SIGNATURE,
            bands=bands,
            frozen=len(kept),
            frozen_siblings=known,
            told=told,
            thresholds=[bands.own_thresholds.get(partners[row], threshold) for row in order],
        )
        found = find_duplicates(table, bands=bands, rank=RANK)
        drops = found.filter(is_drop(found)).to_pylist()
        stay = found.filter(pc.invert(is_drop(found)))["ordinal"].to_pylist()
        assert sorted(stay) == sorted(order[rank] for rank in told)
        siblings |= set(stay)
        ids = dict(zip(everything["doc_id"].to_pylist(), range(len(texts)), strict=True))
        got = {row["ordinal"]: (ids[row["kept_doc_id"]], row["similarity"]) for row in drops}
        assert got == {
            order[rank]: (order[answer[0]], answer[1])
            for rank, answer in enumerate(expected)
            if answer is not None
        }
        kept = sorted(set(rows) - set(got))
        first = max(first, min(last, len(texts)))


@given(texts=families(), gone=st.integers(0, 28), threshold=st.sampled_from([0.5, 0.8]))
@settings(max_examples=20, deadline=None)
def test_documents_taken_down_drop_what_they_would_replace_and_are_not_named(
    texts: list[str], gone: int, threshold: float
) -> None:
    bands = BandParams(SIGNATURE, 16, 2, threshold, "signature")
    where = [number < gone for number in range(len(texts))]
    frozen = flagged(ranked(texts), "is_frozen", where=where)
    named = find_duplicates(frozen, bands=bands, rank=RANK).to_pylist()
    down = find_duplicates(flagged(frozen, "is_taken_down", where=where), bands=bands, rank=RANK)
    ids = frozen["doc_id"].to_pylist()
    assert len(named) == len(down)
    for row, other in zip(down.to_pylist(), named, strict=True):
        if ids.index(other["kept_doc_id"]) < gone:
            none = dict.fromkeys(UNNAMED)
            other |= {"reason": "taken_down", **none}
        assert row == other

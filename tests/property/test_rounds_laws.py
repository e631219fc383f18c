"""Decisions in rounds equal the plain loop, whatever the chunks, files and groups."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.drop_evidence import is_drop
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.params import TEMPLATES, VERIFICATIONS, BandParams
from jobs.corpus.dedup.ranking import rank_order
from jobs.flow.params import BuildParams
from tests.candidates import decided, parameters, signed
from tests.corpora import canonical_list, documents_table, ranked_table
from tests.oracles import loop_decisions
from tests.property.test_duplicates_laws import of_partners

HAN = "中国人民共和政府通知公告北京上海年月日第一二三四五六条款法律规定"


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[str], list[str], int]:
    """Texts, their ids and how many are frozen: chains, stars, ties, empty texts, equal ids."""
    base = draw(st.text(HAN, min_size=0, max_size=80))
    texts = [base]
    for _ in range(draw(st.integers(6, 24))):
        source = draw(st.sampled_from([base, texts[-1], draw(st.sampled_from(texts))]))
        at, width = draw(st.integers(0, max(len(source), 1))), draw(st.integers(0, 6))
        edited = source[:at] + draw(st.text(HAN, max_size=8)) + source[at + width :]
        texts.append(draw(st.sampled_from([edited, edited, source, source + "。", "", "！"])))
    distinct = draw(st.sampled_from([len(texts), len(texts), 5]))
    ids = [f"文{draw(st.integers(0, distinct))}" for _ in texts]
    return texts, ids, draw(st.sampled_from([0, 0, 1, 5]))


def corpus_table(texts: list[str], ids: list[str], frozen: int, params: BuildParams) -> pa.Table:
    documents = documents_table(texts, partner="甲", ids=ids)
    ranked = ranked_table(documents, params=params.signature, partner="甲", priority=1, base=0)
    columns = dict(zip(ranked.column_names, ranked.columns, strict=True))
    columns["is_frozen"] = pa.array([number < frozen for number in range(len(texts))])
    # Documents frozen from the beginning rank before those frozen by a round.
    priorities = [number % 2 - (9 if number < frozen else 0) for number in range(len(texts))]
    columns["priority"] = pa.array(priorities, pa.int32())
    table = pa.table(columns, schema=ranked.schema)
    if params.bands.is_exact:
        texts_column = pa.array(canonical_list(texts), pa.large_string())
        return table.append_column("canonical", texts_column)
    return table


@given(
    corpus=corpora(),
    files=st.integers(1, 4),
    most=st.sampled_from([1, 3, 7]),
    geometry=st.sampled_from([(16, 8, 128), (8, 2, 16), (20, 1, 32)]),
    threshold=st.sampled_from([0.3, 0.5, 0.8]),
    verify=st.sampled_from(VERIFICATIONS),
    templates=st.sampled_from(TEMPLATES),
    own=st.dictionaries(st.sampled_from("乙丙"), st.sampled_from([0.8, 1.0])),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.timeout(300)
def test_rounds_of_any_corpus_and_chunk_equal_datasketch_loop(
    corpus: tuple[list[str], list[str], int],
    files: int,
    most: int,
    geometry: tuple[int, int, int],
    threshold: float,
    verify: str,
    templates: str,
    own: dict[str, float],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        params = parameters(Path(name))  # composed once: that takes longer than an example
        signature = replace(params.signature, num_perm=geometry[2])
        how = BandParams(signature, *geometry[:2], threshold, verify, templates, (), own)
        params = replace(params, bands=how)
        partners = ["甲乙丙"[number % 3] for number in range(len(corpus[0]))]
        ranked = of_partners(corpus_table(*corpus, params), partners)
        drops = decided(ranked, params, files=files, most=most)
    order = rank_order(ranked, params=params.rank)
    rows = ranked.take(pa.array(order))
    canonical = canonical_list(corpus[0])
    told: dict[int, tuple[int, float]] = {}
    answers = loop_decisions(
        [canonical[row] for row in order],
        signature=params.signature,
        bands=params.bands,
        ids=rows["doc_id"].to_pylist(),
        frozen=corpus[2],
        told=told,
        thresholds=[own.get(partner, threshold) for partner in rows["partner"].to_pylist()],
    )
    ids, ordinals = rows["doc_id"].to_pylist(), rows["ordinal"].to_pylist()
    expected = [
        (ordinals[number], ids[answer[0]], None if answer[1] < 0 else answer[1])
        for number, answer in enumerate(answers)
        if answer is not None
    ]
    assert decided_rows(drops.filter(is_drop(drops))) == sorted(expected)
    siblings = [(ordinals[number], ids[kept], share) for number, (kept, share) in told.items()]
    assert decided_rows(drops.filter(pc.invert(is_drop(drops)))) == sorted(siblings)


def decided_rows(drops: pa.Table) -> list[tuple[int, bytes, float | None]]:
    columns = (drops[name].to_pylist() for name in ("ordinal", "kept_doc_id", "similarity"))
    return list(zip(*columns, strict=True))


def boilerplate(count: int) -> np.ndarray:
    """Signatures of which all share one band, a seventh are near copies, a quarter a family."""
    random = np.random.default_rng(3)
    signatures = random.integers(0, 2**32, (count, 128), dtype=np.uint32)
    for row in range(0, count, 7):
        signatures[row] = signatures[random.integers(0, row + 1)]
        edited = random.random(128) < random.uniform(0.05, 0.3)
        signatures[row, edited] = random.integers(0, 2**32, edited.sum(), dtype=np.uint32)
    family = random.permutation(count)[: count // 4]
    edited = random.random((len(family), 128)) < 0.15
    signatures[family] = np.where(edited, signatures[family], signatures[0])
    signatures[:, 8:16] = 7
    return signatures


@pytest.mark.parametrize(("files", "most"), [(1, 400), (5, 130), (3, 40)])
def test_refined_hot_bucket_in_rounds_drops_what_one_task_would(
    tmp_path: Path, files: int, most: int
) -> None:
    params = parameters(tmp_path)
    ranked = signed(boilerplate(2000), seed=5)
    whole = find_duplicates(ranked, bands=params.bands, rank=params.rank).sort_by("ordinal")
    assert 100 < len(whole) < 1000
    assert decided(ranked, params, files=files, most=most).equals(whole)
    work = tmp_path / "store" / "demo" / "work" / "drops" / "k" / "refined"
    # Boilerplate is gone; of the family, more than two chunks large, one document settles.
    assert list(work.glob("drops-*/drops-*.parquet"))
    assert list(work.glob("rounds-*/settled-*.json")) or most == 400


@pytest.mark.parametrize("verify", VERIFICATIONS)
def test_rounds_of_nothing_but_duplicates_settle_once(tmp_path: Path, verify: str) -> None:
    params = parameters(tmp_path, f"minhash.verify={verify}")
    texts = ["国务院关于进一步做好防汛抗旱工作的通知，各省各部门切实加强组织领导。"] * 300
    ranked = corpus_table(texts, [f"文{number}" for number in range(300)], 0, params)
    drops = decided(ranked, params, files=3, most=20)
    assert len(drops) == 299
    assert len(set(drops["kept_doc_id"].to_pylist())) == 1
    root = tmp_path / "store" / "demo" / "work" / "drops" / "k"
    assert len(list(root.rglob("settled-*.json"))) == 1
    assert len(list(root.rglob("compared-*.json"))) > 10

"""Decisions equal a datasketch loop in rank order, on corpora built to be awkward."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.corpus.dedup.banding import band_keys
from jobs.corpus.dedup.bucket_members import posting_lists
from jobs.corpus.dedup.decision_inputs import Comparison, HotBuckets, Ranks, Sketches, Templates
from jobs.corpus.dedup.decision_kernels import decide
from jobs.corpus.dedup.duplicates import find_duplicates
from jobs.corpus.dedup.geometry import ENOUGH, MARGIN, Geometry
from jobs.corpus.dedup.hot_buckets import most_differing, segment_length
from jobs.corpus.dedup.params import VERIFICATIONS, BandParams, SignatureParams
from jobs.corpus.dedup.ranking import RankParams, rank_order
from jobs.corpus.dedup.shingles import texts_of
from jobs.corpus.dedup.siblings import Keys
from tests.corpora import canonical_list, documents_table, ranked_table
from tests.oracles import loop_decisions

RANK = RankParams(prefer=("longest",))
HAN = "中国人民共和政府通知公告北京上海年月日第一二三四五六条款法律规定"


@st.composite
def families(draw: st.DrawFn) -> list[str]:
    """Texts in families: each a base with edits, so that chains, stars and ties are common."""
    texts: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        base = draw(st.text(HAN, min_size=0, max_size=120))
        texts.append(base)
        for _ in range(draw(st.integers(0, 6))):
            source = draw(st.sampled_from(texts))
            at = draw(st.integers(0, max(len(source), 1)))
            width = draw(st.integers(0, 6))
            edited = source[:at] + draw(st.text(HAN, max_size=8)) + source[at + width :]
            texts.append(draw(st.sampled_from([edited, source, source + "。", "，" + source])))
    return draw(st.permutations(texts))


def decided(
    texts: list[str],
    signature: SignatureParams,
    bands: BandParams,
    hot_documents: int,
    partners: list[str] | None = None,
) -> tuple[list[int], list[tuple[int, float] | None]]:
    ranked = ranked_table(
        documents_table(texts, partner="甲"), params=signature, partner="甲", priority=1, base=0
    )
    if partners:
        ranked = of_partners(ranked, partners)
    ranked = ranked.append_column("canonical", pa.array(canonical_list(texts), pa.large_string()))
    order = rank_order(ranked, params=RANK).tolist()
    rank_of_ordinal = {ordinal: rank for rank, ordinal in enumerate(order)}
    ordinal_of_id = dict(zip(ranked["doc_id"].to_pylist(), range(len(texts)), strict=True))
    answers: list[tuple[int, float] | None] = [None] * len(texts)
    shuffled = ranked.take(pa.array(sorted(range(len(texts)), key=lambda i: (i * 7919) % 31)))
    for row in find_duplicates(
        shuffled, bands=bands, rank=RANK, hot_documents=hot_documents
    ).to_pylist():
        kept = rank_of_ordinal[ordinal_of_id[row["kept_doc_id"]]]
        answers[rank_of_ordinal[row["ordinal"]]] = (kept, row["similarity"])
    return order, answers


def of_partners(ranked: pa.Table, partners: list[str]) -> pa.Table:
    at = ranked.schema.get_field_index("partner")
    return ranked.set_column(at, ranked.schema.field(at), pa.array(partners, pa.string()))


@st.composite
def own_thresholds(draw: st.DrawFn, *, geometry: tuple[int, int, int]) -> BandParams:
    """Bands of some thresholds, of which none is found less surely than it must be."""
    bands, rows, num_perm = geometry
    sure = Geometry(num_perm, bands, rows).collision_probability
    shares = [0.3, 0.5, 0.8, 0.8125, 0.95, 1.0]
    general = draw(st.sampled_from(shares))
    enough = min(ENOUGH, sure(min(general + MARGIN, 1)))
    allowed = [share for share in shares if sure(min(share + MARGIN, 1)) >= enough]
    own = draw(st.dictionaries(st.sampled_from("乙丙丁"), st.sampled_from(allowed)))
    signature = SignatureParams(num_perm, 1, draw(st.integers(1, 7)))
    verify = draw(st.sampled_from(VERIFICATIONS))
    return BandParams(signature, bands, rows, general, verify, thresholds=own)


@given(
    texts=families(),
    given=st.sampled_from([(16, 8, 128), (16, 2, 32), (20, 1, 32)]).flatmap(
        lambda geometry: own_thresholds(geometry=geometry)
    ),
    chosen=st.lists(st.sampled_from("甲乙丙丁"), min_size=28, max_size=28),
    hot_documents=st.sampled_from([0, 1, 3, 256]),
)
@settings(max_examples=60, deadline=None)
def test_documents_go_from_the_threshold_of_their_own_partner_on(
    texts: list[str], given: BandParams, chosen: list[str], hot_documents: int
) -> None:
    partners = chosen[: len(texts)]
    order, answers = decided(texts, given.signature, given, hot_documents, partners)
    canonical = canonical_list(texts)
    own = given.own_thresholds
    expected = loop_decisions(
        [canonical[i] for i in order],
        signature=given.signature,
        bands=given,
        thresholds=[own.get(partners[i], given.threshold) for i in order],
    )
    assert answers == expected


@given(
    texts=families(),
    geometry=st.sampled_from([(16, 8, 128), (8, 2, 16), (20, 1, 32), (4, 4, 16)]),
    threshold=st.sampled_from([0.3, 0.5, 0.8, 0.8125, 1.0]),
    shingle_chars=st.integers(1, 7),
    seed=st.integers(0, 5),
    verify=st.sampled_from(VERIFICATIONS),
    hot_documents=st.sampled_from([0, 1, 3, 256]),
)
@settings(max_examples=60, deadline=None)
def test_duplicates_of_any_corpus_equal_datasketch_loop(
    texts: list[str],
    geometry: tuple[int, int, int],
    threshold: float,
    shingle_chars: int,
    seed: int,
    verify: str,
    hot_documents: int,
) -> None:
    signature = SignatureParams(geometry[2], seed, shingle_chars)
    bands = BandParams(signature, geometry[0], geometry[1], threshold, verify)
    order, answers = decided(texts, signature, bands, hot_documents)
    canonical = canonical_list(texts)
    expected = loop_decisions([canonical[i] for i in order], signature=signature, bands=bands)
    assert answers == expected


def unlike(count: int) -> Templates:
    """No document is a sibling of another."""
    none, no = np.zeros(count, np.uint64), np.zeros(count, np.bool_)
    titles = Keys(np.zeros(0, np.uint8), np.zeros(count + 1, np.int64))
    contents = np.arange(1, count + 1).astype(np.uint64)
    return Templates(titles, none, none, contents, no, no, no)


def test_hot_buckets_of_any_size_decide_as_a_walk_along_them_would() -> None:
    random = np.random.default_rng(1)
    count = 3000
    signatures = random.integers(0, 2**32, (count, 128), dtype=np.uint32)
    for row in range(0, count, 7):  # near copies of earlier documents, around the threshold
        signatures[row] = signatures[random.integers(0, row + 1)]
        edited = random.random(128) < random.uniform(0.05, 0.3)
        signatures[row, edited] = random.integers(0, 2**32, edited.sum(), dtype=np.uint32)
    signatures[:, 8:16] = 7  # boilerplate: all share the second band,
    signatures[random.random(count) < 0.5, 24:32] = 9  # half of them the fourth,
    signatures[random.random(count) < 0.5, 64:72] = 9  # and another half the ninth
    ids = np.stack([np.arange(count), np.arange(count)], axis=1).astype(np.uint64)
    bands = BandParams(SignatureParams(128, 1, 5), 16, 8, 0.8, "signature")
    sketches = Sketches(signatures, ids, texts_of(pa.array([], pa.large_string())), unlike(count))
    keys = band_keys(signatures, ids, params=bands)
    order = random.permutation(count)
    comparison = Comparison(8, 0.8, 0.8, np.full(count, 0.8), 0)

    def searched(hot_documents: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        lists = posting_lists(keys, np.zeros(count, np.int64), large=hot_documents)
        hot = HotBuckets(hot_documents, length, differing)
        return decide(sketches, lists, order, Ranks(0, count), comparison, hot)[:2]

    length, differing = segment_length(128, 8, 0.8), most_differing(128, 0.8)
    walked, likeness = searched(count, 0)
    assert length == 4
    assert 100 < np.count_nonzero(walked >= 0) < count // 7
    for hot_documents in (0, 10, 500):
        kept, shares = searched(hot_documents, length)
        assert np.array_equal(kept, walked)
        assert np.array_equal(shares, likeness)

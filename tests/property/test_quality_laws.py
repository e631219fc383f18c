"""Laws of quality: the kernel is the formula, row by row; samples and sides see content alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.corpus.signals.quality import quality
from jobs.corpus.signals.quality_examples import Side, examples, sides, smallest, without_shared
from jobs.corpus.signals.quality_report import quality_report, roc_auc
from tests.quality_oracle import quality_of
from tests.unit.corpus.signals.test_quality import MODEL

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.lists(
    st.sampled_from([*"的一国é𠀀ß2１，。 \n\0", "本法自公布之日起施行。", "加微信号", "😀"]),
    max_size=40,
).map("".join)


def column(texts: list[str | None]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


@FEW
@given(st.lists(st.one_of(TEXTS, st.text(max_size=40)), max_size=4))
def test_quality_of_any_text_is_what_plain_python_computes(texts: list[str]) -> None:
    found = quality(column(texts), model=MODEL).to_pylist()
    assert found == [pytest.approx(quality_of(text, MODEL), abs=1e-6) for text in texts]


@FEW
@given(st.lists(st.one_of(st.none(), TEXTS), max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_quality_of_two_tables_and_of_slices_is_that_of_their_rows(
    texts: list[str | None], cut: int, start: int
) -> None:
    whole = quality(column(texts), model=MODEL)
    parts = [quality(column(part), model=MODEL) for part in (texts[:cut], texts[cut:])]
    assert pa.concat_arrays(parts).equals(whole)
    assert quality(column(texts)[start : start + 3], model=MODEL).equals(whole[start : start + 3])


@FEW
@given(st.lists(TEXTS, max_size=12), st.randoms(), st.integers(1, 5), st.integers(0, 12))
def test_sample_depends_neither_on_order_nor_on_repetition(
    texts: list[str], chance, most: int, cut: int
) -> None:
    once = smallest(examples(column(texts)), most)
    again = [*texts, *texts[:3]]
    chance.shuffle(again)
    parts = [smallest(examples(column(part)), most) for part in (again[:cut], again[cut:])]
    assert smallest(pa.concat_tables(parts), most).equals(once)
    keys = once["key"].to_pylist()
    assert keys == sorted(set(keys))


def test_sides_keep_equal_canonical_texts_together_and_hold_their_share() -> None:
    texts = [f"第{number}号公告，关于{number * 7}项事宜。" for number in range(4000)]
    plain, dressed = (examples(column(some)) for some in (texts, [f"《{t}》！" for t in texts]))
    assert plain["key"].equals(dressed["key"])
    found = sides(plain, seed=1, share=0.1)
    assert (found == sides(dressed, seed=1, share=0.1)).all()
    assert (found != sides(plain, seed=2, share=0.1)).any()
    for side, share in ((Side.HELD_OUT, 0.1), (Side.CALIBRATION, 0.1), (Side.TRAINING, 0.8)):
        assert (found == side).mean() == pytest.approx(share, abs=0.02)
    assert len(without_shared(plain, dressed.slice(10))) == 10


SCORES = st.lists(st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.booleans()), min_size=2)


@FEW
@given(SCORES.filter(lambda rows: len({label for _, label in rows}) == 2))
def test_roc_auc_is_the_share_of_pairs_in_order(rows: list[tuple[float, bool]]) -> None:
    scores, labels = (np.array(values) for values in zip(*rows, strict=True))
    pairs = [
        (one > other) + (one == other) / 2 for one in scores[labels] for other in scores[~labels]
    ]
    assert roc_auc(scores, labels) == pytest.approx(np.mean(pairs))
    report = quality_report(scores, labels)
    assert sum(row["documents"] for row in report["reliability"]) == len(rows)
    means = [row["documents"] * row["positive_share"] for row in report["reliability"]]
    assert sum(means) == pytest.approx(labels.sum())
    for row in report["thresholds"]:
        assert row["lost_positives"] <= 0.05

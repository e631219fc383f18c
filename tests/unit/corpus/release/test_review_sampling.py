"""Sampling: every stratum has its share, and the sample depends on the documents alone."""

from __future__ import annotations

import random
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.model.identity import document_id
from jobs.corpus.release.review_sampling import (
    Reservoir,
    SampleParams,
    allocation,
    hex_ids,
    parse_params,
    ranks,
)
from jobs.errors import ConfigError, DamagedRelease

BY = ("partner", "year")


def params(**given: object) -> SampleParams:
    return SampleParams(**{"n": 30, "seed": 1, "least": 5, "by": BY} | given)


def rows(count: int, partner: str = "新闻") -> list[tuple[str, str | None, str | None]]:
    years = [None, "2001", "2022", "2023"]
    return [
        (document_id(partner, str(n)).hex(), partner, years[n % len(years)]) for n in range(count)
    ]


def drawn(of: list[tuple[str, str | None, str | None]], given: SampleParams, *, at_a_time: int):
    """The ids drawn of each stratum, read so many rows at a time."""
    reservoir = Reservoir(given)
    for start in range(0, len(of), at_a_time):
        columns = [*zip(*of[start : start + at_a_time], strict=True)]
        ids, *keys = [pa.chunked_array([pa.array(column, pa.string())]) for column in columns]
        reservoir.add(ids, pa.table(dict(zip(BY, keys, strict=True))), file=start)
    chosen = reservoir.chosen(allocation(reservoir.sizes, given))
    return reservoir.sizes, {key: list(hex_ids(one)) for key, one in chosen.items()}


@pytest.mark.parametrize("at_a_time", [1, 7, 1000])
def test_sample_does_not_depend_on_the_order_or_the_size_of_what_is_read(at_a_time: int) -> None:
    documents = rows(300) + rows(40, "公报")
    sizes, sample = drawn(documents, params(), at_a_time=1000)
    random.Random(at_a_time).shuffle(documents)
    assert drawn(documents, params(), at_a_time=at_a_time) == (sizes, sample)
    assert sizes["新闻", None] == 75
    assert sum(map(len, sample.values())) == 40  # eight strata of at least five
    other = drawn(documents, params(seed=2), at_a_time=1000)[1]
    assert other != sample


def test_sample_grows_with_n_and_keeps_what_it_had() -> None:
    small = drawn(rows(500), params(n=40), at_a_time=50)[1]
    large = drawn(rows(500), params(n=80), at_a_time=50)[1]
    for key, ids in small.items():
        assert large[key][: len(ids)] == ids


def test_each_document_is_drawn_as_often_as_any_other() -> None:
    documents = rows(100)
    times = Counter(
        one
        for seed in range(400)
        for ids in drawn(documents, params(n=20, seed=seed, least=0), at_a_time=100)[1].values()
        for one in ids
    )
    assert len(times) == 100
    assert min(times.values()) > 45  # of 80 expected, with a standard deviation of 8
    assert max(times.values()) < 120


def test_ranks_are_spread_evenly() -> None:
    high = np.zeros(20_000, np.uint64)
    low = np.arange(20_000, dtype=np.uint64)
    counts = np.bincount((ranks(high, low, 7) >> np.uint64(60)).astype(np.int64), minlength=16)
    assert counts.min() > 1100  # of 1,250 expected, with a standard deviation of 34
    assert counts.max() < 1400


def test_ids_come_back_as_they_were() -> None:
    ids = [document_id("报纸", str(n)).hex() for n in range(50)]
    documents = [(one, "报纸", "2020") for one in ids]
    _, sample = drawn(documents, params(n=50), at_a_time=9)
    assert sorted(sample["报纸", "2020"]) == sorted(ids)


def test_ids_that_are_none_are_refused() -> None:
    with pytest.raises(DamagedRelease, match="32 hexadecimal digits"):
        drawn([("1234", "报纸", "2020")], params(), at_a_time=1)


sizes_of = st.dictionaries(
    st.tuples(st.text("甲乙丙", min_size=1, max_size=3)), st.integers(1, 3000), max_size=12
)


@given(sizes_of, st.integers(1, 5000), st.integers(0, 200))
def test_strata_have_their_least_and_the_whole_is_n(
    sizes: dict[tuple[str], int], n: int, least: int
) -> None:
    given = params(n=n, least=least)
    shares = allocation(sizes, given)
    assert all(min(size, least) <= shares[key] <= size for key, size in sizes.items())
    floor = sum(min(size, least) for size in sizes.values())
    assert sum(shares.values()) == max(floor, min(n, sum(sizes.values())))


def test_what_is_left_is_shared_in_proportion() -> None:
    sizes = {("大",): 9_000, ("小",): 1_000, ("微",): 7}
    assert allocation(sizes, params(n=1000, least=0)) == {("大",): 899, ("小",): 100, ("微",): 1}
    assert allocation(sizes, params(n=1000, least=100)) == {("大",): 820, ("小",): 173, ("微",): 7}


def test_parameters_are_read_as_they_are_written() -> None:
    given = SampleParams(4000, 1, 100, ("partner", "source_tier", "year"))
    assert str(given) == "n=4000 seed=1 least=100 by=[partner,source_tier,year]"
    assert parse_params(str(given)) == given
    for text in ("", "n=1", str(given).replace("seed", "sed"), f"{given} ", "n=1 seed=1 by=[]"):
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            parse_params(text)
    with pytest.raises(ConfigError, match="n=0: give at least 1"):
        params(n=0)

"""Samples of releases: reproducible, by stratum, reading no more than they need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.release.review_sampling import SampleParams
from jobs.errors import ConfigError
from jobs.flow.releases import review_samples
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.flow.releases.review_samples import SHOWN_CHARS, check_limits, documents, draw
from jobs.storage.directory import DirectoryStore
from tests.releases import decided, publish_release, released, text

BY = ("partner", "source_tier", "year")
TIERS = ("ministry", None, "key_news_site")


def params(**given: object) -> SampleParams:
    return SampleParams(**{"n": 12, "seed": 1, "least": 2, "by": BY} | given)


def shard(partner: str, start: int, count: int) -> pa.Table:
    """Documents of several tiers and years."""
    table = released(partner, {str(n): text(n) for n in range(start, start + count)})
    columns = {
        "source_tier": [TIERS[n % 3] for n in range(count)],
        "published": [f"{2020 + n % 2}-03-01" if n % 4 else None for n in range(count)],
        "line_count": [n % 10 for n in range(count)],
    }
    for name, values in columns.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(
            at, table.schema.field(at), pa.array(values, table.schema[at].type)
        )
    return table


@pytest.fixture
def release(tmp_path: Path) -> OpenedRelease:
    gov = [shard("gov", 0, 40), shard("gov", 40, 30)]
    news = [shard("news", 500, 50)]
    given = {
        "gov": (gov, decided(pa.concat_tables(gov).sort_by("id"), {})),
        "news": (news, decided(news[0], {})),
    }
    return publish_release(DirectoryStore(tmp_path / "root"), "1.0.0", given)


def test_sample_is_of_every_stratum_and_shows_its_documents(release: OpenedRelease) -> None:
    sample = draw(release, params(n=60, least=3))
    rows = documents(sample)
    assert [row["id"] for row in rows] == sample.ids
    assert len({*sample.ids}) == 60
    assert sum(one.documents for one in sample.strata) == 120
    assert all(len(one.drawn) >= 3 for one in sample.strata)
    whole = {row["id"]: row for row in release.dataset().to_table().to_pylist()}
    for row in rows:
        of = whole[row["id"]]
        assert (row["content"], row["title"], row["url"]) == (of["content"], of["title"], of["url"])
        year = of["published"] and of["published"][:4]
        assert row["stratum"] == (of["partner"], of["source_tier"], year)
        assert row["chars"] == len(of["content"])


def test_same_release_and_parameters_give_the_same_sample(
    release: OpenedRelease, tmp_path: Path
) -> None:
    first = draw(release, params())
    again = draw(open_release(DirectoryStore(tmp_path / "root"), "demo", "1.0.0"), params())
    assert (again.digest, again.ids) == (first.digest, first.ids)
    assert draw(release, params(seed=2)).digest != first.digest
    assert first.name["release"] == release.digest


def test_texts_are_read_of_the_row_groups_drawn_alone(
    release: OpenedRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, ...]] = []
    whole, group = pq.ParquetFile.read, pq.ParquetFile.read_row_group

    def of_file(file: pq.ParquetFile, columns: list[str]) -> pa.Table:
        read.append(tuple(columns))
        return whole(file, columns)

    def of_group(file: pq.ParquetFile, number: int, columns: list[str]) -> pa.Table:
        read.append((f"group {number}", *columns))
        return group(file, number, columns)

    monkeypatch.setattr(pq.ParquetFile, "read", of_file)
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", of_group)
    sample = draw(release, params(n=1, least=0))
    assert read == [("id", "partner", "source_tier", "published")] * 3
    read.clear()
    assert len(documents(sample)) == 1
    assert read == [("group 0", *review_samples.SHOWN)]


def test_of_a_long_text_the_beginning_is_shown(tmp_path: Path) -> None:
    long = "很长的公文。" * 50_000
    table = released("gov", {"1": long})
    given = {"gov": ([table], decided(table, {}))}
    release = publish_release(DirectoryStore(tmp_path / "root"), "1.0.0", given)
    (row,) = documents(draw(release, params(by=("partner",))))
    assert row["content"] == long[:SHOWN_CHARS]
    assert row["chars"] == len(long)


@pytest.mark.parametrize(
    ("lengths", "most", "cut"),
    [([5, 1, 9], 15, 9), ([5, 1, 9], 14, 8), ([5, 1, 9], 10, 4), ([5, 1, 9], 2, 0), ([7], 3, 3)],
)
def test_the_longest_texts_are_cut_where_all_together_are_too_long(
    lengths: list[int], most: int, cut: int
) -> None:
    assert review_samples._longest(np.array(lengths), most) == cut
    assert sum(min(length, cut) for length in lengths) <= most


def test_strata_that_make_it_much_larger_are_refused_with_what_to_do(
    release: OpenedRelease,
) -> None:
    with pytest.raises(ConfigError, match=r"strata by partner, source_tier, year of at least 100"):
        draw(release, params(n=20, least=100))
    assert len(draw(release, params(n=30, least=100)).ids) == 120
    with pytest.raises(ConfigError, match="choose year, partner"):
        draw(release, params(by=("tier",)))


def test_release_of_before_is_sampled_by_the_columns_it_has() -> None:
    root = Path(__file__).parents[3] / "fixtures" / "release" / "root"
    release = open_release(DirectoryStore(root), None, "latest")
    sample = draw(release, params(by=("partner",), n=5))
    assert len(documents(sample)) == len(sample.ids) >= 5


def test_signals_of_all_documents_are_checked(release: OpenedRelease) -> None:
    check = check_limits(release, {"line_count": 8})
    assert (check.documents, check.within, check.above) == (120, 108, {"line_count": 12})
    with pytest.raises(ConfigError, match="has no such column"):
        check_limits(release, {"porn": 8})

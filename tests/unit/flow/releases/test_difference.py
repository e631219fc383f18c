"""What differs between two releases, against sets of Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.corpus.release.comparison import compare, id_keys, positions
from jobs.errors import SchemaError
from jobs.flow.releases import difference
from jobs.flow.releases.difference import Difference, diff
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.directory import DirectoryStore
from tests.releases import decided, publish_release, released, text

IDS = st.dictionaries(st.binary(min_size=16, max_size=16), st.integers(0, 3), max_size=30)


@given(IDS, IDS)
def test_compare_equals_sets(before: dict[bytes, int], after: dict[bytes, int]) -> None:
    changes = compare(_words(before), _words(after))
    shared = before.keys() & after.keys()
    assert _ids(changes.added) == sorted(after.keys() - before.keys())
    assert _ids(changes.removed) == sorted(before.keys() - after.keys())
    assert _ids(changes.changed) == sorted(key for key in shared if before[key] != after[key])


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=20))
def test_ids_are_the_same_as_bytes_and_as_digits(ids: list[bytes]) -> None:
    words = id_keys(pa.array(ids, pa.binary(16)))
    for kind in (pa.string(), pa.large_string()):
        digits = pa.array(["ignored", *(one.hex() for one in ids)], kind).slice(1)
        assert np.array_equal(id_keys(digits), words)


@pytest.mark.parametrize("wrong", ["0" * 31, "0" * 31 + "g", "0" * 31 + "/", "语" * 32])
def test_ids_that_are_no_digits_are_refused(wrong: str) -> None:
    with pytest.raises(SchemaError):
        id_keys(pa.array([wrong]))


def _words(ids: dict[bytes, int]) -> tuple[np.ndarray, np.ndarray]:
    keys = sorted(ids)
    hashes = [bytes([ids[key]]) * 16 for key in keys]
    return id_keys(pa.array(keys, pa.binary(16))), id_keys(pa.array(hashes, pa.binary(16)))


def _ids(words: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in words.astype(">u8")]


@pytest.fixture(params=[True, False], ids=["facts", "text"])
def releases(request, tmp_path: Path) -> tuple[OpenedRelease, OpenedRelease]:
    """gov: one shard shared, one with a text changed, removed twice and added; news: gone."""
    store = DirectoryStore(tmp_path)
    gov = released("gov", {str(n): text(n) for n in range(40)})
    names = gov["source_id"].to_pylist()
    kept = {name: text(int(name)) for name in names[20:] if name not in names[30:32]}
    kept |= {names[25]: "改过的正文，与原来不同。\n", "new": text(999)}
    rest = released("gov", kept)
    news = released("news", {"1": text(500)})
    publish = {"has_facts": request.param}
    before = publish_release(
        store,
        "1.0.0",
        {
            "gov": ([gov.slice(0, 20), gov.slice(20)], decided(gov, {})),
            "news": ([news], decided(news, {})),
        },
        **publish,
    )
    whole = pa.concat_tables([gov.slice(0, 20), rest])
    after = publish_release(
        store,
        "1.1.0",
        {"gov": ([gov.slice(0, 20), rest], decided(whole, {names[30]: "near_duplicate"}))},
        **publish,
    )
    return before, after


def test_diff_counts_by_partner_reason_and_shard(releases) -> None:
    found = diff(*releases)
    assert found.partners == {
        "gov": {"added": 1, "removed": 2, "changed": 1, "unchanged": 37},
        "news": {"added": 0, "removed": 1, "changed": 0, "unchanged": 0},
    }
    assert found.reasons == {
        "gov": {"dedup/near_duplicate": 1, "not delivered": 1},
        "news": {"not delivered": 1},
    }
    assert found.shards == {"shared": 1, "only_before": 2, "only_after": 1}
    counts = {name: _sum(found, name) for name in ("added", "removed", "changed")}
    assert counts == {"added": 1, "removed": 3, "changed": 1}
    assert {row["site"] for row in found.sites} <= {"a.example", "b.example"}


def _sum(found: Difference, name: str) -> int:
    return sum(row[name] for row in found.sites)


def test_diff_in_many_ranges_is_the_same(releases, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = diff(*releases)
    monkeypatch.setattr(difference, "_RANGE_ROWS", 3)
    assert diff(*releases) == whole


def test_diff_in_many_ranges_reads_the_hashes_of_a_file_once(
    releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups, read = difference._groups, []

    def counting(release, entry, columns, *given):
        if columns in (["id", "content"], ["id", "text_hash"]):
            read.append(entry["key"])
        return groups(release, entry, columns, *given)

    monkeypatch.setattr(difference, "_groups", counting)
    monkeypatch.setattr(difference, "_RANGE_ROWS", 1)
    diff(*releases)
    assert len(read) == len(set(read)) == 3


def test_diff_backwards_swaps_added_and_removed(releases) -> None:
    there, back = diff(*releases), diff(*reversed(releases))
    for partner, counts in there.partners.items():
        assert back.partners[partner]["added"] == counts["removed"]
        assert back.partners[partner]["removed"] == counts["added"]
        assert back.partners[partner]["changed"] == counts["changed"]


def test_diff_of_a_release_and_itself_reads_no_file(
    releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(difference, "_groups", pytest.fail)
    found = diff(releases[0], releases[0])
    assert found.shards == {"shared": 3, "only_before": 0, "only_after": 0}
    assert sum(counts["unchanged"] for counts in found.partners.values()) == 41


def test_diff_hands_out_the_rows_themselves(releases) -> None:
    rows: dict[str, list[pa.Table]] = {}
    diff(*releases, rows=lambda name, table: rows.setdefault(name, []).append(table))
    tables = {name: pa.concat_tables(parts) for name, parts in rows.items()}
    assert tables["added"]["source_id"].to_pylist() == ["new"]
    assert tables["changed"]["content"].to_pylist() == ["改过的正文，与原来不同。\n"]
    assert tables["changed_before"]["id"].equals(tables["changed"]["id"])
    assert len(tables["removed"]) == 3


def test_positions_of_ids_in_none_are_none() -> None:
    none = np.zeros((0, 2), np.uint64)
    assert len(positions(none, none)) == 0
    assert positions(np.ones((2, 2), np.uint64), none).tolist() == [-1, -1]

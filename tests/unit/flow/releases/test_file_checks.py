"""A file too large to be held is read once, in pieces, and seen as one that is held."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from jobs.flow.releases import file_checks
from jobs.flow.releases.file_checks import FileCheck, FileReport, check_file
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.tasks import blobs
from jobs.storage.directory import DirectoryStore
from tests.releases import decided, publish_release, released, text

KINDS = ["shards", "facts", "decisions"]


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenedRelease:
    """Of one shard in several row groups."""
    monkeypatch.setattr(blobs, "_ROW_GROUP_BYTES", 1_000)
    gov = released("gov", {str(n): text(n) for n in range(60)})
    tables = ([gov], decided(gov, {"x": "near_duplicate", "y": "same_text"}))
    release = publish_release(DirectoryStore(tmp_path), "1.0.0", {"gov": tables}, has_facts=True)
    assert pq.ParquetFile(release.files()[0]).num_row_groups > 2
    return release


def _reports(release: OpenedRelease) -> list[FileReport]:
    checks = [FileCheck(kind, release.entries(kind)[0], is_whole=True) for kind in KINDS]
    return [check_file(check, release.store) for check in checks]


@pytest.fixture
def shard(release: OpenedRelease, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, FileCheck]:
    """One that is read in pieces."""
    _in_pieces(monkeypatch)
    path = Path(release.files()[0])
    return path, FileCheck("shards", release.entries("shards")[0], is_whole=True)


def _in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.storage.whole_objects.CHUNK_BYTES", 99)
    monkeypatch.setattr(file_checks, "CHUNK_BYTES", 99)
    monkeypatch.setattr(file_checks, "_FOOTER_BYTES", 50)


def test_file_read_in_pieces_is_reported_as_one_that_is_held(
    release: OpenedRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = _reports(release)
    _in_pieces(monkeypatch)
    for before, after in zip(held, _reports(release), strict=True):
        assert after.problem is before.problem is None
        assert after.counts == before.counts
        assert np.array_equal(after.ids, before.ids)
        assert np.array_equal(after.named, before.named)
        assert len(after.ids) == 60


def test_any_flipped_bit_of_a_file_read_in_pieces_is_found(
    release: OpenedRelease, shard: tuple[Path, FileCheck]
) -> None:
    path, check = shard
    sound = path.read_bytes()
    bits = random.Random(7).sample(range(8 * len(sound)), 30)
    for bit in [0, *bits, *range(8 * len(sound) - 64, 8 * len(sound))]:
        body = bytearray(sound)
        body[bit // 8] ^= 1 << bit % 8
        path.write_bytes(body)
        problem = check_file(check, release.store).problem
        assert problem, bit
        assert "not those" in problem, bit
    path.write_bytes(sound)


def test_file_cut_short_or_gone_while_it_is_read_in_pieces_is_told(
    release: OpenedRelease, shard: tuple[Path, FileCheck]
) -> None:
    path, check = shard
    path.write_bytes(path.read_bytes()[:40])
    assert check_file(check, release.store).problem == (
        f"it has 40 bytes, {check.entry['bytes']:,} were published"
    )
    path.unlink()
    assert check_file(check, release.store).problem == "it is missing"

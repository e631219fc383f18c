"""Objects between stages: whatever part of one is read is what was written, or an error."""

from __future__ import annotations

import random
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import DamagedTable
from jobs.flow.shards import Run
from jobs.flow.tasks.checkpoints import read_checkpoint, write_checkpoint
from jobs.flow.tasks.sealed_objects import (
    checkpoint_of,
    open_sealed,
    read_sealed,
    read_table,
    seal,
    seal_file,
)
from jobs.storage.layout import work_key
from tests.memory_store import MemoryStore

KEY = work_key("demo", "drops", "f", "keys-0", "keys.bin")
BODY = random.Random(7).randbytes(300_000)  # several blocks, the last of them short


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, len(BODY)])
def test_any_part_is_read_as_it_was_written(store: MemoryStore, tmp_path: Path, size: int) -> None:
    body = BODY[:size]
    key = seal(store, KEY, body)
    (tmp_path / "body").write_bytes(body)
    assert seal_file(store, KEY, tmp_path / "body") == key
    assert read_sealed(store, key) == body
    with open_sealed(store, key) as file:
        assert file.size() == size
        for start, count in [(0, 16), (65_530, 12), (size // 2, 70_000), (size, 1), (3, size)]:
            assert bytes(file.read_at(count, start)) == body[start : start + count]
        file.seek(0)
        assert file.read() == body
        file.seek(0)
        with pa.PythonFile(file, "r") as arrow:
            assert arrow.read() == body


@given(bit=st.integers(0, 8 * (len(BODY) + 40) - 1), at=st.integers(0, len(BODY)))
def test_no_flipped_bit_is_ever_handed_out(bit: int, at: int) -> None:
    store = MemoryStore()
    key = seal(store, KEY, BODY)
    whole = bytearray(store.get(key))
    whole[bit // 8] ^= 1 << bit % 8
    store.put(key, bytes(whole))
    with pytest.raises(DamagedTable, match=r"keys-0/keys-.*drops"):
        read_sealed(store, key)
    try:
        with open_sealed(store, key) as file:
            assert bytes(file.read_at(100, at)) == BODY[at : at + 100]
    except DamagedTable:
        pass


@pytest.mark.parametrize("damage", ["cut", "longer", "empty", "gone", "another"])
def test_damage_is_named_and_its_task_no_longer_done(store: MemoryStore, damage: str) -> None:
    key, other = seal(store, KEY, BODY), seal(store, KEY, BODY[::-1])
    assert checkpoint_of(key) == work_key("demo", "drops", "f", "keys-0.json")
    bodies = {"cut": store.get(key)[:-9], "longer": store.get(key) + b"x", "empty": b""}
    for read in (read_sealed, open_sealed):
        write_checkpoint(store, checkpoint_of(key), {"file": key})
        if damage == "gone":
            store.delete(key)
        else:
            store.put(key, bodies.get(damage, store.get(other)))
        with pytest.raises(DamagedTable, match=key):
            read(store, key)
        assert read_checkpoint(store, checkpoint_of(key)) is None


def test_bits_that_were_garbled_once_on_their_way_are_asked_for_again(store: MemoryStore) -> None:
    class Garbled(pa.BufferReader):
        def read_at(self, count: int, offset: int) -> bytes:
            body = super().read_at(count, offset)
            is_first, self.is_old = not hasattr(self, "is_old"), True
            return body if count < 65_536 or not is_first else body[:-1] + b"?"

    key = seal(store, KEY, BODY)
    store.open = lambda key: Garbled(store.get(key))  # type: ignore[method-assign]
    with open_sealed(store, key) as file:
        assert bytes(file.read_at(10, 70_000)) == BODY[70_000:70_010]


def test_columns_of_a_damaged_table_are_right_or_refused(
    store: MemoryStore, tmp_path: Path
) -> None:
    numbers = random.Random(1)
    table = pa.table({"a": range(20_000), "b": [numbers.random() for _ in range(20_000)]})
    pq.write_table(table, tmp_path / "t", row_group_size=5_000, use_dictionary=False)
    key = seal_file(store, work_key("demo", "normalized", "k", "facts.parquet"), tmp_path / "t")
    assert read_table(store, key).equals(table)
    good = store.get(key)
    refused = 0
    for _ in range(60):
        bad = bytearray(good)
        bad[numbers.randrange(len(bad))] ^= 1 << numbers.randrange(8)
        store.put(key, bytes(bad))
        try:
            assert read_table(store, key, columns=["a"]).equals(table.select(["a"]))
        except DamagedTable:
            refused += 1
    assert refused > 20


def test_checkpoint_of_dataclasses_is_believed(store: MemoryStore) -> None:
    made = {"runs": [Run("d", "f", "r", "e")]}
    assert write_checkpoint(store, "demo/work/a.json", made) == {"runs": [asdict(made["runs"][0])]}
    assert read_checkpoint(store, "demo/work/a.json") == {"runs": [asdict(made["runs"][0])]}


@pytest.mark.parametrize("made", [{"files": ["甲"], "rows": 3}, [], {}, [{"a": 1}]])
def test_checkpoint_is_believed_only_as_it_was_written(store: MemoryStore, made: object) -> None:
    assert read_checkpoint(store, "demo/work/a.json") is None
    write_checkpoint(store, "demo/work/a.json", made)
    assert read_checkpoint(store, "demo/work/a.json") == made
    good = store.get("demo/work/a.json")
    store.put("demo/work/b.json", good)
    assert read_checkpoint(store, "demo/work/b.json") is None
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        store.put("demo/work/a.json", bytes(bad))
        assert read_checkpoint(store, "demo/work/a.json") is None
    for bad in (b"", good[:-1], b"null", b"[]", b"3", b'"made"'):
        store.put("demo/work/a.json", bad)
        assert read_checkpoint(store, "demo/work/a.json") is None

"""Tables of characters are kept on a machine; what is kept damaged is computed again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jobs.corpus.text import canonical, character_classes, table_cache, writing_systems
from jobs.corpus.text.table_cache import kept_table


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Callable[[], object], list]:
    """A table as another process would ask for it, and a note of each time it is computed."""
    calls: list[int] = []
    monkeypatch.setattr(table_cache, "cache_folder", lambda: tmp_path)

    def two_tables() -> tuple[np.ndarray, np.ndarray]:
        calls.append(1)
        fixed = np.arange(3)
        fixed.flags.writeable = False
        return fixed, np.full(2, 7, np.uint8)

    def asked() -> object:
        return kept_table(two_tables)()  # as a process does that has not asked yet

    return asked, calls


def test_table_is_computed_once_and_is_the_same_in_the_next_process(counted) -> None:
    asked, calls = counted
    for _ in range(2):
        fixed, free = asked()
        assert (fixed.tolist(), free.tolist(), free.dtype) == ([0, 1, 2], [7, 7], np.uint8)
        assert (fixed.flags.writeable, free.flags.writeable) == (False, True)
    assert len(calls) == 1


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, None])
def test_damaged_table_is_computed_again(counted, tmp_path: Path, damage: bytes | None) -> None:
    asked, calls = counted
    asked()
    (file,) = tmp_path.rglob("*.npz")
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body if damage is None else damage)
    assert asked()[1].tolist() == [7, 7]
    assert len(calls) == 2
    asked()
    assert len(calls) == 2


def test_table_is_computed_where_nothing_can_be_kept(counted, monkeypatch) -> None:
    monkeypatch.setattr(table_cache, "cache_folder", lambda: Path("/proc/nowhere"))
    asked, calls = counted
    assert asked()[1].tolist() == asked()[1].tolist()
    assert len(calls) == 2


@pytest.mark.parametrize(
    "table",
    [
        character_classes.character_classes,
        writing_systems.script_numbers,
        canonical._encoded_table,
        canonical._comparison_table,
    ],
)
def test_kept_tables_are_what_their_functions_compute(table) -> None:
    kept, made = table(), table.__wrapped__.__wrapped__()
    if not isinstance(made, tuple):
        kept, made = (kept,), (made,)
    for one, other in zip(kept, made, strict=True):
        assert np.array_equal(one, other)
        assert (one.dtype, one.flags.writeable) == (other.dtype, other.flags.writeable)

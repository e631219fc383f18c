"""The store in memory that tests of the log use is a store like any other."""

from __future__ import annotations

import pytest

from tests.contracts import ObjectStoreContract
from tests.memory_store import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


class TestMemoryStore(ObjectStoreContract):
    pass

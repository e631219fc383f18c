"""The catalogue of mutations is of this code: each text is there, once, and each test exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.catalogue import MUTATIONS
from tests.mutations.mutation import Mutation

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.file}: {m.new.strip()[:40]}")
def test_mutation_is_of_this_code(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text(encoding="utf-8").count(mutation.old) == 1
    assert mutation.new != mutation.old
    for path in mutation.tests:
        assert (ROOT / path).is_file(), path


def test_mutations_are_many_and_over_all_rooms() -> None:
    assert len(MUTATIONS) >= 120
    assert {m.file.split("/")[1] for m in MUTATIONS} >= {"corpus", "storage"}

"""Plants: defects and copies in a delivery, how often and in which order."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import NamedTuple


class Plant(StrEnum):
    """One way in which a delivered row is less than an original, clean document."""

    EXACT_DUPLICATE = "exact_duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    TRADITIONAL_COPY = "traditional_copy"
    BOILERPLATE = "boilerplate"
    REPEATED_CAPTION = "repeated_caption"
    PASTED_TWICE = "pasted_twice"
    FULL_WIDTH = "full_width"
    HTML_RESIDUE = "html_residue"
    CONTROL_CHARACTERS = "control_characters"
    PRIVATE_DATA = "private_data"
    BENCHMARK_LEAK = "benchmark_leak"
    DIRTY_BYTES = "dirty_bytes"
    BROKEN_JSON = "broken_json"
    NULL_TEXT = "null_text"
    EMPTY_TEXT = "empty_text"
    MISSING_TEXT = "missing_text"


COPIES = frozenset({Plant.EXACT_DUPLICATE, Plant.NEAR_DUPLICATE, Plant.TRADITIONAL_COPY})
ONLY_IN_LINES = frozenset({Plant.DIRTY_BYTES, Plant.BROKEN_JSON, Plant.MISSING_TEXT})
"""What a Parquet file cannot have."""


class Card(NamedTuple):
    """What the next document is to be; `across` means a copy of another partner's document."""

    plant: Plant | None
    across: bool


_ORDINARY = Card(None, across=False)
_PER_THOUSAND = {
    Card(Plant.EXACT_DUPLICATE, across=False): 20,
    Card(Plant.EXACT_DUPLICATE, across=True): 30,
    Card(Plant.NEAR_DUPLICATE, across=False): 20,
    Card(Plant.NEAR_DUPLICATE, across=True): 20,
    Card(Plant.TRADITIONAL_COPY, across=True): 10,
    Card(Plant.BOILERPLATE, across=False): 100,
    Card(Plant.REPEATED_CAPTION, across=False): 10,
    Card(Plant.PASTED_TWICE, across=False): 5,
    Card(Plant.FULL_WIDTH, across=False): 20,
    Card(Plant.HTML_RESIDUE, across=False): 20,
    Card(Plant.CONTROL_CHARACTERS, across=False): 10,
    Card(Plant.PRIVATE_DATA, across=False): 10,
    Card(Plant.BENCHMARK_LEAK, across=False): 3,
    Card(Plant.DIRTY_BYTES, across=False): 1,
    Card(Plant.BROKEN_JSON, across=False): 1,
    Card(Plant.NULL_TEXT, across=False): 1,
    Card(Plant.EMPTY_TEXT, across=False): 1,
    Card(Plant.MISSING_TEXT, across=False): 1,
}
_THOUSAND = [card for card, count in _PER_THOUSAND.items() for _ in range(count)]
_THOUSAND += [_ORDINARY] * (1000 - len(_THOUSAND))

_FIRST_ORIGINALS = 30  # so that there is something to copy
_FIRST_CARDS = 290  # hold every plant at least once: small demos show everything
_LEAST_CARDS = 30  # more than ever are unfit for one partner


class Deck:
    """Cards in random order, with the agreed number of each plant in every thousand."""

    def __init__(self, seed: str) -> None:
        self._rng = Random(seed)
        first = [*_PER_THOUSAND, *self._rng.sample(_THOUSAND, _FIRST_CARDS - len(_PER_THOUSAND))]
        self._rng.shuffle(first)
        self._cards = first + [_ORDINARY] * _FIRST_ORIGINALS

    def deal(self, *, is_json_lines: bool) -> Card:
        """The next card for a file of lines, or for one that has none."""
        if len(self._cards) < _LEAST_CARDS:
            self._cards = self._rng.sample(_THOUSAND, len(_THOUSAND)) + self._cards
        at = len(self._cards) - 1
        while not is_json_lines and self._cards[at].plant in ONLY_IN_LINES:
            at -= 1
        return self._cards.pop(at)

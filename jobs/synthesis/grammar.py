"""Sentence patterns compiled to slots with lists of words, and the pen that fills them.

Every list is repeated to 256 words, so that a random byte chooses from any of them, and one `%`
fills in all sentences of a text. Drawing the words one by one with `random()`
wrote 20 MB/s on a core that writes over 80 MB/s this way; longer lists fall out of its cache.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from itertools import cycle, islice
from operator import getitem
from random import Random
from typing import TYPE_CHECKING, TypeVar

from jobs.synthesis import phrases, vocabulary
from jobs.synthesis.subjects import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")
WordList = tuple[str, ...]
Form = tuple[str, tuple[WordList, ...]]
Forms = tuple[Form, ...]

_FIRST_DAY, LAST_DAY = date(2001, 1, 1), date(2023, 11, 30)
_VARIANTS = 5  # of each pattern: macros are replaced when compiling, not when writing
_BYTES = 1 << 14  # drawn at a time
_SENTENCE_CHARS = 39  # on average
_SENTENCE_BYTES = 40  # one for the form, one for each slot: more than any pattern has

_COMMON: dict[str, WordList] = {
    "surname": vocabulary.SURNAMES,
    "given": vocabulary.GIVEN,
    "head": vocabulary.PLACE_HEADS,
    "citytail": vocabulary.CITY_TAILS,
    "towntail": vocabulary.TOWN_TAILS,
    "body": vocabulary.BODIES,
    "verb": vocabulary.VERBS,
    "adverb": vocabulary.ADVERBS,
    "scope": vocabulary.SCOPES,
    "act": vocabulary.ACTS,
    "aspect": vocabulary.ASPECTS,
    "state": vocabulary.STATES,
    "period": vocabulary.PERIODS,
    "local": vocabulary.LOCALS,
    "role": vocabulary.ROLES,
    "saying": vocabulary.SAYINGS,
    "virtue": vocabulary.VIRTUES,
    "image": vocabulary.IMAGES,
    "trait": vocabulary.TRAITS,
    "count": vocabulary.COUNTS,
    "pct": vocabulary.PERCENTS,
    "sum": vocabulary.SUMS,
    "month": vocabulary.MONTHS,
    "date": vocabulary.DATES,
    "year": vocabulary.YEARS,
    "share": vocabulary.SHARES,
}
_SETS: dict[str, WordList] = {
    "notices": (*phrases.NOTICES, *phrases.SHARED),
    "news": (*phrases.NEWS, *phrases.SHARED),
    "articles": (*phrases.ARTICLES, *phrases.SHARED),
    "openings": phrases.OPENINGS,
    "leads": phrases.LEADS,
    "headlines": phrases.HEADLINES,
    "issuers": phrases.ISSUERS,
    "matters": phrases.MATTERS,
    "addressees": phrases.ADDRESSEES,
    "cities": phrases.CITIES,
    "people": phrases.PEOPLE,
    "deeds": phrases.DEEDS,
    "questions": phrases.QUESTIONS,
}


@cache
def forms(kind: str, subject: int) -> Forms:
    """Return 256 compiled patterns of one kind of sentence, with the lists of one subject."""
    figures, lists = SUBJECTS[subject].figures, _lists(subject)
    rng = Random(0)
    counted = [_with_figures(pattern, figures, rng) for pattern in _all_expanded(_SETS[kind])]
    return _repeated([_compiled(pattern, lists) for pattern in counted])


@cache
def _lists(subject: int) -> dict[str, WordList]:
    theme = SUBJECTS[subject]
    own = {"noun": theme.nouns, "office": theme.offices, "scene": theme.scenes}
    return _shared_lists() | {slot: _repeated(words) for slot, words in own.items()}


@cache
def _shared_lists() -> dict[str, WordList]:
    return {slot: _repeated(words) for slot, words in _COMMON.items()}


def _repeated(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(islice(cycle(items), 256))


@cache
def _all_expanded(patterns: WordList) -> WordList:
    rng = Random(0)
    return tuple(_expanded(pattern, rng) for pattern in patterns for _ in range(_VARIANTS))


def _expanded(pattern: str, rng: Random) -> str:
    """The pattern with one of its alternatives in place of every macro."""
    while (macro := _MACRO.search(pattern)) is not None:
        one = rng.choice(phrases.MACROS[macro[1]])
        pattern = pattern[: macro.start()] + one + pattern[macro.end() :]
    return pattern


def _with_figures(pattern: str, figures: WordList, rng: Random) -> str:
    while "{figure}" in pattern:
        figure = rng.choice(figures).replace("#", "{count}")
        pattern = pattern.replace("{figure}", figure, 1)
    return pattern


def _compiled(pattern: str, lists: dict[str, WordList]) -> Form:
    fmt, slots = _parsed(pattern)
    return fmt, tuple(lists[slot] for slot in slots)


@cache
def _parsed(pattern: str) -> tuple[str, WordList]:
    return _SLOT.sub("%s", pattern), tuple(_SLOT.findall(pattern))


_MACRO = re.compile(r"\{(" + "|".join(phrases.MACROS) + r")\}")
_SLOT = re.compile(r"\{(\w+)\}")


class Pen:
    """Writes text from one random stream; two pens with one seed write the same."""

    def __init__(self, seed: str) -> None:
        self.rng = Random(seed)
        self._bytes, self._at = b"", 0

    def word(self, words: Sequence[str]) -> str:
        """Choose one of `words`."""
        return words[int(self.rng.random() * len(words))]

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def happens(self, share: float) -> bool:
        """Return True with the probability `share`."""
        return self.rng.random() < share

    def day(self) -> date:
        """Draw a day from 2001-01-01 to 2023-11-30."""
        return _FIRST_DAY + timedelta(days=self.whole(0, (LAST_DAY - _FIRST_DAY).days))

    def sentence(self, patterns: Forms) -> str:
        """Write one sentence, or phrase, of some patterns."""
        drawn = self._drawn(_SENTENCE_BYTES)
        fmt, slots = patterns[drawn[0]]
        self._at += 1 + len(slots)
        return fmt % tuple(map(getitem, slots, drawn[1:]))

    def paragraphs(self, patterns: Forms, chars: int, most: int) -> list[str]:
        """Write paragraphs.

        Args:
            patterns: of the sentences.
            chars: about how many characters together.
            most: sentences in a paragraph, at least one.
        """
        count = chars // _SENTENCE_CHARS + 1
        drawn = self._drawn(count * _SENTENCE_BYTES)
        formats, lists = list[str](), list[WordList]()
        for byte in drawn[:count]:
            fmt, slots = patterns[byte]
            formats.append(fmt)
            lists += slots
        used = count + len(lists)
        self._at += used
        text = "".join(self._with_breaks(formats, most))
        return (text % tuple(map(getitem, lists, drawn[count:used]))).split("\n")

    def _with_breaks(self, formats: list[str], most: int) -> list[str]:
        """Put a line break before a format after every two to `most` others."""
        at = self.whole(2, most)
        while at < len(formats):
            formats[at] = "\n" + formats[at]
            at += self.whole(2, most)
        return formats

    def _drawn(self, count: int) -> bytes:
        """Return the next `count` bytes; the caller adds to `_at` how many of them it used."""
        if self._at + count > len(self._bytes):
            self._bytes, self._at = self.rng.randbytes(max(count, _BYTES)), 0
        return self._bytes[self._at : self._at + count]

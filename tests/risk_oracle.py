"""Risk hits in plain Python: every word is tried at every letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jobs.corpus.keywords.folding import letter_table

NOTHING, SYMBOL, MARK, END = range(4)
KINDS = {0: NOTHING, 1: SYMBOL, 2: MARK, 3: END, 4: SYMBOL, 5: END, 6: MARK}
SHOWN = 3


class Letter(NamedTuple):
    plain: int
    gap: int  # in front of it


def letters(text: str) -> list[Letter]:
    found, between = [], []
    for character in text:
        plain = int(letter_table()[ord(character)])
        if plain not in KINDS:
            kinds = [kind for kind in between if kind != NOTHING]
            gap = END if len(kinds) > 3 or not found else max(kinds, default=NOTHING)
            found.append(Letter(plain, gap))
            between = []
        else:
            between.append(KINDS[plain])
    return found


def is_spelt(letter: Letter) -> bool:
    return letter.plain < 0x0E00


def end_of(word: str, of: Sequence[Letter], start: int) -> int | None:
    """Where a word that begins at a letter ends, None if it does not."""
    wanted = [one.plain for one in letters(word)]
    end = start + len(wanted)
    if [one.plain for one in of[start:end]] != wanted:
        return None
    for at in (start, end):
        if 0 < at < len(of) and of[at].gap == NOTHING and is_spelt(of[at - 1]) and is_spelt(of[at]):
            return None
    pairs = [(of[at - 1], of[at]) for at in range(start + 1, end)]
    gaps = [after.gap for _, after in pairs]
    is_strict = any(
        after.gap == MARK or (after.gap and is_spelt(before) and is_spelt(after))
        for before, after in pairs
    )
    if END in gaps or (is_strict and (len(wanted) < 3 or NOTHING in gaps)):
        return None
    return end


def hits(
    text: str, words: Mapping[str, Sequence[str]], exceptions: Sequence[str]
) -> dict[str, tuple[int, list[int]]]:
    """Of each category that has any: hits, and the numbers of the words shown, from 1."""
    of = letters(text)
    found: dict[str, tuple[int, list[int]]] = {}
    covered = 0
    for start in range(len(of)):
        covered = max([covered, *(end_of(one, of, start) or 0 for one in exceptions)])
        for category, some in words.items():
            ends = [(end_of(word, of, start) or 0, -number) for number, word in enumerate(some, 1)]
            end, number = max(ends, default=(0, 0))
            if end > covered:
                count, shown = found.get(category, (0, []))
                new = [-number] if -number not in shown and len(shown) < SHOWN else []
                found[category] = (count + 1, shown + new)
    return found

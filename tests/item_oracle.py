"""Plain loops that say what matching has to find: tokens, and what a stretch has of an item."""

from __future__ import annotations

import re

from jobs.corpus.contamination.alignment import TILE
from jobs.corpus.text.canonical import folding_table

Token = str


def tokens(text: str) -> list[Token]:
    """Folded characters, runs of Latin letters and digits together."""
    table = folding_table()
    folded = "".join(chr(table[ord(c)]) if table[ord(c)] else " " for c in text)
    return re.findall(r"[0-9a-z]+|[^\x00-\x7f]", folded)


def shifts(item: list[Token], text: list[Token]) -> list[int | None]:
    """Where each token of an item is in a text, less its place in the item; None where nowhere."""
    found: list[int | None] = [None] * len(item)
    if len(item) < TILE:
        for place in range(len(text) - len(item) + 1):
            if item and text[place : place + len(item)] == item:
                return [place] * len(item)
        return found
    i, shift = 0, 0
    while i + TILE <= len(item):
        runs = [(same(item[i:], text[p:]), p - i) for p in range(len(text) - TILE + 1)]
        runs = [run for run in runs if run[0] >= TILE][:64]
        if not runs:
            i += 1
            continue
        length, shift = min(runs, key=lambda run: (-run[0], abs(run[1] - shift)))
        found[i : i + length] = [shift] * length
        i += length
    tiles = list(found)
    for t, known in enumerate(tiles):
        if known is None:
            found[t] = beside(item, text, tiles, t)
    return found


def same(one: list[Token], other: list[Token]) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def beside(item, text, tiles, t) -> int | None:
    """Under which shift a token fits: of the tile before or behind, at the ends also near it."""
    before = next((s for s in reversed(tiles[:t]) if s is not None), None)
    after = next((s for s in tiles[t:] if s is not None), None)
    reaches = (0,) if None not in (before, after) else (0, 1, 2)
    for reach in reaches:
        for sign in (-1, 1):
            for shift in (before, after):
                place = None if shift is None else t + shift + sign * reach
                if place is not None and 0 <= place < len(text) and text[place] == item[t]:
                    return place - t
    return None

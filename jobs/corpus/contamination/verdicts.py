"""Verdicts: whether a text that holds part of a benchmark item holds its question.

A text that quotes what an item quotes (a statute, a saying, a slogan) lacks the words by which
the item asks. So a question counts only if no longer stretch of it is missing and its end is there;
otherwise the match is a quotation, which is reported and drops nothing. Questions of few or common
words count only beside their options.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.contamination.alignment import Alignment, ItemPart, TextSpan, aligned
from jobs.corpus.contamination.item_index import ItemIndex
from jobs.corpus.contamination.lookup import EDITED, EXACT, OPTION
from jobs.corpus.contamination.tokens import Tokens
from jobs.corpus.text.kernels import kernel

Fields = npt.NDArray[np.int64]

ASKED, QUOTED, READ = 0, 1, 2
"""Kinds of matches: a question, a quotation that a question has too, a passage."""


class Match(NamedTuple):
    """A part of an item that was found in a text: a row of int64, written by kernels.

    Attributes:
        item: Its number.
        kind: ASKED, QUOTED or READ.
        share: Of the part's tokens, in thousandths.
        weight: Of the part's weight, in thousandths.
        run: Tokens of the longest run.
        first: The first token in the text.
        last: The token after the last.
        options: Options found near it.
        item_options: Options of the item.
    """

    item: int
    kind: int
    share: int
    weight: int
    run: int
    first: int
    last: int
    options: int
    item_options: int


FIELDS = len(Match._fields)

_SHARE = 0.8  # of a question, and of its weight
_LEAST_SHARE, _EDITS = 0.7, 5  # of a short one, that may miss so many tokens
_STATED_SHARE = 0.9  # of one that asks by no word: a sentence to be completed
_ASKING = 0.5  # of the words by which a question asks
_LEAST = 0.5
_QUOTED_WEIGHT, _QUOTED_RUN = 0.5, 13
_READ_SHARE, _READ_RUN = 0.4, 13
_OPTION_SHARE = 0.8
_OPTION_TOKENS = 6  # that the options found must have together
_GAP, _LONGEST_GAP = 7, 12  # tokens of a question that may be missing together
_REACH = 60  # tokens between a question and its options


@kernel
def within(text: Tokens, low: int, high: int) -> TextSpan:
    """Return a span of a text.

    Args:
        text: tokens.
        low: where it begins; below 0 is 0.
        high: where it ends; at most the end of the text.
    """
    return TextSpan(text, max(0, low), min(len(text), high))


@kernel
def match_item(item: int, stretch: TextSpan, index: ItemIndex, out: Fields) -> bool:
    """Match a span of a text with an item; return whether it holds the question or quotes it.

    Args:
        item: its number.
        stretch: the span of a text.
        index: the index with the item.
        out: int64 (FIELDS,), a `Match`, written if it does.
    """
    part = index.firsts[item]
    size = index.starts[part + 1] - index.starts[part]
    found = _aligned_part(part, stretch, index)
    if found.first < 0 or found.share < _LEAST:
        return False
    reach = index.starts[index.firsts[item + 1]] - index.starts[part + 1] + _REACH
    around = within(stretch.text, found.first - reach, found.last + 2 * reach)
    options, total, tokens, last = _options_found(item, around, index)
    # A statute may have half of the options of a sentence taken from it.
    least = 2 if found.asking >= 0 else 3
    is_beside = (
        tokens >= _OPTION_TOKENS and 4 * options >= least * total and options >= min(2, total)
    )
    kind = _kind(found, size, index.trusts[item], is_beside)
    if kind < 0:
        return False
    out[0], out[1] = item, kind
    out[2], out[3], out[4] = int(1000 * found.share), int(1000 * found.weight), found.run
    out[5] = found.first
    out[6] = max(found.last, last) if kind == ASKED else found.last
    out[7], out[8] = options, total
    return True


@kernel
def match_passage(part: int, stretch: TextSpan, index: ItemIndex, out: Fields) -> bool:
    """Match a span of a text with a passage, as `match_item` does with an item.

    Args:
        part: the number of the passage's part.
        stretch: the span of a text.
        index: the index with the part.
        out: int64 (FIELDS,), a `Match`, written if enough is found.
    """
    found = _aligned_part(part, stretch, index)
    if found.first < 0 or found.share < _READ_SHARE or found.run < _READ_RUN:
        return False
    out[0], out[1] = index.items[part], READ
    out[2], out[3], out[4] = int(1000 * found.share), int(1000 * found.weight), found.run
    out[5], out[6], out[7], out[8] = found.first, found.last, 0, 0
    return True


@kernel
def _kind(found: Alignment, size: int, trust: int, is_beside: bool) -> int:  # noqa: FBT001
    """Return ASKED, QUOTED or -1 for neither."""
    most = max(_GAP, min(_LONGEST_GAP, size // 20)) if size >= 3 * _GAP else size // 3
    is_whole = found.gap <= most and found.has_end and found.last - found.first <= 2 * size + _REACH
    least = min(max(_LEAST_SHARE, 1 - _EDITS / size), _SHARE)
    if found.asking < 0:
        least = _STATED_SHARE
    if is_whole and (found.asking < 0 or found.asking >= _ASKING):
        if trust == EDITED and found.share >= least and found.weight >= least:
            return ASKED
        if trust == EXACT and found.gap == 0:
            return ASKED
        if is_beside and found.share >= least:
            return ASKED
    if trust == EDITED and found.weight >= _QUOTED_WEIGHT and found.run >= _QUOTED_RUN:
        return QUOTED
    return -1


@kernel
def _options_found(item: int, stretch: TextSpan, index: ItemIndex) -> tuple[int, int, int, int]:
    """Return how many options a span has, of how many, their tokens, and where the last ends."""
    found, total, tokens, last = 0, 0, 0, -1
    for part in range(index.firsts[item] + 1, index.firsts[item + 1]):
        size = index.starts[part + 1] - index.starts[part]
        if index.kinds[part] == OPTION and size > 0:
            total += 1
            option = _aligned_part(part, stretch, index)
            if option.share >= _OPTION_SHARE:
                found += 1
                tokens += size
                last = max(last, option.last)
    return found, total, tokens, last


@kernel
def _aligned_part(part: int, stretch: TextSpan, index: ItemIndex) -> Alignment:
    start, end = index.starts[part], index.starts[part + 1]
    return aligned(
        ItemPart(index.tokens[start:end], index.weights[start:end], index.asks[start:end]), stretch
    )

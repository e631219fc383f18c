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
from jobs.corpus.contamination.lookup import EDITED, EXACT, LONG, OPTION
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


class FoundOptions(NamedTuple):
    """Options of an item in a span of text.

    Attributes:
        found: How many.
        total: Of how many.
        tokens: All that are found together.
        longest: Tokens of the longest that is found.
        last: Where the last ends; -1 without any.
    """

    found: int
    total: int
    tokens: int
    longest: int
    last: int


_SHARE = 0.8  # of a question, and of its weight
_LEAST_SHARE, _EDITS = 0.7, 5  # of a short one, that may miss so many tokens
_ASKING = 0.5  # of the words by which a question asks
_LEAST = 0.5
_QUOTED_WEIGHT, _QUOTED_RUN = 0.5, 13
_READ_SHARE, _READ_RUN = 0.4, 13
_OPTION_SHARE = 0.8
_OPTION_TOKENS = 6  # that the options found must have together
_ALL_OPTIONS, _ALL_TOKENS = 3, 24  # that are proof of a question much edited
_CLEAR_WEIGHT = 0.8  # of a longer question of common words that was edited
_ANSWER_TOKENS = 8  # of an option that is proof alone beside a question that asks
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
    beside = _options_found(item, around, index)
    kind = _kind(found, size, index.trusts[item], beside)
    if kind < 0:
        return False
    out[0], out[1] = item, kind
    out[2], out[3], out[4] = int(1000 * found.share), int(1000 * found.weight), found.run
    out[5] = found.first
    out[6] = max(found.last, beside.last) if kind == ASKED else found.last
    out[7], out[8] = beside.found, beside.total
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
def _kind(found: Alignment, size: int, trust: int, beside: FoundOptions) -> int:
    """Return ASKED, QUOTED or -1 for neither."""
    most = max(_GAP, min(_LONGEST_GAP, size // 20)) if size >= 3 * _GAP else size // 3
    is_whole = found.gap <= most and found.has_end and found.last - found.first <= 2 * size + _REACH
    least = min(max(_LEAST_SHARE, 1 - _EDITS / size), _SHARE)
    if is_whole and (found.asking < 0 or found.asking >= _ASKING):
        if found.share >= least and _is_beside(found, beside):
            return ASKED
        if trust == EDITED and found.share >= least and found.weight >= least:
            return ASKED
        if trust == EXACT and (found.gap == 0 or _is_clear(found, size)):
            return ASKED
    if size < LONG and found.asking >= _ASKING and found.has_end and _has_all(beside):
        return ASKED
    if trust == EDITED and found.weight >= _QUOTED_WEIGHT and found.run >= _QUOTED_RUN:
        return QUOTED
    return -1


@kernel
def _is_clear(found: Alignment, size: int) -> bool:
    """Whether nearly all is there by which a longer question of common words is known."""
    return size >= LONG and found.asking >= 0 and found.weight >= _CLEAR_WEIGHT


@kernel
def _has_all(beside: FoundOptions) -> bool:
    """Whether all options are there, and are proof of a short question that was much edited."""
    return beside.found == beside.total >= _ALL_OPTIONS and beside.tokens >= _ALL_TOKENS


@kernel
def _is_beside(found: Alignment, beside: FoundOptions) -> bool:
    """Whether enough options are there for a question whose own words are not enough.

    A question that asks needs one whole sentence of them, or half. A statute may have half of the
    options of a sentence taken from it, and their list.
    """
    if found.asking >= 0 and beside.longest >= _ANSWER_TOKENS:
        return True
    least = 2 if found.asking >= 0 else 3
    is_enough = 4 * beside.found >= least * beside.total and beside.found >= min(2, beside.total)
    return is_enough and beside.tokens >= _OPTION_TOKENS


@kernel
def _options_found(item: int, stretch: TextSpan, index: ItemIndex) -> FoundOptions:
    """Return which options of an item a span has."""
    found, total, tokens, longest, last = 0, 0, 0, 0, -1
    for part in range(index.firsts[item] + 1, index.firsts[item + 1]):
        size = index.starts[part + 1] - index.starts[part]
        if index.kinds[part] == OPTION and size > 0:
            total += 1
            option = _aligned_part(part, stretch, index)
            if option.share >= _OPTION_SHARE:
                found += 1
                tokens += size
                longest = max(longest, size)
                last = max(last, option.last)
    return FoundOptions(found, total, tokens, longest, last)


@kernel
def _aligned_part(part: int, stretch: TextSpan, index: ItemIndex) -> Alignment:
    start, end = index.starts[part], index.starts[part + 1]
    return aligned(
        ItemPart(index.tokens[start:end], index.weights[start:end], index.asks[start:end]), stretch
    )

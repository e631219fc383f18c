"""Shares: the counts of all texts, and the signals that are made of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.model.signal_columns import (
    FEWEST_CHARS,
    FEWEST_LINES,
    KEYWORD_CATEGORIES,
    MUCH,
)
from jobs.corpus.signals import line_counts, repetition
from jobs.corpus.signals.repetition import LONGEST
from jobs.corpus.text.character_classes import HAN

Values = npt.NDArray[np.float64]

TEXT_CHARS, DISTINCT, WEIGHTED, LINKED, ONLY_TRADITIONAL, ONLY_SIMPLIFIED, LINKS = range(7)


class Counts(NamedTuple):
    """Counts of each text, a row each, float64.

    Attributes:
        classes: Characters of each class.
        letters: Text characters, distinct ones, the sum of c ln c over their counts, and those
            inside addresses; only-Traditional and only-Simplified characters; addresses.
        ngrams: For each n, what `count_ngrams` counts.
        lines: What `count_lines` counts.
        hits: Keywords of each category.
        prose: What `find_prose` counts.
        prose_ngrams: `ngrams` of the prose alone.
        prose_lines: `lines` of the prose alone.
    """

    classes: Values
    letters: Values
    ngrams: Values
    lines: Values
    hits: Values
    prose: Values
    prose_ngrams: Values
    prose_lines: Values


def columns(counts: Counts) -> dict[str, Values]:
    """Return every signal but `quality`, float64 (n,)."""
    letters = counts.letters.T
    return {
        **_character_shares(counts.classes.T, letters),
        **_letter_signals(letters),
        **_ngram_shares(counts.ngrams, letters[TEXT_CHARS]),
        **_line_shares(counts.lines.T, letters[TEXT_CHARS]),
        **{
            f"{category}_hits_per_line": _share(hits, counts.lines[:, line_counts.FULL_LINES])
            for category, hits in zip(KEYWORD_CATEGORIES, counts.hits.T, strict=True)
        },
        **_prose_signals(counts, letters[TEXT_CHARS]),
    }


def _share(part: Values, whole: Values) -> Values:
    return part / np.maximum(whole, 1)


def _character_shares(classes: Values, letters: Values) -> dict[str, Values]:
    chars = classes.sum(axis=0)
    names = ("han", "latin", "digit", "punctuation", "space", "private_use", "replacement")
    shares = {
        f"{name}_share": _share(count, chars)
        for name, count in zip((*names, "kana", "hangul"), classes[1:], strict=True)
    }
    traditional, simplified = letters[ONLY_TRADITIONAL : ONLY_SIMPLIFIED + 1]
    return {
        "content_chars": chars,
        **shares,
        "traditional_share": _share(traditional, traditional + simplified),
    }


def _letter_signals(letters: Values) -> dict[str, Values]:
    chars, distinct, weighted, linked = letters[:4]
    return {
        # -sum p ln p, with p = c / n, is ln n - (sum c ln c) / n.
        "char_entropy": np.maximum(np.log(np.maximum(chars, 1)) - _share(weighted, chars), 0),
        "unique_char_share": _share(distinct, chars),
        "link_char_share": _share(linked, chars),
    }


def _ngram_shares(ngrams: Values, chars: Values) -> dict[str, Values]:
    def repeated(n: int) -> Values:
        return _share(ngrams[:, n, repetition.REPEATED], ngrams[:, n, repetition.TOTAL])

    def top(n: int) -> Values:
        return np.minimum(_share(n * ngrams[:, n, repetition.TOP], chars), 1)

    def covered(n: int) -> Values:
        return _share(ngrams[:, n, repetition.COVERED], chars)

    return {
        "2gram_repetition_ratio": repeated(2),
        "3gram_repetition_ratio": repeated(3),
        "repeat_13gram_share": repeated(LONGEST),
        **{f"top_{n}gram_share": top(n) for n in (2, 3, 4)},
        **{f"dup_{n}gram_share": covered(n) for n in range(5, 11)},
    }


def _line_shares(lines: Values, chars: Values) -> dict[str, Values]:
    full = lines[line_counts.FULL_LINES]
    return {
        "line_count": lines[line_counts.LINES],
        "mean_line_chars": _share(chars, full),
        "bullet_line_share": _share(lines[line_counts.BULLETS], full),
        "list_line_share": _share(lines[line_counts.ITEMS], full),
        "heading_line_share": _share(lines[line_counts.HEADINGS], full),
        "ellipsis_line_share": _share(lines[line_counts.ELLIPSES], full),
        "terminal_line_share": _share(lines[line_counts.TERMINALS], full),
        "dup_line_share": _share(lines[line_counts.REPEATED_LINES], full),
        "dup_line_char_share": _share(lines[line_counts.REPEATED_LINE_CHARS], chars),
        "dup_paragraph_share": _share(
            lines[line_counts.REPEATED_PARAGRAPHS], lines[line_counts.PARAGRAPHS]
        ),
        "dup_paragraph_char_share": _share(lines[line_counts.REPEATED_PARAGRAPH_CHARS], chars),
    }


def _prose_signals(counts: Counts, chars: Values) -> dict[str, Values]:
    prose_chars, prose_han, digits, row_chars, row_digits, links = counts.prose.T
    lines, ngrams = counts.prose_lines.T, counts.prose_ngrams[:, LONGEST]
    han = counts.classes[:, HAN]
    hits = {
        f"{category}_hits_per_1000_chars": _per_thousand(found, chars)
        for category, found in zip(KEYWORD_CATEGORIES, counts.hits.T, strict=True)
    }
    return {
        "prose_han_share": _share(han, han + prose_chars - prose_han),
        "prose_digit_share": np.where(
            digits > MUCH * prose_chars,
            _share(digits - row_digits, prose_chars - row_chars),
            _share(digits, prose_chars),
        ),
        "prose_repeat_13gram_share": _share(
            ngrams[:, repetition.REPEATED], ngrams[:, repetition.TOTAL]
        ),
        "prose_dup_line_char_share": _share(lines[line_counts.REPEATED_LINE_CHARS], prose_chars),
        "prose_dup_paragraph_char_share": _share(
            lines[line_counts.REPEATED_PARAGRAPH_CHARS], prose_chars
        ),
        "cut_off_line_share": counts.lines[:, line_counts.ELLIPSES]
        / np.maximum(counts.lines[:, line_counts.FULL_LINES], FEWEST_LINES),
        "links_per_1000_chars": _per_thousand(links, prose_chars),
        **hits,
    }


def _per_thousand(count: Values, chars: Values) -> Values:
    return 1000 * count / np.maximum(chars, FEWEST_CHARS)

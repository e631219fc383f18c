"""Signals: measurements of every text, stored so that thresholds can change without its text.

`signal_columns` defines each. Kernels count in the UTF-8 of the column; here the counts of all
texts become shares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.model.signal_columns import (
    FEWEST_CHARS,
    FEWEST_LINES,
    KEYWORD_CATEGORIES,
    LITTLE_HAN,
    MUCH,
    SIGNALS,
)
from jobs.corpus.signals import line_counts, prose, repetition
from jobs.corpus.signals.keywords import Points, SignalParams, Trie, compiled, count_keywords
from jobs.corpus.signals.line_counts import LineBuffers, count_lines, line_buffers
from jobs.corpus.signals.prose import find_prose
from jobs.corpus.signals.quality import quality
from jobs.corpus.signals.repetition import LONGEST, NgramBuffers, count_ngrams, ngram_buffers
from jobs.corpus.text.character_classes import (
    CLASS_BITS,
    CLASSES,
    DIGIT,
    HAN,
    LINKING,
    SIMPLIFIED,
    SPACE,
    TRADITIONAL,
    CharacterClasses,
    character_classes,
)
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

SIGNALS_VERSION = 2
"""Recorded in releases; raise it when a formula changes."""

Values = npt.NDArray[np.float64]

_TEXT_CHARS, _DISTINCT, _WEIGHTED, _LINKED, _TRADITIONAL, _SIMPLIFIED, _LINKS = range(7)
_BOTH_SCRIPTS = TRADITIONAL * 4  # class and script bits are below


class _Counts(NamedTuple):
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


class _Buffers(NamedTuple):
    """Work space of the kernels: 8 bytes per UTF-8 byte of the longest text, and 10 MB."""

    points: Points
    prose: Points
    histogram: npt.NDArray[np.int32]
    distinct: Points
    ngram_buffers: NgramBuffers
    lines: LineBuffers


def signals(content: pa.LargeStringArray, *, params: SignalParams) -> pa.Table:
    """Return a row of SIGNALS per text, in order: null for a null text, 0 for an empty one.

    `quality` is null without a model, and the bias of the model for an empty text.

    Law: row-wise.
    """
    data, offsets, is_valid = text_buffers(content)
    rows = len(content)
    counts = _Counts(
        np.zeros((rows, CLASSES)),
        np.zeros((rows, 7)),
        np.zeros((rows, LONGEST + 1, repetition.COUNTERS)),
        np.zeros((rows, line_counts.COUNTERS)),
        np.zeros((rows, len(KEYWORD_CATEGORIES))),
        np.zeros((rows, prose.COUNTERS)),
        np.zeros((rows, LONGEST + 1, repetition.COUNTERS)),
        np.zeros((rows, line_counts.COUNTERS)),
    )
    longest = int(np.diff(offsets).max(initial=0))
    histogram, distinct = np.zeros(0x110000, np.int32), np.empty(0x110001, np.uint32)
    points, prose_points = np.empty(longest, np.uint32), np.empty(longest, np.uint32)
    buffers = _Buffers(points, prose_points, histogram, distinct, ngram_buffers(), line_buffers())
    _measure(data, offsets, character_classes(), compiled(params), buffers, counts)
    columns = _columns(counts)
    arrays = {
        name: pa.array(values.astype(SIGNALS.field(name).type.to_pandas_dtype()), mask=~is_valid)
        for name, values in columns.items()
    }
    arrays["quality"] = quality(content, model=params.quality)
    return pa.table([arrays[name] for name in SIGNALS.names], schema=SIGNALS)


def _columns(counts: _Counts) -> dict[str, Values]:
    letters = counts.letters.T
    return {
        **_character_shares(counts.classes.T, letters),
        **_letter_signals(letters),
        **_ngram_shares(counts.ngrams, letters[_TEXT_CHARS]),
        **_line_shares(counts.lines.T, letters[_TEXT_CHARS]),
        **{
            f"{category}_hits_per_line": _share(hits, counts.lines[:, line_counts.FULL_LINES])
            for category, hits in zip(KEYWORD_CATEGORIES, counts.hits.T, strict=True)
        },
        **_prose_signals(counts, letters[_TEXT_CHARS]),
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
    traditional, simplified = letters[_TRADITIONAL : _SIMPLIFIED + 1]
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


def _prose_signals(counts: _Counts, chars: Values) -> dict[str, Values]:
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


@kernel
def _measure(
    data: Bytes,
    offsets: Offsets,
    classes: CharacterClasses,
    trie: Trie,
    buffers: _Buffers,
    counts: _Counts,
) -> None:
    """Count everything of every text."""
    for row in range(len(offsets) - 1):
        size = _decode(data, offsets[row], offsets[row + 1], buffers.points)
        letters = counts.letters[row]
        _count_characters(buffers.points, size, classes, buffers, (counts.classes[row], letters))
        _count_repetition(buffers.points, size, classes, buffers.ngram_buffers, counts.ngrams[row])
        count_lines(buffers.points, size, classes, buffers.lines, counts.lines[row])
        count_keywords(buffers.points, size, trie, counts.hits[row])
        _count_prose(data, (offsets[row], offsets[row + 1], size), classes, buffers, counts, row)


@kernel
def _count_prose(
    data: Bytes,
    span: tuple[int, int, int],
    classes: CharacterClasses,
    buffers: _Buffers,
    counts: _Counts,
    row: int,
) -> None:
    """Count the prose of an unusual text, of any other the whole: looking for it takes time.

    Args:
        data: UTF-8 bytes.
        span: the text's first byte, the one after its last, and its code points.
        classes: the class of each code point.
        buffers: work space.
        counts: those of the whole text are read, those of prose written.
        row: of the counts.
    """
    start, stop, size = span
    if _is_unusual(counts, row, size):
        size = find_prose(data, start, stop, classes, buffers.prose, counts.prose[row])
    else:
        letters = counts.letters[row]
        counts.prose[row, prose.CHARS] = letters[_TEXT_CHARS] - letters[_LINKED]
        counts.prose[row, prose.HANS] = counts.classes[row, HAN]
        counts.prose[row, prose.DIGITS] = counts.classes[row, DIGIT]
        counts.prose[row, prose.LINKS] = letters[_LINKS]
    if size == span[2]:
        counts.prose_ngrams[row] = counts.ngrams[row]
        counts.prose_lines[row] = counts.lines[row]
    else:
        ngrams = counts.prose_ngrams[row]
        _count_repetition(buffers.prose, size, classes, buffers.ngram_buffers, ngrams)
        count_lines(buffers.prose, size, classes, buffers.lines, counts.prose_lines[row])


@kernel
def _is_unusual(counts: _Counts, row: int, size: int) -> bool:
    """Whether a rule might reject the text for what is no prose."""
    chars, lines = counts.letters[row, _TEXT_CHARS], counts.lines[row]
    ngrams = counts.ngrams[row, LONGEST]
    return (
        counts.classes[row, HAN] < LITTLE_HAN * size
        or counts.classes[row, DIGIT] > MUCH * chars
        or counts.letters[row, _LINKED] > MUCH * chars
        or ngrams[repetition.REPEATED] > MUCH * ngrams[repetition.TOTAL]
        or lines[line_counts.REPEATED_LINE_CHARS] > MUCH * chars
        or lines[line_counts.REPEATED_PARAGRAPH_CHARS] > MUCH * chars
    )


@kernel
def _decode(data: Bytes, start: int, end: int, points: Points) -> int:
    i, stop, size = np.uint64(start), np.uint64(end), 0
    while i < stop:
        points[np.uint64(size)], i = decode_point(data, i)
        size += 1
    return size


@kernel
def _count_characters(
    points: Points,
    size: int,
    classes: CharacterClasses,
    buffers: _Buffers,
    counts: tuple[Values, Values],
) -> None:
    """Count classes and scripts, the distribution of characters, and addresses."""
    class_counts, letters = counts
    histogram, distinct, known = buffers.histogram, buffers.distinct, 0
    counted = np.zeros(_BOTH_SCRIPTS, np.int64)
    linked = link_end = 0
    for i in range(size):
        bits = classes[points[i]]
        counted[bits & np.uint16(_BOTH_SCRIPTS - 1)] += 1
        count = histogram[points[i]]
        histogram[points[i]] = count + 1
        distinct[known] = points[i]
        known += count == 0
        if bits & LINKING and i >= link_end and _begins_link(points, i, size):
            link_end = _link_end(points, i, size)
            linked += link_end - i
            letters[_LINKS] += 1
    letters[_LINKED] = linked
    for bits in range(_BOTH_SCRIPTS):
        class_counts[bits & CLASS_BITS] += counted[bits]
        letters[_TRADITIONAL] += counted[bits] * (bits & TRADITIONAL != 0)
        letters[_SIMPLIFIED] += counted[bits] * (bits & SIMPLIFIED != 0)
    for k in range(known):
        _weigh(histogram[distinct[k]], classes[distinct[k]], letters)
        histogram[distinct[k]] = 0


@kernel
def _weigh(count: int, bits: int, letters: Values) -> None:
    if bits & CLASS_BITS != SPACE:
        letters[_TEXT_CHARS] += count
        letters[_DISTINCT] += 1
        letters[_WEIGHTED] += count * np.log(count)


_HTTP, _HTTPS, _WWW = (
    np.array([ord(letter) for letter in word], np.uint32)
    for word in ("http://", "https://", "www.")
)


@kernel
def _begins_link(points: Points, i: int, size: int) -> bool:
    return (
        _begins(points, i, size, _HTTP)
        or _begins(points, i, size, _HTTPS)
        or _begins(points, i, size, _WWW)
    )


@kernel
def _begins(points: Points, i: int, size: int, word: Points) -> bool:
    if i + len(word) > size:
        return False
    for k in range(len(word)):  # noqa: SIM110  numba knows no generators here
        if points[i + k] != word[k]:
            return False
    return True


@kernel
def _link_end(points: Points, i: int, size: int) -> int:
    """Return where an address ends: at white space, non-ASCII, a bracket or a quote."""
    while i < size and 0x20 < points[i] < 0x7F and points[i] not in {0x22, 0x29, 0x3C, 0x3E, 0x5D}:
        i += 1
    return i


@kernel
def _count_repetition(
    points: Points, size: int, classes: CharacterClasses, buffers: NgramBuffers, values: Values
) -> None:
    start = 0
    while start < size:
        stop = min(size, start + len(buffers.ids))
        text_chars = 0
        for i in range(start, stop):
            buffers.ids[text_chars] = points[i]
            text_chars += classes[points[i]] & CLASS_BITS != SPACE
        count_ngrams(buffers, text_chars, values)
        start = stop

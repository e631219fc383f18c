"""Signals: measurements of every text, stored so that thresholds can change without its text.

`signal_columns` defines each. Kernels count in the UTF-8 of the column; here the counts of all
texts become shares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.keywords.hits import RISKS, risk_hits
from jobs.corpus.model.signal_columns import (
    KEYWORD_CATEGORIES,
    LITTLE_HAN,
    MEASURED,
    MUCH,
)
from jobs.corpus.signals import line_counts, prose, repetition
from jobs.corpus.signals.addresses import begins_link, link_end
from jobs.corpus.signals.keywords import Points, SignalParams, Trie, compiled, count_keywords
from jobs.corpus.signals.line_counts import LineBuffers, count_lines, line_buffers
from jobs.corpus.signals.prose import find_prose
from jobs.corpus.signals.quality import quality
from jobs.corpus.signals.repetition import LONGEST, NgramBuffers, count_ngrams, ngram_buffers
from jobs.corpus.signals.shares import (
    DISTINCT,
    LINKED,
    LINKS,
    ONLY_SIMPLIFIED,
    ONLY_TRADITIONAL,
    TEXT_CHARS,
    WEIGHTED,
    Counts,
    Values,
    columns,
)
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


_BOTH_SCRIPTS = TRADITIONAL * 4  # class and script bits are below


class _Buffers(NamedTuple):
    """Work space of the kernels: 8 bytes per UTF-8 byte of the longest text, and 10 MB."""

    points: Points
    prose: Points
    histogram: npt.NDArray[np.int32]
    distinct: Points
    ngram_buffers: NgramBuffers
    lines: LineBuffers


def signals(content: pa.LargeStringArray, *, params: SignalParams) -> pa.Table:
    """Return a row of MEASURED per text, in order: null for a null text, 0 for an empty one.

    `quality` is null without a model, and the bias of the model for an empty text. Columns of risk
    keywords are null without a library.

    Law: row-wise.
    """
    data, offsets, is_valid = text_buffers(content)
    rows = len(content)
    counts = Counts(
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
    measured = columns(counts)
    arrays = {
        name: pa.array(values.astype(MEASURED.field(name).type.to_pandas_dtype()), mask=~is_valid)
        for name, values in measured.items()
    }
    arrays["quality"] = quality(content, model=params.quality)
    arrays |= dict(zip(RISKS.names, risk_hits(content, params.risks).columns, strict=True))
    return pa.table([arrays[name] for name in MEASURED.names], schema=MEASURED)


@kernel
def _measure(
    data: Bytes,
    offsets: Offsets,
    classes: CharacterClasses,
    trie: Trie,
    buffers: _Buffers,
    counts: Counts,
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
    counts: Counts,
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
        counts.prose[row, prose.CHARS] = letters[TEXT_CHARS] - letters[LINKED]
        counts.prose[row, prose.HANS] = counts.classes[row, HAN]
        counts.prose[row, prose.DIGITS] = counts.classes[row, DIGIT]
        counts.prose[row, prose.LINKS] = letters[LINKS]
    if size == span[2]:
        counts.prose_ngrams[row] = counts.ngrams[row]
        counts.prose_lines[row] = counts.lines[row]
    else:
        ngrams = counts.prose_ngrams[row]
        _count_repetition(buffers.prose, size, classes, buffers.ngram_buffers, ngrams)
        count_lines(buffers.prose, size, classes, buffers.lines, counts.prose_lines[row])


@kernel
def _is_unusual(counts: Counts, row: int, size: int) -> bool:
    """Whether a rule might reject the text for what is no prose."""
    chars, lines = counts.letters[row, TEXT_CHARS], counts.lines[row]
    ngrams = counts.ngrams[row, LONGEST]
    return (
        counts.classes[row, HAN] < LITTLE_HAN * size
        or counts.classes[row, DIGIT] > MUCH * chars
        or counts.letters[row, LINKED] > MUCH * chars
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
    linked = address_end = 0
    for i in range(size):
        bits = classes[points[i]]
        counted[bits & np.uint16(_BOTH_SCRIPTS - 1)] += 1
        count = histogram[points[i]]
        histogram[points[i]] = count + 1
        distinct[known] = points[i]
        known += count == 0
        if bits & LINKING and i >= address_end and begins_link(points, i, size):
            address_end = link_end(points, i, size)
            linked += address_end - i
            letters[LINKS] += 1
    letters[LINKED] = linked
    for bits in range(_BOTH_SCRIPTS):
        class_counts[bits & CLASS_BITS] += counted[bits]
        letters[ONLY_TRADITIONAL] += counted[bits] * (bits & TRADITIONAL != 0)
        letters[ONLY_SIMPLIFIED] += counted[bits] * (bits & SIMPLIFIED != 0)
    for k in range(known):
        _weigh(histogram[distinct[k]], classes[distinct[k]], letters)
        histogram[distinct[k]] = 0


@kernel
def _weigh(count: int, bits: int, letters: Values) -> None:
    if bits & CLASS_BITS != SPACE:
        letters[TEXT_CHARS] += count
        letters[DISTINCT] += 1
        letters[WEIGHTED] += count * np.log(count)


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

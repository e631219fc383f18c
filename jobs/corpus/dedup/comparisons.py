"""Comparisons as kernels: how similar two documents are, and whether they are siblings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.decision_inputs import Comparison, HotBuckets, Sketches, Templates
from jobs.corpus.dedup.shingles import Texts, similarity_from
from jobs.corpus.dedup.siblings import are_titles_unlike
from jobs.corpus.text.kernels import kernel

DocumentNumbers = npt.NDArray[np.int64]

SAME_ID = -1.0
NO_MATCH = -2.0


class Search(NamedTuple):
    """Everything that a comparison needs.

    Attributes:
        sketches: Of all documents.
        order: Shape (documents,): the documents, best rank first.
        compared_by: For each rank, the rank that was compared with it last.
        comparison: How two documents are compared.
        hot: When buckets are searched by tokens.
        siblings: For each rank, the best rank that it resembles and is no copy of.
        likeness: How similar they are.
    """

    sketches: Sketches
    order: DocumentNumbers
    compared_by: npt.NDArray[np.int32]
    comparison: Comparison
    hot: HotBuckets
    siblings: npt.NDArray[np.int64]
    likeness: npt.NDArray[np.float64]


class Probe(NamedTuple):
    """The rank of a document, the band in which it is looked up, and the column of ids."""

    rank: int
    band: int
    id_column: int


class Match(NamedTuple):
    """The rank of the best match so far, and its similarity."""

    rank: np.int64
    similarity: float


@kernel
def is_textless(texts: Texts, doc: int) -> bool:
    """Whether no text of a document is at hand."""
    return bool(texts.offsets[doc + 1] == texts.offsets[doc])


@kernel
def similarity_of(search: Search, probe: Probe, other_rank: np.int64) -> float:
    """Return the similarity of a pair that matches, -1 if only their ids do, -2 if nothing does."""
    signatures, ids = search.sketches.signatures, search.sketches.ids
    rows = search.comparison.rows
    doc, other = search.order[probe.rank], search.order[other_rank]
    if probe.band == probe.id_column:
        is_same = ids[doc, 0] == ids[other, 0] and ids[doc, 1] == ids[other, 1]
        return SAME_ID if is_same else NO_MATCH
    if search.compared_by[other_rank] == probe.rank:
        return NO_MATCH
    for value in range(probe.band * rows, (probe.band + 1) * rows):
        if signatures[doc, value] != signatures[other, value]:
            return NO_MATCH
    search.compared_by[other_rank] = probe.rank  # a pair is compared once, not per shared band
    threshold = _threshold(search, doc, other)
    found = _compared(search, doc, other, threshold)
    if found < threshold:
        return NO_MATCH
    if not _is_sibling(search.sketches.templates, doc, other):
        return found
    if other_rank < search.siblings[probe.rank]:
        search.siblings[probe.rank] = other_rank
        search.likeness[probe.rank] = found
    return NO_MATCH


@kernel
def _threshold(search: Search, doc: int, other: int) -> float:
    """Return the similarity from which a document is dropped for another one."""
    own = search.comparison.thresholds[doc]
    if search.sketches.templates.is_absolute[other]:
        return min(own, search.comparison.taken_down)
    return float(own)


@kernel
def _compared(search: Search, doc: int, other: int, threshold: float) -> float:
    """Return the similarity of two documents; -2 or less than the threshold if it is below that."""
    texts, shingle_chars = search.sketches.texts, search.comparison.shingle_chars
    # A document that was taken down has only a signature left, no text.
    if shingle_chars > 0 and not is_textless(texts, other):
        return similarity_from(texts, shingle_chars, doc, other, threshold)
    signatures = search.sketches.signatures
    agreeing = 0
    for value in range(signatures.shape[1]):
        agreeing += signatures[doc, value] == signatures[other, value]
    return agreeing / signatures.shape[1]


@kernel
def _is_sibling(templates: Templates, doc: int, other: int) -> bool:
    """Whether a document stays although it is as similar to another as the threshold."""
    if templates.is_absolute[other] or templates.contents[doc] == templates.contents[other]:
        return False
    numbers, letters = templates.numbers, templates.letters
    has_other_numbers = 0 != numbers[doc] != numbers[other] != 0
    if templates.is_exempt[doc] or (has_other_numbers and letters[doc] == letters[other]):
        return True
    return are_titles_unlike(templates.titles, doc, other)

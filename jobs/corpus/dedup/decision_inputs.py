"""Inputs of the decision loop: what documents are compared by, how, and which are decided."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.corpus.dedup.shingles import Texts
from jobs.corpus.dedup.siblings import Keys
from jobs.corpus.dedup.signatures import Signatures


class Templates(NamedTuple):
    """Which documents that resemble another one stay.

    Attributes:
        titles: Title keys.
        letters: Shape (documents,), uint64: of the characters that are in no number.
        numbers: Shape (documents,), uint64: of those that are; 0 for none.
        contents: Shape (documents,), uint64: equal for equal canonical texts; 0 without text.
        is_exempt: Shape (documents,): dropped for an equal text alone.
        is_absolute: Shape (documents,): taken down; whatever resembles it goes.
        is_template: Shape (documents,): kept before as a sibling; compared for equality alone.
    """

    titles: Keys
    letters: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.uint64]
    contents: npt.NDArray[np.uint64]
    is_exempt: npt.NDArray[np.bool_]
    is_absolute: npt.NDArray[np.bool_]
    is_template: npt.NDArray[np.bool_]


class Sketches(NamedTuple):
    """What documents are compared by.

    Attributes:
        signatures: Shape (documents, num_perm).
        ids: Shape (documents, 2), uint64.
        texts: The canonical texts; none, unless similarity is to be exact.
        templates: What distinguishes copies from siblings.
    """

    signatures: Signatures
    ids: npt.NDArray[np.uint64]
    texts: Texts
    templates: Templates


class Comparison(NamedTuple):
    """How two documents are compared.

    Attributes:
        rows: MinHash values of a band.
        lowest: Similarity that every match reaches at least.
        taken_down: Similarity of a match with a document that was taken down.
        thresholds: Shape (documents,): similarity from which each is dropped.
        shingle_chars: Characters of a shingle; 0 to compare signatures only.
    """

    rows: int
    lowest: float
    taken_down: float
    thresholds: npt.NDArray[np.float64]
    shingle_chars: int


class HotBuckets(NamedTuple):
    """When buckets are searched by tokens.

    Attributes:
        documents: A bucket of more kept documents is hot.
        segment_length: MinHash values of a segment; 0 if no document is found by segments.
        differing: In how many values a match may differ.
    """

    documents: int
    segment_length: int
    differing: int


class Ranks(NamedTuple):
    """What is decided: documents from rank `first_new` on, for kept ones below `end_kept`.

    All documents before `first_new` are frozen.
    """

    first_new: int
    end_kept: int

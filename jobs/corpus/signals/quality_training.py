"""Training of a quality model: stochastic gradient descent of the logistic loss, then calibration.

In every epoch one random stretch of each document is used, so that a book weighs as much as a
notice, and all of it is used in time. The rate falls to 0. Weights are overconfident on documents
that they were not trained on, so the probability is fitted to documents kept back (Platt 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.signals.quality import (
    ORDERS,
    STRETCH_BYTES,
    Marks,
    buckets,
    empty_marks,
    newly_marked,
    next_letter,
    text_weights,
)
from jobs.corpus.signals.quality_model import BUCKET_BITS, Scorer
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import text_buffers
from jobs.corpus.text.utf8 import Bytes
from jobs.errors import ConfigError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]
Buckets = npt.NDArray[np.uint32]

_LARGEST = np.iinfo(np.int16).max
_NEWTON_STEPS = 100
_RIDGE = 1e-9  # so that a line through equal points can be fitted


@dataclass(frozen=True)
class TrainingParams:
    """How a model is trained.

    Attributes:
        seed: Of the split and of the order of documents.
        documents: At most so many of either kind, those with the smallest canonical hashes.
        epochs: How often each document is seen.
        rate: Of the first step; it falls to 0.
        held_out: The share of documents kept back for calibration, and another for the report.
    """

    seed: int
    documents: int
    epochs: int
    rate: float
    held_out: float

    def __post_init__(self) -> None:
        """Refuse values under which nothing is trained."""
        if min(self.documents, self.epochs) < 1 or self.rate <= 0 or not 0 < self.held_out <= 0.4:
            raise ConfigError(
                f"documents={self.documents} epochs={self.epochs} rate={self.rate} "
                f"held_out={self.held_out}: give positive numbers, and held_out up to 0.4"
            )


def fitted(
    texts: pa.LargeStringArray, labels: Labels, is_kept_back: Labels, *, params: TrainingParams
) -> Scorer:
    """Fit the weights to the texts, scale and bias to those kept back.

    Args:
        texts: without nulls.
        labels: whether each is of the good kind.
        is_kept_back: which are for calibration.
        params: seed, epochs and rate.

    Law: whole. Deterministic for equal texts in equal order.
    """
    data, offsets, _ = text_buffers(texts)
    rng = np.random.default_rng(params.seed)
    shown = np.flatnonzero(~is_kept_back)
    order = np.concatenate([rng.permutation(shown) for _ in range(params.epochs)])
    stretches = 1 + (offsets[order + 1] - offsets[order]) // STRETCH_BYTES
    starts = offsets[order] + STRETCH_BYTES * rng.integers(0, stretches)
    weights = np.zeros(1 << BUCKET_BITS)
    ends = np.minimum(starts + STRETCH_BYTES, offsets[order + 1])
    _descend(data, starts, ends, labels[order], params.rate, weights)
    unit = float(np.abs(weights).max()) / _LARGEST or 1.0
    integers = np.rint(weights / unit).astype(np.int16)
    measured = unit * text_weights(data, offsets, integers)[is_kept_back]
    slope, bias = calibrated(measured, labels[is_kept_back])
    return Scorer(integers, slope * unit, bias)


def calibrated(logits: Floats, labels: Labels) -> tuple[float, float]:
    """Return slope and intercept of the logistic curve that fits the labels best.

    By Newton's method. Labels are smoothed (Platt 1999), so that kinds separated without error
    have a finite slope.
    """
    positives = np.count_nonzero(labels)
    negatives = len(labels) - positives
    targets = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    spread = float(np.abs(logits).max(initial=0)) or 1.0  # so that both unknowns are of one size
    rows = np.stack([logits / spread, np.ones(len(logits))], axis=1)
    fit = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        probabilities = 1 / (1 + np.exp(-rows @ fit))
        slopes = rows.T @ (targets - probabilities)
        curvature = (rows * (probabilities * (1 - probabilities))[:, np.newaxis]).T @ rows
        step = np.linalg.solve(curvature + _RIDGE * np.eye(2), slopes)
        fit += step * min(1.0, 2 / max(float(np.abs(step).max()), _RIDGE))
    return float(fit[0] / spread), float(fit[1])


@kernel
def _descend(
    data: Bytes, starts: Positions, ends: Positions, labels: Labels, rate: float, weights: Floats
) -> None:
    """Change the weights by one step for each stretch."""
    found, marks = np.empty(ORDERS * STRETCH_BYTES, np.uint32), empty_marks()
    bias = 0.0
    for step in range(len(starts)):
        distinct = _distinct_buckets(data, starts[step], ends[step], found, marks)
        if distinct:
            root = np.sqrt(distinct)
            total = 0.0
            for k in range(distinct):
                total += weights[found[k]]
            probability = 1 / (1 + np.exp(-(bias + total / root)))
            move = rate * (1 - step / len(starts)) * (labels[step] - probability)
            bias += move / 10  # a feature that every text has: slower
            for k in range(distinct):
                weights[found[k]] += move / root


@kernel
def _distinct_buckets(data: Bytes, start: int, end: int, found: Buckets, marks: Marks) -> np.int64:
    """Write the distinct buckets of a stretch to `found`; return how many. Clear `marks`."""
    i, stop, distinct = np.uint64(start), np.uint64(end), np.int64(0)
    while i < stop and data[i] & np.uint8(0xC0) == np.uint8(0x80):  # inside a character
        i += np.uint64(1)
    a = b = np.uint64(0)
    while i < stop:
        c, i = next_letter(data, i)
        for bucket in buckets(a, b, c):
            found[distinct] = bucket
            distinct += newly_marked(marks, bucket)
        a, b = b, c
    marks[:] = 0
    return distinct

"""Quality report: what a threshold finds and loses, and whether scores are probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]

_BINS = 10
_LOST = (0.001, 0.01, 0.05)
_NEUTRAL = 0.5


def quality_report(scores: Scores, labels: Labels) -> dict[str, Any]:
    """Compare scores in [0, 1] with the kinds of the documents; both kinds must occur.

    Returns:
        `precision`, `recall` and `accuracy` of calling good what scores at least 0.5; `roc_auc`,
        the probability that a good document scores above a bad one; `brier`, the mean squared
        error, and `log_loss`, in nats; `reliability`, a row per tenth of the range; `thresholds`,
        what it costs to reject below each.
    """
    is_called = scores >= _NEUTRAL
    hits = int((is_called & labels).sum())
    sure = np.clip(scores, 1e-7, 1 - 1e-7)
    return {
        "documents": len(scores),
        "positives": int(labels.sum()),
        "precision": hits / max(int(is_called.sum()), 1),
        "recall": hits / int(labels.sum()),
        "accuracy": float((is_called == labels).mean()),
        "roc_auc": roc_auc(scores, labels),
        "brier": float(((scores - labels) ** 2).mean()),
        "log_loss": float(-np.log(np.where(labels, sure, 1 - sure)).mean()),
        "reliability": _reliability(scores, labels),
        "thresholds": [_threshold(scores, labels, lost) for lost in _LOST],
    }


def roc_auc(scores: Scores, labels: Labels) -> float:
    """Return the area under the ROC curve: the share of pairs in order, a tie counting half."""
    _, index, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[index]
    positives = int(labels.sum())
    above = ranks[labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(labels) - positives)))


def _reliability(scores: Scores, labels: Labels) -> list[dict[str, Any]]:
    """Compare `mean_score` with `positive_share`: equal where scores are probabilities."""
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    return [
        {
            "from": number / _BINS,
            "documents": int((bins == number).sum()),
            "mean_score": float(scores[bins == number].mean()),
            "positive_share": float(labels[bins == number].mean()),
        }
        for number in np.unique(bins).tolist()
    ]


def _threshold(scores: Scores, labels: Labels, lost: float) -> dict[str, float]:
    """Return the threshold below which about that share of the good documents lies."""
    threshold = float(np.quantile(scores[labels], lost, method="lower"))
    is_below = scores < threshold
    return {
        "threshold": threshold,
        "lost_positives": float(is_below[labels].mean()),
        "rejected_negatives": float(is_below[~labels].mean()),
    }

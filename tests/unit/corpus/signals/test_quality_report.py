"""Measures of scores against labels, on few enough documents to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.corpus.signals.quality_report import quality_report

SCORES = np.array([0.9, 0.5, 0.4, 0.2, 0.7])
LABELS = np.array([True, True, True, False, False])


def test_report_counts_what_is_called_good_rightly() -> None:
    report = quality_report(SCORES, LABELS)
    assert (report["documents"], report["positives"]) == (5, 3)
    assert report["precision"] == pytest.approx(2 / 3)  # 0.5 itself is called good
    assert report["recall"] == pytest.approx(2 / 3)
    assert report["accuracy"] == pytest.approx(3 / 5)
    assert report["roc_auc"] == pytest.approx(4 / 6)
    assert report["brier"] == pytest.approx((0.01 + 0.25 + 0.36 + 0.04 + 0.49) / 5)
    chances = np.array([0.9, 0.5, 0.4, 0.8, 0.3])
    assert report["log_loss"] == pytest.approx(-np.log(chances).mean())


def test_report_tells_what_a_threshold_costs() -> None:
    (first, *_), rows = quality_report(SCORES, LABELS)["thresholds"], SCORES[LABELS]
    assert first["threshold"] == rows.min()
    assert (first["lost_positives"], first["rejected_negatives"]) == (0, 0.5)

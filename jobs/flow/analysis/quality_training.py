"""Training: deliveries of good and bad text become a quality model with its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.repair.normalization import NORMALIZATION_VERSION
from jobs.corpus.signals.quality import quality
from jobs.corpus.signals.quality_examples import (
    EXAMPLES,
    Side,
    examples,
    sides,
    smallest,
    without_shared,
)
from jobs.corpus.signals.quality_model import QualityModel, Scorer, serialized_model
from jobs.corpus.signals.quality_report import quality_report
from jobs.corpus.signals.quality_training import TrainingParams, fitted
from jobs.errors import ConfigError
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.input_shards import Delivered
from jobs.storage.sources import expand

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TrainingInputs:
    """What to learn from.

    Attributes:
        positive: Paths, patterns or URIs of good text.
        negative: Likewise of bad text.
        reading: How all of them are read.
        endpoint_url: The S3 server when it is not AWS itself.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    reading: DeliveryParams
    endpoint_url: str | None


def train(inputs: TrainingInputs, params: TrainingParams, *, progress: Progress) -> QualityModel:
    """Return a model; its file records how it was made and its quality on documents held out.

    It depends on the texts, and neither on names or order of files nor on how often they hold one.

    Args:
        inputs: files of good and of bad text.
        params: how to train.
        progress: called with a label, the number of files read and that of all.

    Memory: the text of up to three times `params.documents` of either kind.

    Raises:
        ConfigError: there are too few documents to train, to calibrate and to report.
    """
    positive, delivered = _gathered("positive", inputs.positive, inputs, params, progress)
    negative, refused = _gathered("negative", inputs.negative, inputs, params, progress)
    good, bad = without_shared(positive, negative), without_shared(negative, positive)
    labels = np.arange(len(good) + len(bad)) < len(good)
    table = pa.concat_tables([good, bad])
    side = sides(table, seed=params.seed, share=params.held_out)
    content = pa.concat_arrays(table["content"].chunks) if len(table) else pa.array([])
    _require_enough(labels, side)
    is_seen = side != Side.HELD_OUT
    scorer = fitted(
        content.filter(pa.array(is_seen)),
        labels[is_seen],
        side[is_seen] == Side.CALIBRATION,
        params=params,
    )
    counts = {
        "delivered": {"positive": delivered, "negative": refused},
        "in_both": len(positive) - len(good),
        **_counts(labels, side),
    }
    return _described(scorer, content.filter(pa.array(~is_seen)), labels[~is_seen], params, counts)


def _gathered(
    kind: str,
    patterns: tuple[str, ...],
    inputs: TrainingInputs,
    params: TrainingParams,
    progress: Progress,
) -> tuple[pa.Table, int]:
    """Return the EXAMPLES of one kind, and how many rows were delivered."""
    sources = expand(patterns, partner=kind, endpoint_url=inputs.endpoint_url, follow_links=False)
    held, delivered = EXAMPLES.empty_table(), 0
    for number, source in enumerate(sources):
        file = Delivered(source, None, None)
        for rows in file_tables(file, inputs.reading, endpoint_url=inputs.endpoint_url):
            delivered += len(rows)
            new = examples(rows["text"].combine_chunks())
            held = pa.concat_tables([held, new])
            if len(held) > 2 * params.documents:
                held = smallest(held, params.documents)
        progress(f"{kind} files read", number + 1, len(sources))
    return smallest(held, params.documents), delivered


def _require_enough(labels: npt.NDArray[np.bool_], side: npt.NDArray[np.int8]) -> None:
    for kind, is_kind in (("positive", labels), ("negative", ~labels)):
        for one in Side:
            if not (is_kind & (side == one)).any():
                raise ConfigError(
                    f"{kind}: of {int(is_kind.sum())} different documents none is left for "
                    f"{one.name.lower().replace('_', ' ')}: give more documents, some hundreds at "
                    "least, or a larger held_out"
                )


def _counts(labels: npt.NDArray[np.bool_], side: npt.NDArray[np.int8]) -> dict[str, Any]:
    return {
        one.name.lower(): {
            "positive": int((labels & (side == one)).sum()),
            "negative": int((~labels & (side == one)).sum()),
        }
        for one in Side
    }


def _described(
    scorer: Scorer,
    content: pa.LargeStringArray,
    labels: npt.NDArray[np.bool_],
    params: TrainingParams,
    counts: dict[str, Any],
) -> QualityModel:
    """Return the model as it is stored, with a report of the scores that it will give."""
    scores = quality(content, model=serialized_model(scorer, {}))
    held_out = quality_report(pc.cast(scores, pa.float64()).to_numpy(), labels)
    report = {
        "training": asdict(params),
        "normalization": NORMALIZATION_VERSION,
        "documents": counts,
        "held_out": held_out,
    }
    return serialized_model(scorer, report)

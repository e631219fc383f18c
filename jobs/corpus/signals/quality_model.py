"""A quality model as one file: a line of JSON that describes it, then its weights.

The weights are int16, little-endian, 2 ** BUCKET_BITS of them: sums of integers are exact, whatever
the order of additions, and the table fits a core's cache.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import InitVar, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from jobs.config_errors import InputUnreadable

FORMAT = "heliu-quality/1"
BUCKET_BITS = 18

Weights = npt.NDArray[np.int16]

_NUMBERS = ("bias", "scale")


@dataclass(frozen=True)
class QualityModel:
    """A model, known by the sha256 of its file.

    The bytes are pickled with it, so that no worker has to reach the file, but are no field: models
    are compared, hashed and recorded by digest alone.
    """

    digest: str
    artifact: InitVar[bytes]

    def __post_init__(self, artifact: bytes) -> None:
        object.__setattr__(self, "_artifact", artifact)

    @property
    def bytes(self) -> bytes:
        """The file."""
        artifact: bytes = self.__dict__["_artifact"]
        return artifact

    @property
    def description(self) -> dict[str, Any]:
        """Parse the description in the first line of the file."""
        description: dict[str, Any] = orjson.loads(self.bytes.partition(b"\n")[0])
        return description


class Scorer(NamedTuple):
    """A model ready to use: a text scores logistic(bias + scale * its weight)."""

    weights: Weights
    scale: float
    bias: float


def serialized_model(scorer: Scorer, training: dict[str, Any]) -> QualityModel:
    """Return the model of these weights; `training` is added to the description in its file."""
    numbers = {"bias": scorer.bias, "scale": scorer.scale, "buckets": len(scorer.weights)}
    line = orjson.dumps({**training, **numbers, "format": FORMAT}, option=orjson.OPT_SORT_KEYS)
    body = line + b"\n" + scorer.weights.astype("<i2").tobytes()
    return QualityModel(hashlib.sha256(body).hexdigest(), body)


def read_model(artifact: bytes, *, name: str) -> QualityModel:
    """Parse a model file.

    Raises:
        ConfigError: it is no model, or one of another format.
    """
    line, _, weights = artifact.partition(b"\n")
    try:
        description = orjson.loads(line)
    except orjson.JSONDecodeError:
        description = None
    is_whole = (
        isinstance(description, dict)
        and description.get("format") == FORMAT
        and all(isinstance(description.get(number), float) for number in _NUMBERS)
        and len(weights) == 2 << BUCKET_BITS
    )
    if not is_whole:
        raise InputUnreadable(
            f"quality.model={name} is no whole model of format {FORMAT}: train one with "
            "heliu train-quality"
        )
    return QualityModel(hashlib.sha256(artifact).hexdigest(), artifact)


@functools.lru_cache(maxsize=2)
def scorer(model: QualityModel) -> Scorer:
    """Return the model ready to use; made once per process and digest."""
    description = model.description
    weights = np.frombuffer(model.bytes, "<i2", offset=model.bytes.index(b"\n") + 1)
    return Scorer(weights.astype(np.int16), description["scale"], description["bias"])

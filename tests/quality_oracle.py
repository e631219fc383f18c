"""The quality of a text in plain Python, as the documentation says it."""

from __future__ import annotations

import math

from jobs.corpus.signals.quality import STRETCH_BYTES
from jobs.corpus.signals.quality_model import BUCKET_BITS, QualityModel, scorer

MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


def quality_of(text: str, model: QualityModel) -> float:
    weights, scale, bias = scorer(model)
    weighed = [
        (len(stretch), sum(int(weights[bucket]) for bucket in found) / math.sqrt(len(found)))
        for stretch in stretches(text)
        for found in [buckets_of(stretch)]
    ]
    mean = sum(chars * weight for chars, weight in weighed) / max(len(text), 1)
    return 1 / (1 + math.exp(-(bias + scale * mean)))


def stretches(text: str) -> list[str]:
    found, size = [""], 0
    for letter in text:
        if size >= STRETCH_BYTES:
            found.append("")
            size = 0
        found[-1] += letter
        size += len(letter.encode())
    return [stretch for stretch in found if stretch]


def buckets_of(stretch: str) -> set[int]:
    points = [0, 0, *(ord("0" if letter in "0123456789" else letter) for letter in stretch)]
    found = set()
    for at in range(2, len(points)):
        for length, multiplier in enumerate(MULTIPLIERS, start=1):
            packed = 0
            for point in points[at - length + 1 : at + 1]:
                packed = packed << 21 | point
            found.add((packed * multiplier & (2**64 - 1)) >> (64 - BUCKET_BITS))
    return found

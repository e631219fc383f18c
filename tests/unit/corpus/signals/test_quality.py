"""Quality: the score of a model, what a model is, and the model that training makes."""

from __future__ import annotations

import pickle
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from jobs.corpus.signals.keywords import SignalParams
from jobs.corpus.signals.quality import STRETCH_BYTES, quality
from jobs.corpus.signals.quality_model import (
    BUCKET_BITS,
    QualityModel,
    Scorer,
    read_model,
    scorer,
    serialized_model,
)
from jobs.corpus.signals.quality_training import calibrated
from jobs.corpus.signals.signals import signals
from jobs.errors import ConfigError
from jobs.storage.canonical_json import fingerprint
from tests.corpora import NO_KEYWORDS
from tests.quality_oracle import quality_of


def model_of_chance(seed: int = 1, scale: float = 2e-5, bias: float = -0.3) -> QualityModel:
    weights = np.random.default_rng(seed).integers(-(2**15), 2**15, 1 << BUCKET_BITS)
    return serialized_model(Scorer(weights.astype(np.int16), scale, bias), {"made": "by chance"})


MODEL = model_of_chance()


def scored(*texts: str | None) -> list[float | None]:
    return quality(pa.array(texts, pa.large_string()), model=MODEL).to_pylist()


def test_quality_of_nothing_is_the_prior_and_of_null_is_null() -> None:
    prior = float(np.float32(1 / (1 + np.exp(0.3))))
    assert scored("", None, "") == [prior, None, prior]
    assert quality(pa.array([], pa.large_string()), model=MODEL).type == pa.float32()


def test_quality_without_a_model_is_null_and_a_signal_like_others() -> None:
    texts = pa.array(["第一条 为了规范行政处罚，制定本法。", None, ""], pa.large_string())
    assert signals(texts, params=NO_KEYWORDS)["quality"].to_pylist() == [None] * 3
    given = SignalParams(NO_KEYWORDS.keywords, MODEL)
    measured = signals(texts, params=given)["quality"].to_pylist()
    assert measured == scored(*texts.to_pylist())
    assert measured[1] is None


def test_quality_takes_all_digits_for_one_and_each_ngram_once() -> None:
    same = scored("成立于1998年", "成立于2023年", "成立于0000年")
    assert len(set(same)) == 1
    assert scored("哈哈哈哈") == scored("哈哈哈哈" * 500)
    assert scored("成立于１９98年") != same[:1]


@pytest.mark.parametrize("letter", ["a", "é", "文", "𠮷"])
def test_quality_of_texts_around_the_end_of_a_stretch_is_the_oracles(letter: str) -> None:
    chance = Random(3)
    for size in (-2, -1, 0, 1, 2, 3000):
        count = STRETCH_BYTES // len(letter.encode()) + size
        text = "".join(chance.choice(f"{letter}的，1\n") for _ in range(count))
        text = letter * (count // 2) + text
        assert scored(text) == [pytest.approx(quality_of(text, MODEL), abs=1e-6)]


def test_quality_of_a_text_of_50_mb_is_that_of_its_average_stretch() -> None:
    chance = Random(9)
    page = "".join(chr(chance.randint(0x4E00, 0x9FA5)) for _ in range(STRETCH_BYTES // 3))
    many = 50_000_000 // len(page.encode())
    (once,), (often,) = scored(page), scored(page * many)
    assert once is not None
    assert often == pytest.approx(once, abs=0.01)


def test_model_read_back_is_the_model_and_its_name_its_content() -> None:
    again = read_model(MODEL.bytes, name="甲.model")
    assert again == MODEL
    assert again == pickle.loads(pickle.dumps(MODEL))
    assert pickle.loads(pickle.dumps(MODEL)).bytes == MODEL.bytes
    assert scorer(again) is scorer(MODEL)
    assert (scorer(MODEL).weights == np.frombuffer(MODEL.bytes[-(2 << BUCKET_BITS) :], "<i2")).all()
    assert again.description["made"] == "by chance"


def test_models_differ_in_fingerprints_by_digest_alone() -> None:
    one, same, other = (
        fingerprint(SignalParams(NO_KEYWORDS.keywords, model))
        for model in (MODEL, read_model(MODEL.bytes, name="x"), model_of_chance(seed=2))
    )
    assert one == same != other


@pytest.mark.parametrize(
    "artifact",
    [
        b"",
        b"PK\x03\x04",
        b"[1]\n",
        b'{"format":"heliu-quality/1"}\n',
        MODEL.bytes[:-1],
        MODEL.bytes + b"\0",
        MODEL.bytes.replace(b"heliu-quality/1", b"heliu-quality/9", 1),
    ],
)
def test_file_that_is_no_whole_model_is_refused_by_name(artifact: bytes) -> None:
    with pytest.raises(ConfigError, match=r"甲\.model.*heliu train-quality"):
        read_model(artifact, name="甲.model")


def test_calibration_finds_the_curve_that_made_the_labels() -> None:
    chance = np.random.default_rng(5)
    logits = chance.normal(size=200_000) * 40
    labels = chance.random(len(logits)) < 1 / (1 + np.exp(-(0.05 * logits - 0.7)))
    slope, bias = calibrated(logits, labels)
    assert slope == pytest.approx(0.05, rel=0.03)
    assert bias == pytest.approx(-0.7, rel=0.03)


def test_calibration_of_kinds_apart_or_alike_is_finite() -> None:
    apart, labels = np.array([-3.0, -2, 2, 3]), np.array([False, False, True, True])
    slope, bias = calibrated(apart, labels)
    chances = 1 / (1 + np.exp(-(slope * apart + bias)))
    assert (chances[:2] < 0.35).all()
    assert (chances[2:] > 0.65).all()
    alike = calibrated(np.zeros(4), labels)
    assert np.isfinite(alike).all()
    assert alike[1] == pytest.approx(0, abs=1e-6)

"""Training on deliveries: the demo's documents against junk made of others of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import mean

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.signals.quality import quality
from jobs.corpus.signals.quality_training import TrainingParams
from jobs.errors import ConfigError
from jobs.flow.analysis.quality_training import TrainingInputs, train
from jobs.flow.intake.plan import plan
from tests.builds import build_parameters, silent
from tests.commands import heliu
from tests.deliveries import delivered_tables
from tests.junk import KINDS, junk

READING = DeliveryParams("jsonl", "auto", (("text", "body"),), 1 << 26, 1 << 20, html=False)
PARAMS = TrainingParams(seed=1, documents=10_000, epochs=10, rate=10.0, held_out=0.2)


@pytest.fixture(scope="module")
def texts(demo: Path) -> list[str]:
    """Texts of the demo's deliveries, as delivered."""

    def delivered() -> Iterator[str]:
        for shard in plan(build_parameters(demo / "conf", demo / "releases")):
            for table in delivered_tables(shard, endpoint_url=None):
                yield from pc.drop_null(table["text"]).to_pylist()

    return sorted(text for text in set(delivered()) if len(text) > 100)


def write(path: Path, texts: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps({"body": text}) + b"\n" for text in texts))


@pytest.fixture(scope="module")
def lesson(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> TrainingInputs:
    folder = tmp_path_factory.mktemp("lesson")
    bad = junk(texts[1::2], kinds=list(KINDS), seed=7, most_chars=2000)
    write(folder / "good" / "a.jsonl", texts[::2])
    write(folder / "bad" / "a.jsonl", [*bad, *texts[:20:2]])  # ten of them are good as well
    return TrainingInputs((str(folder / "good"),), (str(folder / "bad"),), READING, None)


def test_model_tells_documents_it_has_not_seen_from_junk(
    lesson: TrainingInputs, texts: list[str]
) -> None:
    model = train(lesson, PARAMS, progress=silent)
    about = model.description
    held_out = about["held_out"]
    assert about["documents"]["in_both"] == 10
    assert held_out["documents"] == sum(about["documents"]["held_out"].values()) > 50
    # A fifth of the demo is some 50 good texts: a few of them are a tenth.
    others = (train(lesson, replace(PARAMS, seed=seed), progress=silent) for seed in (2, 3))
    held_outs = [held_out, *(one.description["held_out"] for one in others)]
    assert min(one["roc_auc"] for one in held_outs) > 0.95
    assert mean(one["precision"] for one in held_outs) > 0.9
    assert mean(one["recall"] for one in held_outs) > 0.9
    assert mean(one["brier"] for one in held_outs) < 0.06
    fresh = junk(texts[::2], kinds=["shuffled", "menus"], seed=8, most_chars=500)
    scores = quality(pa.array(fresh, pa.large_string()), model=model)
    assert pc.mean(pc.less(scores, 0.5)).as_py() > 0.9


def test_model_depends_on_texts_and_seed_but_not_on_files_or_order(
    lesson: TrainingInputs, tmp_path: Path
) -> None:
    def rows(pattern: str) -> list[str]:
        lines = (Path(pattern) / "a.jsonl").read_bytes().splitlines()
        found = [orjson.loads(line)["body"] for line in lines]
        Random(3).shuffle(found)
        return found

    good, bad = rows(lesson.positive[0]), rows(lesson.negative[0])
    write(tmp_path / "one" / "x.jsonl", good[:100])
    write(tmp_path / "two" / "y.jsonl", [*good[90:], ""])
    write(tmp_path / "bad" / "z.jsonl", bad)
    moved = replace(
        lesson,
        positive=(f"{tmp_path}/two", f"{tmp_path}/one"),
        negative=(f"{tmp_path}/bad/*.jsonl",),
    )
    few = replace(PARAMS, epochs=2, documents=150)
    first, second = (train(one, few, progress=silent) for one in (lesson, moved))
    described = [model.description for model in (first, second)]
    counts = [about["documents"].pop("delivered") for about in described]
    assert counts[0] != counts[1]  # what was delivered is told; all else is equal
    assert described[0] == described[1]
    assert first.bytes[-1000:] == second.bytes[-1000:]
    assert train(lesson, few, progress=silent).bytes == first.bytes
    other = train(lesson, replace(few, seed=2), progress=silent)
    assert other.bytes.partition(b"\n")[2] != first.bytes.partition(b"\n")[2]


def test_too_few_documents_are_named_with_what_to_do(
    lesson: TrainingInputs, tmp_path: Path
) -> None:
    write(tmp_path / "few" / "a.jsonl", ["这是唯一的一篇。"])
    few = replace(lesson, positive=(str(tmp_path / "few"),))
    with pytest.raises(ConfigError, match="positive: of 1 different documents none is left"):
        train(few, PARAMS, progress=silent)


@pytest.mark.parametrize("change", [{"held_out": 0.0}, {"epochs": 0}, {"rate": -1.0}])
def test_training_that_trains_nothing_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="give positive numbers"):
        replace(PARAMS, **change)


def test_rule_on_quality_without_a_model_is_refused_and_with_one_is_not(
    demo: Path, lesson: TrainingInputs, tmp_path: Path
) -> None:
    conf = shutil.copytree(demo / "conf", tmp_path / "conf")
    (conf / "rules").mkdir()
    (conf / "rules" / "ours.yaml").write_text(
        "profile: ours\nsource: ours\nreject:\n"
        '  low_quality: {signal: quality, operator: "<", value: 0.5}\n'
    )
    with pytest.raises(ConfigError, match=r"rules/ours.yaml .* quality\.model=FILE"):
        build_parameters(conf, tmp_path, "rules=ours")
    file = tmp_path / "好.model"
    with pytest.raises(ConfigError, match=r"好\.model cannot be read"):
        build_parameters(conf, tmp_path, f"quality.model={file}")
    model = train(lesson, replace(PARAMS, epochs=1), progress=silent)
    file.write_bytes(model.bytes)
    given = build_parameters(conf, tmp_path, "rules=ours", f"quality.model={file}")
    assert given.signals.quality == model
    without = build_parameters(demo / "conf", tmp_path)
    keys = [{shard.key for shard in plan(params)} for params in (given, without)]
    assert not keys[0] & keys[1]


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_train_quality_writes_one_file_named_by_content_and_says_how_good_it_is(
    lesson: TrainingInputs, tmp_path: Path
) -> None:
    where = [f"positive={lesson.positive[0]}", f"negative={lesson.negative[0]}"]
    command = ["train_quality", *where, "columns.text=body", f"out={tmp_path}/models"]
    done = heliu(*command, "report=json")
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    (file,) = (tmp_path / "models").glob("*.model")
    assert told["model"] == str(file)
    assert told["sha256"].startswith(file.stem.removeprefix("quality-"))
    assert told["held_out"]["roc_auc"] > 0.95
    named = heliu(*command[:-1], f"out={tmp_path}/ours.model")
    assert "reliability" in named.stdout
    assert (tmp_path / "ours.model").read_bytes() == file.read_bytes()

"""A build with a quality model: documents have a quality, rules see it, the release names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from jobs.corpus.signals.quality import quality
from jobs.errors import ConfigError
from tests.builds import build, build_parameters, opened, table
from tests.unit.corpus.signals.test_quality import model_of_chance

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

PROFILE = """
profile: ours
source: ours
reject:
  low_quality: {signal: quality, operator: "<", value: 0.43}
"""


def test_build_with_a_model_scores_judges_and_records_it(demo: Path, tmp_path: Path) -> None:
    conf = shutil.copytree(demo / "conf", tmp_path / "conf")
    (conf / "rules").mkdir()
    (conf / "rules" / "ours.yaml").write_text(PROFILE, encoding="utf-8")
    model, file = model_of_chance(), tmp_path / "chance.model"
    file.write_bytes(model.bytes)
    params = build_parameters(conf, tmp_path / "r", "rules=ours", f"quality.model={file}")
    manifest = build(params).manifest
    release = opened(params)
    shards = table(release, "shards")
    expected = quality(shards["content"].combine_chunks(), model=model)
    assert shards["quality"].combine_chunks().equals(expected)
    assert pc.min(expected).as_py() >= np.float32(0.43)
    decisions = table(release, "decisions")
    judged = decisions.filter(pc.equal(decisions["reason"], "low_quality"))
    assert len(shards) > 0
    assert 0 < len(judged) < len(decisions)
    assert manifest["parameters"]["signals"]["quality"] == model.digest
    other = tmp_path / "other.model"
    other.write_bytes(model_of_chance(seed=2).bytes)
    extending = ("corpus.version=2", "corpus.parent=1.0.0", "rules=ours", f"quality.model={other}")
    with pytest.raises(ConfigError, match=r"signals\.quality"):
        build(build_parameters(conf, tmp_path / "r", *extending))

"""What was repaired is shown from the delivery, wherever that lies by then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.corpus.repair.repairs import repair_names
from jobs.errors import ConfigError, DeliveryMissing
from jobs.flow.releases.delivered_rows import Whereabouts, repairs_of
from jobs.flow.releases.explanation import explain
from tests.builds import build, build_parameters, opened, table, write_partner

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900), pytest.mark.usefixtures("local_ray")]

DIRTY = "　　近日,北京市发布通知。<br>自２０２３年起施行"
TRADITIONAL = "中華民國國旗定為紅地，左上角青天白日"


def test_repairs_of_a_released_document_are_shown_from_its_delivery(tmp_path: Path) -> None:
    rows = [
        {"id": "一", "title": "通知", "text": DIRTY},
        {"id": "二", "title": "憲法", "text": TRADITIONAL},
    ]
    folder = tmp_path / "deliveries"
    folder.mkdir()
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "甲.jsonl").write_text(lines, encoding="utf-8")
    columns = "columns: {text: text, id: id, title: title}"
    shared = f"deliveries: {folder}\nformat: jsonl\nlicence: CC0-1.0\n{columns}"
    write_partner(tmp_path / "conf", "gov", f"{shared}\npriority: 1")
    params = build_parameters(
        tmp_path / "conf", tmp_path / "r", "partners=[gov]", "minhash.verify=exact"
    )
    build(params)
    release = opened(params)

    kept = {row["source_id"]: row for row in table(release, "shards").to_pylist()}
    assert kept["二"]["content"] == "中华民国国旗定为红地，左上角青天白日"
    assert (kept["二"]["title"], kept["二"]["script"]) == ("宪法", "hant")
    bits = repair_names(kept["一"]["repairs"])
    assert bits == ["markup", "blanks", "width", "punctuation"]

    moved = folder.rename(tmp_path / "moved")
    explanation = explain(release, "gov/一")
    assert explanation is not None
    here = Whereabouts((str(moved),), None)
    steps = list(repairs_of(release, explanation.decisions[0], here))
    assert [steps[0].before, steps[-1].after] == [DIRTY, kept["一"]["content"]]
    assert sorted({step.rule for step in steps}) == sorted(bits)

    with pytest.raises(ConfigError, match="deliveries=PATH"):
        list(repairs_of(release, explanation.decisions[0], Whereabouts((), None)))
    (moved / "甲.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(DeliveryMissing, match=r"甲\.jsonl as gov delivered it"):
        list(repairs_of(release, explanation.decisions[0], here))

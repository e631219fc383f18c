"""Exports of some documents: by partner, by a condition, or a sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import ConfigError
from jobs.flow.releases.exports import Exported, export_jsonl, export_parquet
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.flow.releases.selection import SelectionParams
from tests.builds import build_parameters, built_here, table


@pytest.fixture(scope="module")
def release(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> OpenedRelease:
    small = ("alarms=warn", "shards.release_bytes=300000")
    params = build_parameters(demo / "conf", tmp_path_factory.mktemp("root"), *small)
    return built_here(params)


def written(release: OpenedRelease, to: Path, **chosen: Any) -> tuple[Exported, set[str]]:
    exported = export_parquet(release, to, selection=SelectionParams(**chosen))
    ids = [one for file in exported.files for one in pq.read_table(file)["id"].to_pylist()]
    assert exported.documents == len(ids) == len({*ids})
    return exported, {*ids}


def test_partners_conditions_and_both_choose_what_they_say(
    release: OpenedRelease, tmp_path: Path
) -> None:
    rows = table(release, "shards").to_pylist()
    _, news = written(release, tmp_path / "a", partners=("news",))
    assert news == {row["id"] for row in rows if row["partner"] == "news"}
    where = "published >= '2010' and content_chars > 300 and title is not null"
    expected = {
        row["id"]
        for row in rows
        if (row["published"] or "") >= "2010" and row["content_chars"] > 300 and row["title"]
    }
    _, found = written(release, tmp_path / "b", where=where)
    assert 0 < len(expected) < len(rows)
    assert found == expected
    _, both = written(release, tmp_path / "c", partners=("news",), where=where)
    assert both == expected & news


def test_a_sample_depends_on_ids_and_seed_alone(release: OpenedRelease, tmp_path: Path) -> None:
    _, one = written(release, tmp_path / "a", sample=0.3, seed=1)
    _, again = written(release, tmp_path / "b", sample=0.3, seed=1, partners=("news",))
    _, other = written(release, tmp_path / "c", sample=0.3, seed=2)
    _, more = written(release, tmp_path / "d", sample=0.6, seed=1)
    rows = table(release, "shards").to_pylist()
    assert 0.2 < len(one) / len(rows) < 0.4
    assert again == one & {row["id"] for row in rows if row["partner"] == "news"}
    assert one != other
    assert one < more


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_lines_are_compressed_as_asked(
    release: OpenedRelease, tmp_path: Path, compression: str
) -> None:
    found = export_jsonl(
        release,
        tmp_path / "out",
        layout="content",
        compression=compression,
        selection=SelectionParams(sample=0.2),
    )
    lines = []
    for file in found.files:
        codec = None if compression == "none" else compression
        with pa.input_stream(str(file), compression=codec) as stream:
            lines += stream.read().splitlines()
    assert len(lines) == found.documents > 10
    assert {*orjson.loads(lines[0])} == {"id", "content"}


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"partners": ("新闻",)}, "partner=新闻: choose gov, news or papers"),
        ({"where": "licenc = 'CC0'"}, r"there is no column licenc: did you mean licence\?"),
        ({"where": "部门 = 1"}, "there is no column 部门: there are id, partner, "),
        ({"where": "id ="}, r"where=id =: Parser Error[^;]*; write a condition[^:]*\Z"),
        ({"where": "id in (select content from read_text('/etc/passwd'))"}, "where=id in"),
        ({"sample": 0}, "sample=0 is no share"),
        ({"sample": 1.5}, r"sample=1\.5 is no share"),
    ],
)
def test_what_chooses_nothing_is_refused_by_name(
    release: OpenedRelease, tmp_path: Path, chosen: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        written(release, tmp_path / "out", **chosen)
    assert not (tmp_path / "out").exists()

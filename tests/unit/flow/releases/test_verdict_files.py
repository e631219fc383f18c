"""Verdict files: of exactly this sample, complete, each document once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.corpus.release.review_sampling import SampleParams
from jobs.errors import ConfigError
from jobs.flow.releases.review_files import write_review
from jobs.flow.releases.review_samples import Sample, draw
from jobs.flow.releases.verdict_files import complete_verdicts, one_sample, read_verdicts
from jobs.storage.directory import DirectoryStore
from tests.releases import small_release

PARAMS = SampleParams(12, 1, 2, ("partner", "year"))


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return draw(small_release(DirectoryStore(tmp_path / "root")), PARAMS)


def verdicts(sample: Sample) -> list[dict[str, Any]]:
    """Of every document one; the second fails."""
    rows = [{"id": one, "verdict": "pass", "category": None, "note": ""} for one in sample.ids]
    rows[1] |= {"verdict": "fail", "category": "residue", "note": "页脚"}
    return rows


def written(path: Path, sample: Sample, rows: list[dict[str, Any]], **more: Any) -> Path:
    body = {"format": "heliu-verdicts/1", **sample.name, "reviewer": "李", "verdicts": rows, **more}
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return path


def complete(sample: Sample, *paths: Path) -> dict[str, Any]:
    files = [read_verdicts(path) for path in paths]
    assert one_sample(files).params == PARAMS
    return complete_verdicts(files, sample)


def test_what_the_page_exported_is_read(sample: Sample, tmp_path: Path) -> None:
    path = written(tmp_path / "v.json", sample, verdicts(sample))
    found = complete(sample, path)
    assert [*found] == sample.ids
    second = found[sample.ids[1]]
    assert (str(second.verdict), str(second.category), second.note) == ("fail", "residue", "页脚")
    assert read_verdicts(path).reviewers == ("李",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_table_that_was_filled_in_is_read(sample: Sample, tmp_path: Path, encoding: str) -> None:
    write_review(sample, tmp_path / "review")
    text = (tmp_path / "review" / "sample.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    for row, said in zip(rows, verdicts(sample), strict=True):
        row |= {name: said[name] or "" for name in ("verdict", "category", "note")}
        row |= {"verdict": row["verdict"].upper(), "reviewer": "王"}
    path = tmp_path / "filled.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    written(tmp_path / "v.json", sample, verdicts(sample))
    assert complete(sample, path) == complete(sample, tmp_path / "v.json")
    assert read_verdicts(path).reviewers == ("王",)


def test_several_reviewers_share_a_sample(sample: Sample, tmp_path: Path) -> None:
    rows = verdicts(sample)
    first = written(tmp_path / "a.json", sample, rows[:5])
    second = written(tmp_path / "b.json", sample, rows[5:])
    assert {*complete(sample, second, first)} == {*sample.ids}
    with pytest.raises(ConfigError, match=r"of \d+ documents have no verdict, such as number 6"):
        complete(sample, first)
    with pytest.raises(ConfigError, match="have several verdicts, each must have one"):
        complete(sample, first, second, written(tmp_path / "c.json", sample, rows[2:3]))


def test_verdicts_of_another_sample_are_refused(sample: Sample, tmp_path: Path) -> None:
    other = draw(sample.release, SampleParams(12, 2, 2, ("partner", "year")))
    path = written(tmp_path / "v.json", other, verdicts(other))
    with pytest.raises(ConfigError, match=r"is of sample .* draw and review this one"):
        complete_verdicts([read_verdicts(path)], sample)
    later = draw(small_release(sample.release.store, "1.1.0"), PARAMS)
    assert later.ids == sample.ids
    with pytest.raises(ConfigError, match=r"but demo 1\.1\.0 gives"):
        complete(later, written(tmp_path / "w.json", sample, verdicts(sample)))
    mine = written(tmp_path / "x.json", sample, verdicts(sample))
    with pytest.raises(ConfigError, match="give files of one sample"):
        one_sample([read_verdicts(mine), read_verdicts(path)])


def test_documents_that_were_not_drawn_are_named(sample: Sample, tmp_path: Path) -> None:
    rows = [*verdicts(sample), {"id": "f" * 32, "verdict": "pass", "category": None, "note": ""}]
    with pytest.raises(ConfigError, match=f"{'f' * 32} not in the sample"):
        complete(sample, written(tmp_path / "v.json", sample, rows))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "ok"}, "'ok' is none of pass, fail, unsure"),
        ({"verdict": "fail", "category": None}, "fail needs a category, '' is none of unlawful"),
        ({"verdict": "fail", "category": "bad"}, "'bad' is none of unlawful"),
        ({"verdict": None}, "1 of .* documents have no verdict, such as number 1"),
    ],
)
def test_what_is_no_verdict_is_named(
    sample: Sample, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    rows = verdicts(sample)
    rows[0] |= change
    with pytest.raises(ConfigError, match=said):
        complete(sample, written(tmp_path / "v.json", sample, rows))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "has no column"),
        (b"{", "is no JSON"),
        (b"{}", "has no verdicts, sample, drawn, reviewer: give what"),
        (b'{"verdicts": [], "sample": "", "reviewer": ""}', "has no drawn: give what"),
        (b'{"verdicts": 1, "sample": "", "drawn": "", "reviewer": ""}', "verdicts is no list"),
        (b'{"verdicts": [], "sample": "", "drawn": "", "reviewer": ""}', "holds no verdict"),
        (b"id,verdict\n1,pass\n", "has no column drawn, sample"),
        (b"sample,drawn,id,verdict\na,n=1,1,pass\n", "does not say how its sample was drawn"),
        (b"sample,drawn,id,verdict\na,b,1,pass\nc,b,2,pass\n", "mixes verdicts of 2 samples"),
        (b'sample,drawn,id,verdict\na,b,"1,pass\n', "is no CSV"),
        (b"\xff\xff\xff", "is neither UTF-8 nor GB18030"),
    ],
)
def test_file_that_holds_no_verdicts_is_refused(tmp_path: Path, body: bytes, said: str) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes(body)
    with pytest.raises(ConfigError, match=said):
        read_verdicts(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_verdicts(tmp_path / "nothing.json")

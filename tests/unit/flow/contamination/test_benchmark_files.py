"""Files of evaluation sets: the public layouts, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

from jobs.errors import ConfigError
from jobs.flow.contamination.benchmark_files import BenchmarkSource, read_benchmark

READY = sorted((Path(__file__).parents[4] / "conf" / "benchmarks").glob("*.yaml"))
COLUMNS = {"question": "question", "options": "options", "answer": "answer"}


def source(path: Path, **told) -> BenchmarkSource:
    given = {"name": "考试", "files": (str(path),), "format": "jsonl", "columns": COLUMNS}
    given |= {"each": "", "version": "1", "licence": "", "policy": {}}
    return BenchmarkSource(**{**given, **told})


def read(path: Path, **told):
    return read_benchmark(source(path, **told), endpoint_url=None)


def written(path: Path, *records: object) -> Path:
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), "utf-8")
    return path


ITEM = {"question": "唐代市舶使初设于哪一座城市", "options": ["广州", "泉州"], "answer": "A"}
ASKED = "初设于哪一座城市"
ROW = f"0,{ASKED},广州,泉州,明州,扬州,A"
SQUAD = {"id": "T", "question": ASKED, "answers": [{"text": "广州"}]}
LAYOUTS = {
    "ceval": (f"id,question,A,B,C,D,answer\n{ROW}\n", 4),
    "cmmlu": (f",Question,A,B,C,D,Answer\n{ROW}\n", 4),
    "gaokao_bench": ({"example": [{"index": 1, "question": ASKED, "answer": ["A"]}]}, 0),
    "agieval": ({"passage": None, "question": ASKED, "options": ["(A)广州"], "answer": "A"}, 1),
    "cmrc2018": ({"data": [{"paragraphs": [{"context": "设市舶使。", "qas": [SQUAD]}]}]}, 0),
    "c3": ([[["男：去。"], [{"question": ASKED, "choice": ["广州"], "answer": "广州"}], "1"]], 1),
    "chid": ({"content": "他#idiom000001#，不露声色。", "candidates": ["折冲樽俎"]}, 0),
    "csl": ({"id": 1, "abst": "本文研究唐代市舶使。", "keyword": ["市舶使"]}, 0),
    "ocnli": ({"id": 1, "sentence1": "市舶使设于广州", "sentence2": "设于岭南", "label": "y"}, 0),
    "tnews": ({"sentence": "市舶使旧址开放参观", "label": "100"}, 0),
    "gsm8k": ({"question": "小红有几个苹果？", "answer": "三个 #### 3"}, 0),
    "cmath": ({"question": "小红有几个苹果？", "golden": "3"}, 0),
    "mmlu": ("Which city came first?,Canton,Zayton,Ningbo,Yangzhou,A\n", 4),
}


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_files_read_their_public_layout(path: Path, tmp_path: Path) -> None:
    ((name, given),) = OmegaConf.load(path).items()
    content, options = LAYOUTS[name]
    file = tmp_path / f"{name}.{given.format}"
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    file.write_text(text, "utf-8")
    told = {"format": given.format, "columns": dict(given.columns), "each": given.get("each", "")}
    (item,) = read(file, name=name, policy=dict(given.policy), **told).items
    assert item.question or item.passage
    assert len(item.options) == options


def test_there_is_a_layout_for_each_ready_file() -> None:
    assert {path.stem for path in READY} == set(LAYOUTS)


def test_parquet_and_json_say_what_json_lines_say(tmp_path: Path) -> None:
    lines = read(written(tmp_path / "a.jsonl", ITEM))
    pq.write_table(pa.Table.from_pylist([ITEM]), tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(json.dumps([ITEM]))
    for name in ("json", "parquet"):
        assert read(tmp_path / f"a.{name}", format=name) == lines


def test_duplicates_and_items_without_text_are_counted(tmp_path: Path) -> None:
    empty = {"question": " ", "options": [], "answer": "A"}
    found = read(written(tmp_path / "a.jsonl", ITEM, empty, ITEM))
    assert (len(found.items), found.duplicates, found.without_text) == (1, 1, 1)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    second = {**ITEM, "question": "初设于何年"}
    one = read(written(tmp_path / "a.jsonl", ITEM, second))
    other = read(written(tmp_path / "b.jsonl", {**ITEM, "id": 7}, second))
    assert one.digest == other.digest
    assert read(written(tmp_path / "c.jsonl", ITEM)).digest != one.digest


@pytest.mark.parametrize(
    ("content", "told", "said"),
    [
        (b"", {"files": ("/nirgends/*.jsonl",)}, "matches no file"),
        (json.dumps(ITEM, ensure_ascii=False).encode("gb18030"), {}, "is not UTF-8"),
        (b"{'question': 1}", {}, "line 1 is no JSON"),
        (b"no parquet", {"format": "parquet"}, "is no Parquet file"),
        (b'{"stem": "?"}', {}, "columns question: question is in no record; there are: stem"),
        (b'{"question": ""}', {"columns": {"question": "question"}}, "has no item with a question"),
        (b"[]", {"format": "json", "each": "data"}, "no record below data"),
        (b"{}", {"format": "xlsx"}, "format=xlsx: choose jsonl, json, csv, tsv or parquet"),
        (b"{}", {"columns": {"questions": "q"}}, "columns questions"),
        (b"{}", {"policy": {"question": "delete"}}, "policy.question=delete: choose drop, cut"),
        (b"{}", {"policy": {"options": "drop"}}, "policy=options: choose question or passage"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(content, told, said, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^benchmarks/考试") as error:
        read(path, **told)
    assert said in str(error.value)

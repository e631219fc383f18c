"""What no repair may change: digits, characters, lines of verse, rows of tables, punctuation."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import opencc
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.corpus.repair.normalization import normalized, repaired
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.text.alphabets import HAN, unified_ideographs

HAN_CHARACTER = re.compile(f"[{HAN}\u2e80-\u2fdf]")
DIGIT = re.compile("[0-9\uff10-\uff19]")
NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF10, 0xFF1A)}
ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
# By other characters than alone: 計畫, but 圖畫; 關於, but 於潛; 沈箱, but 沈陽.
IN_WORDS = dict(zip("畫著於覆藉沈徵祇瞭", "划着于复借沉征只了", strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "他问：“是《宪法》吗？”（完）；《民法典》、《刑法》……——对！",
        "本院认为,被告应付1,234.56元;案号(2020)京01民初15号,电话010-66050000。",
        "乾隆年间，乾县、於潜、后稷、皇后、公里、理发、发展、山谷、郑重其事",
        "| 品名 | 数量 |\n| --- | --- |\n| 铁件 | 1,000 |\n| 木料 | 20.5 |",
        "│甲类│１２│\n│乙类│３４│\n│丙类│５６│",
        "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
        "国破山河在，城春草木深。\n感时花溅泪，恨别鸟惊心。\n烽火连三月，家书抵万金。",
        "寻寻觅觅，冷冷清清，凄凄惨惨戚戚。\n乍暖还寒时候，最难将息。\n三杯两盏淡酒，怎敌他、晚来风急！",
        "姓名\t年龄\t住址\n张三\t20\t北京\n李四\t30\t上海",
    ],
)
def test_good_text_keeps_its_meaning(text: str) -> None:
    after = normalized(text)
    assert after.count("\n") == text.count("\n")
    assert DIGIT.findall(after) == DIGIT.findall(text.translate(NARROW))
    assert HAN_CHARACTER.findall(after) == HAN_CHARACTER.findall(text)
    wide = re.compile("[，。、；：？！（）《》“”…—]")
    assert not Counter(wide.findall(text)) - Counter(wide.findall(after))


def test_cell_of_a_table_stays_in_its_row() -> None:
    text = "| 参数 | 说明 |\n| `名称` | 第一行<br />第二行`甲`<br><br>第三行 |"
    assert normalized(text) == "| 参数 | 说明 |\n| `名称` | 第一行 第二行`甲` 第三行 |"


def deliveries(folder: Path) -> Iterator[tuple[str, str]]:
    """Identifier and text of every document of three real deliveries."""
    for path in sorted((folder / "a").iterdir()):
        with pa.input_stream(str(path), compression="zstd") as stream:
            for line in stream.read().splitlines():
                row = json.loads(line)["doc"]
                yield str(row["id"]), row["body"] or ""
    for path in sorted((folder / "b").iterdir()):
        for row in pq.read_table(path, columns=["uid", "text"]).to_pylist():
            yield str(row["uid"]), row["text"] or ""
    with gzip.open(folder / "c" / "data.gb18030.jsonl.gz", "rt", encoding="gb18030") as lines:
        for line in lines:
            row = json.loads(line)
            yield str(row["id"]), row["正文"] or ""


def test_real_documents_keep_digits_characters_verse_and_tables(real_data: Path) -> None:
    given = list(deliveries(real_data / "deliveries"))
    found = repaired(pa.array([text for _, text in given], pa.large_string()))
    alone = opencc.OpenCC("t2s").convert
    poems = tables = 0
    rows = zip(given, found.texts.to_pylist(), found.repairs.tolist(), strict=True)
    for (name, text), after, repairs in rows:
        if name.startswith("poem:"):
            poems += 1
            assert lines(after) == lines(text), name
        tables += len(ROW.findall(text))
        assert len(ROW.findall(after)) >= len(ROW.findall(text)), name
        if repairs & int(Repair.MARKUP | Repair.MOJIBAKE):
            continue  # whose attributes and entities are digits and letters
        assert DIGIT.findall(after) == DIGIT.findall(text.translate(NARROW)), name
        before = HAN_CHARACTER.findall(text.translate(unified_ideographs()))
        now = HAN_CHARACTER.findall(after)
        assert len(now) == len(before), name
        changed = {(old, new) for old, new in zip(before, now, strict=True) if old != new}
        assert not changed or repairs & int(Repair.SCRIPT), name
        odd = {(old, new) for old, new in changed if new not in (alone(old), IN_WORDS.get(old))}
        assert not odd, (name, odd)
    assert poems > 300
    assert tables > 300


def lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())

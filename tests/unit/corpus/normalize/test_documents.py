"""Delivered rows become documents: repairs, script, titles and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from jobs.corpus.model.tables import DELIVERED
from jobs.corpus.normalize.documents import TextParams, documents
from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.repair.repairs import RepairParams, repair_names
from jobs.corpus.text.alphabets import HAN, traditional_characters
from tests.corpora import NO_KEYWORDS

REPEATS = RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=200)
SIMPLIFY = TextParams(RepairParams((), 0.02), REPEATS, NO_KEYWORDS, PrivateDataParams())
KEEP = TextParams(RepairParams(("script",), 0.02), REPEATS, NO_KEYWORDS, PrivateDataParams())


def rows(params: TextParams, *texts: str, title: str = "憲法") -> list[dict[str, object]]:
    given = [
        {
            "source_file": "甲.jsonl",
            "source_row": n,
            "source_id": str(n),
            "title": title,
            "text": text,
        }
        for n, text in enumerate(texts, start=1)
    ]
    delivered = pa.Table.from_pylist(given, schema=DELIVERED)
    return documents(delivered, partner="gov", first_position=0, params=params)[0].to_pylist()


def test_traditional_text_and_title_become_simplified_unless_kept() -> None:
    (row,) = rows(SIMPLIFY, "中華民國國旗定於此")
    assert (row["title"], row["content"]) == ("宪法", "中华民国国旗定于此")
    assert (row["script"], repair_names(row["repairs"])) == ("hant", ["script"])
    (row,) = rows(KEEP, "中華民國國旗定於此")
    assert (row["title"], row["content"]) == ("憲法", "中華民國國旗定於此")
    assert (row["script"], row["repairs"]) == ("hant", 0)


def test_title_of_a_simplified_text_is_not_converted() -> None:
    (row,) = rows(SIMPLIFY, "乾县历史", title="讀乾隆")
    assert (row["title"], row["content"]) == ("讀乾隆", "乾县历史")


def test_garbled_text_is_rejected_with_what_was_lost() -> None:
    bad, good = rows(SIMPLIFY, "锟斤拷锟斤拷正文", "正文" * 200 + "\ufffd")
    assert (bad["stage"], bad["reason"]) == ("normalize", "garbled")
    assert bad["evidence"] == "6 of 8 characters are � or 锟斤拷"
    assert (bad["content"], bad["repairs"]) == (None, None)
    assert good["reason"] is None


def test_address_keeps_its_marks() -> None:
    given = {
        "source_file": "甲.jsonl",
        "source_row": 1,
        "text": "正文",
        "url": "https://a.cn/条,例?b=中",
    }
    delivered = pa.Table.from_pylist([given], schema=DELIVERED)
    (row,) = documents(delivered, partner="gov", first_position=0, params=SIMPLIFY)[0].to_pylist()
    assert row["url"] == "https://a.cn/条,例?b=中"


def test_press_articles_come_out_as_an_editor_would_print_them(real_data: Path) -> None:
    paths = sorted((real_data / "press").iterdir())
    articles = [path.read_text(encoding="utf-8") for path in paths]
    assert len(articles) == 5
    for text, row in zip(articles, rows(SIMPLIFY, *articles), strict=True):
        after = str(row["content"])
        assert not traditional_characters() & set(after)
        assert not re.search(r"[(（][a-z]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ][a-z]*[)）]", after)
        assert not re.search(f"[{HAN}][,;:?!()]|[,;:?!()][{HAN}]", after)
        said = [line for line in text.strip().split("\n") if line]
        printed = [line for line in after.split("\n") if line]
        assert len(printed) == len(dict.fromkeys(said)), "each line once, and none joined"
        assert re.findall("[0-9]", after) == re.findall("[0-9]", text)
        addresses = re.findall("https?://[!-~]+", text)
        assert re.findall("https?://[!-~]+", after) == addresses
        for sign in "“”‘’《》—…、。":
            assert after.count(sign) >= "".join(dict.fromkeys(said)).count(sign)
        if "當(dāng)" in text:
            assert "有待提升。现阶段大模型" in after
            assert "面临着一些挑战" in after

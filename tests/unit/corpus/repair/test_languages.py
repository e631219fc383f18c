"""Languages: tags of texts and of their lines, by script, letters and words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from jobs.corpus.repair.languages import Languages, languages
from jobs.corpus.repair.normalization import EVERY, normalized, repaired
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.text.writing_systems import SCRIPTS, script_numbers

TEXTS = {
    "zh-Hans": "人工智能正在改变我们的生活，这是一个新的时代。",
    "zh-Hant": "這是一篇關於歷史人物的繁體文章，內容經過編輯審核。",
    "zh-Hant-HK": "女保安跟著送院，警員舉著槍，案件交由港島總區跟進。",
    "zh-Hant-TW": "立法院三讀通過，臺北市政府表示將配合。",
    "zh": "床前明月光",
    "yue-Hant": "佢哋喺度傾偈，我唔知佢講乜嘢。",
    "ja": "国境の長いトンネルを抜けると雪国であった。",
    "ko": "大韓民國은 民主共和國이다. 大韓民國의 主權은 國民에게 있고",
    "vi": "Tất cả mọi người sinh ra đều được tự do và bình đẳng",
    "vi-Hani": "傳翹：𤾓𢆥𥪝𡎝𠊛嗟，𡨸才𡨸命窖羅恄饒。",
    "en": "It was the best of times, it was the worst of times.",
    "fr": "La société est une et indivisible, les hommes sont égaux dans leurs droits.",
    "ru": "Москва — столица Российской Федерации, город федерального значения.",
    "mn": "Хүн бүр төрж мэндлэхэд эрх чөлөөтэй байдаг.",
    "kk": "Барлық адамдар тумысынан азат және тең.",
    "mn-Mong": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
    "bo": "བོད་ལྗོངས་ཀྱི་རྒྱལ་ས་ལྷ་ས་ཡིན།",
    "ug": "ئۇيغۇر تىلى تۈركىي تىللار ئائىلىسىگە تەۋە",
    "fa": "می‌خواهم کتاب‌ها را بخوانم",
    "ar": "السلام عليكم ورحمة الله",
    "ii": "ꆈꌠꁱꂷ",
    "und-Latn": "pǔtōnghuà de shēngdiào",
}


def found(texts: list[str | None], wanted: Repair = EVERY) -> Languages:
    after = repaired(pa.array(texts, pa.large_string()), wanted)
    return languages(after.texts, after.found, after.script)


@pytest.mark.parametrize("tag", TEXTS)
def test_language_of_a_text_as_it_was_delivered(tag: str) -> None:
    columns = found([TEXTS[tag]], EVERY & ~Repair.SCRIPT)
    assert columns.language == [tag]
    assert columns.language_shares == [f"{tag}=1"]


def test_language_is_that_of_the_released_text() -> None:
    texts = [TEXTS["zh-Hant"], TEXTS["zh-Hant-HK"], TEXTS["yue-Hant"]]
    assert found([*texts]).language == ["zh-Hans", "zh-Hans", "yue-Hans"]


def test_text_without_letters_has_no_language() -> None:
    assert found(["12345 67890", None, ""]) == Languages(*[[None] * 3] * 3)


def test_few_letters_of_any_scripts_have_a_language() -> None:
    """As many letters of one script as of another, or one letter that makes no line its own."""
    numbers = script_numbers()
    letters = [chr(int(np.argmax(numbers == number))) for number in range(1, len(SCRIPTS))]
    texts = [one + other for one in ["", *letters] for other in letters]
    columns = found([*texts])
    assert not [text for text, tag in zip(texts, columns.language, strict=True) if not tag]
    assert all(columns.language_shares)


@pytest.mark.parametrize("text", ["aб", "αb\nбa", "12 xы"])
def test_text_in_which_no_script_leads_has_the_languages_of_its_letters(text: str) -> None:
    columns = found([text])
    assert columns.language != [None]
    assert len(str(columns.script_shares[0]).split()) > 1


def test_plain_chinese_text_has_the_shares_of_any_other() -> None:
    text = "汉" * 93 + "abcdefg"
    columns = found([text, f"{text}\u3042"])  # the second is counted line by line
    assert columns.script_shares[0] == "Hani=0.93 Latn=0.07"
    assert str(columns.script_shares[1]).startswith("Hani=0.92 Latn=0.07")


def test_cantonese_is_found_where_a_text_begins() -> None:
    cantonese, chinese = TEXTS["yue-Hant"], "这是一份通知。" * 300
    texts = [cantonese, chinese + cantonese, f"{cantonese * 9}{chinese}", cantonese[:1], "咗"]
    assert found(texts).language == ["yue-Hans", "zh-Hans", "yue-Hans", "yue", "yue"]


def test_lines_are_of_languages_of_their_own() -> None:
    text = f"{TEXTS['zh-Hans']}\n{TEXTS['ja']}\n{TEXTS['en']}"
    columns = found([text])
    assert columns.language == ["zh-Hans"]
    assert columns.language_shares == ["zh-Hans=0.39 ja=0.37 en=0.24"]
    assert str(columns.script_shares[0]).startswith(("Latn=", "Hani="))


@pytest.mark.parametrize(
    "text",
    [
        "上知令（平假名：じょうちれい、あげちれい），是指收回领地的命令。",
        "《战争与和平》（俄语：Война и мир）是托尔斯泰创作的长篇小说。",
        "“谢谢”的韩语是“감사합니다”，这里只是引用。",
    ],
)
def test_chinese_that_quotes_is_chinese(text: str) -> None:
    assert found([text]).language == ["zh-Hans"]


def test_chinese_repairs_touch_only_chinese_lines() -> None:
    japanese = TEXTS["ja"]
    text = f"這是關於日本文學的文章，裡面引用原文。\n{japanese}\n這句話是川端康成寫的。"
    after = f"这是关于日本文学的文章，里面引用原文。\n{japanese}\n这句话是川端康成写的。"
    assert normalized(text) == after
    korean = "國會, 政府, 法院는 憲法 機關이다. 大統領, 國務總理, 長官"
    assert normalized(korean) == korean


def test_rows_are_judged_by_themselves() -> None:
    texts = list(TEXTS.values())
    together = found([*texts])
    for number, text in enumerate(texts):
        alone = found([text])
        assert [column[number] for column in together] == [column[0] for column in alone]

"""What is left out of the canonical form because it is page furniture, and what never is."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

from jobs.corpus.text.furniture_signs import Sign, sign_of
from jobs.corpus.text.page_furniture import SetAside, strip_page_furniture, without_page_furniture

NOTICE = (
    "各县（市、区）人民政府：\n现将有关事项通知如下。\n一、提高认识\n来源于群众的意见要认真办理。"
)


def bare(text: str) -> str:
    return strip_page_furniture(text)[0]


@pytest.mark.parametrize(
    "furniture",
    [
        "（责任编辑：王小明）",
        "责编：李华 审核：张强",
        "来源：新华社  发布时间：2023-11-29 10:21",
        "分享到：微信 微博 QQ空间",
        "【打印本页】 【关闭窗口】",
        "版权所有 © 2023 某市人民政府办公室",
        "版权声明：本网站所载文章，未经授权不得转载。",
        "扫一扫在手机打开当前页",
        "上一篇：关于放假的通知",
        "声明：本网站转载的文章版权归原作者所有。",
        "[查看原文](https://a.example/2024/03/01/VIDE51309.shtml)",
        "原文链接：https://a.example/1.html",
        "[1]: https://a.example/1.html",
        '[来源]: <https://a.example/2.html> "通知"',
        "[2]: /2023/11/29.html",
    ],
)
def test_furniture_line_below_or_above_a_text_is_left_out(furniture: str) -> None:
    assert bare(f"{NOTICE}\n{furniture}").strip() == NOTICE
    assert bare(f"{furniture}\n{NOTICE}").strip() == NOTICE
    long = "\n".join([NOTICE] * 40)
    assert bare(f"{long}\n{furniture}").strip() == long


def test_front_matter_of_a_page_is_left_out() -> None:
    matter = '---\ntitle: "行政复议法"\npublish_date: "1999-04-29"\nstatus: 现行有效\n---\n'
    assert bare(matter + NOTICE) == NOTICE


@pytest.mark.parametrize(
    "text",
    [
        NOTICE,
        "记者从会上获悉，今年全市新增就业十万人。",
        "编辑部的故事是一部电视剧，讲述了六位编辑的日常。",
        "---\n没有结束的横线\n正文。",
        "来源：新华社",  # a text that is nothing else stays what it is
        "声明：我局收到群众举报，反映甲厂排放废水，经查属实，已责令停产整改。\n特此公布。",
        "作者：某人\n来源：某报\n简讯。",  # nearly nothing else would be left
        "记者：今年收成怎么样？\n村民：挺好的，感谢大家的关心。\n记者：以后呢？\n村民：继续努力。",
        "说明\n来源：我局收到举报，反映甲厂排放废水，经查属实，已责令整改。\n特此公布，请监督。",
        "通讯员：你们那里下雨了吗？\n气象员：下了，全天雨量四十毫米，明天转晴。",
        "作者认为，文章的标题应当与内容一致，这一点值得注意。",
    ],
)
def test_text_itself_stays(text: str) -> None:
    assert bare(text) == text


def test_framing_in_the_middle_of_a_long_text_stays() -> None:
    long = "\n".join([NOTICE] * 40)
    middle = f"{long}\n来源：新华社\n{long}"
    assert bare(middle) == middle


def test_column_without_framing_is_each_text_without_it() -> None:
    texts = [NOTICE, None, f"{NOTICE}\n责编：李华", "", "---\na: 1\n---\n" + NOTICE, "来源：新华社"]
    texts += ["\n".join([NOTICE] * 90) + "\n（责任编辑：王小明）"]
    expected = [None if text is None else bare(text) for text in texts]
    column = pa.array(["头", *texts], pa.large_string()).slice(1)
    assert without_page_furniture(column)[0].to_pylist() == expected


@pytest.mark.parametrize(
    "furniture",
    [
        "来源：新华社",
        "  【 打印本页 】",
        "（责任编辑：王小明）",
        "©2023 某市人民政府",
        "copyright 2023",
        "\tCOPYRIGHT © 2023",
    ],
)
@pytest.mark.parametrize("times", [1, 40])
def test_furniture_at_the_ends_of_a_column_of_texts_is_left_out(furniture: str, times: int) -> None:
    text = "\n".join([NOTICE] * times)
    column = pa.array([f"{furniture}\n{text}", None, text, f"{text}\n{furniture}", "", furniture])
    found = [left and left.strip() for left in without_page_furniture(column)[0].to_pylist()]
    assert found == [text, None, text, text, "", furniture.strip()]


def test_what_was_set_aside_is_told() -> None:
    matter = "---\ntitle: 甲\n---\n"
    texts = [NOTICE, f"{NOTICE}\n责编：李华", matter + NOTICE, f"{matter}{NOTICE}\n责编：李华"]
    _, kinds = without_page_furniture(pa.array(texts, pa.large_string()))
    lines, front = SetAside.LINES, SetAside.FRONT_MATTER
    assert kinds.tolist() == [0, lines, front, lines | front]


@pytest.mark.parametrize(
    "line",
    [
        " ".join(["分享", "收藏本文"] * 12) + " 很长很长很长很长的词",
        " | ".join(["首页", *["新闻"] * 16]) + " | " + "很" * 23,
        " / ".join(["首页", "下一页"] * 10) + " / 甲乙丙丁戊己庚",
    ],
)
def test_lines_of_many_commands_are_read_in_one_way(line: str) -> None:
    """Words that are commands and words, and blanks beside bars, were tried in all combinations."""
    began = time.process_time()
    assert sign_of(line) != Sign.FURNITURE
    assert time.process_time() - began < 1
    assert sign_of("分享 / 收藏本文 / 打印") == sign_of("首页 > 新闻 > 国内") == Sign.FURNITURE


@pytest.mark.parametrize(
    "line",
    [
        "2024-03-01 08:30 来源：某某日报 作者：李华",
        "2024年3月1日 08:30 | 来源：某网",
        "2024/3/1 编辑：王芳",
        "阅读 1,234 次",
        "（浏览：56次）",
        "阅读 99 评论 3 点赞 12",
    ],
)
def test_dated_bylines_and_counts_of_readers_are_set_aside(line: str) -> None:
    assert strip_page_furniture(f"{line}\n{NOTICE}")[0] == NOTICE
    assert strip_page_furniture(f"{NOTICE}\n{line}")[0].strip() == NOTICE


@pytest.mark.parametrize(
    "line",
    [
        "2024年3月1日，记者从县里了解到：收成很好，大家都高兴。",
        "2024-03-01 08:00",
        "阅读 3 页并回答下列问题",
        "收藏 12 幅古画的人家",
        "2023年国内生产总值增长5.2%",
    ],
)
def test_lines_that_begin_with_dates_or_counts_and_say_more_stay(line: str) -> None:
    for text in (f"{line}\n{NOTICE}", f"{NOTICE}\n{line}"):
        assert strip_page_furniture(text) == (text, SetAside(0))

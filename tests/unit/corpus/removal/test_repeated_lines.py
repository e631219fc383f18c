"""Repeated paragraphs: what goes, what stays, and that nothing goes unrecorded."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.corpus.removal.params import RepeatedLineParams
from jobs.corpus.removal.removals import restored_text
from jobs.corpus.removal.repeated_lines import without_repeated_lines
from jobs.errors import ConfigError

PARAMS = RepeatedLineParams(is_on=True, min_chars=20, min_times=3, min_pasted_chars=100)
CAPTION = "图为2023年11月29日在北京举行的人工智能计算大会现场　新华社记者张三摄"
BODY = [
    "北京市公布了大模型应用、算力基础设施、中文数据集三方面的新成果，调研六大领域近百家企业。",
    "此前，北京市已经发布了一系列人工智能相关的政策，这些都已经成为产业加速发展的重要保障。",
    "从大模型产业的发展情况来看，北京市目前在算力基础、人才资源、研发能力方面都有较大优势。",
    "据介绍，该中心将与首批入驻企业签约，面向中小企业开放算力，并从政策层面为产业提供支撑。",
]


def bare(text: str, params: RepeatedLineParams = PARAMS) -> str:
    """The text without its repeats; the removals are checked to restore it."""
    content, cuts = without_repeated_lines(pa.array([text], pa.large_string()), params=params)
    (left,) = content.to_pylist()
    assert restored_text(left, cuts.to_pylist()) == text
    return left


def pages(*lines: str) -> str:
    return "\n".join(lines)


def test_caption_through_the_page_stays_where_it_stands_first() -> None:
    text = pages(BODY[0], CAPTION, BODY[1], "", CAPTION, "", BODY[2], CAPTION, BODY[3])
    assert bare(text) == pages(BODY[0], CAPTION, BODY[1], "", BODY[2], BODY[3])


def test_caption_is_the_same_in_other_punctuation_width_and_script() -> None:
    other = "图为２０２３年１１月２９日，在北京舉行的人工智能計算大會現場（新华社记者张三摄）"
    text = pages(BODY[0], CAPTION, BODY[1], other, BODY[2], other, BODY[3])
    assert bare(text) == pages(BODY[0], CAPTION, BODY[1], BODY[2], BODY[3])


def test_removal_names_its_line_and_the_line_it_repeats() -> None:
    text = pages(BODY[0], "", CAPTION, "", BODY[1], "", CAPTION, "", BODY[2], CAPTION)
    _, cuts = without_repeated_lines(pa.array([None, text], pa.large_string()), params=PARAMS)
    rows = cuts.to_pylist()
    assert [(row["row"], row["line"], row["first_line"]) for row in rows] == [(1, 7, 3), (1, 10, 3)]
    assert [row["text"] for row in rows] == [f"\n\n{CAPTION}", f"\n{CAPTION}"]
    assert [row["offset"] for row in rows] == [
        text.index(CAPTION, 90) - 2,
        len(text) - len(CAPTION) - 1,
    ]


def test_paragraph_said_twice_in_a_row_is_said_once() -> None:
    assert bare(pages(BODY[0], BODY[1], "", BODY[1], BODY[2])) == pages(*BODY[:3])


def test_text_pasted_twice_stands_once() -> None:
    assert bare(pages("标题", *BODY, "", *BODY)) == pages("标题", *BODY)
    assert bare(pages(*BODY, *BODY, *BODY)) == pages(*BODY)


@pytest.mark.parametrize(
    "text",
    [
        # A provision that several articles share, as statutes do.
        pages(
            *[
                line
                for number in "一二三四"
                for line in (
                    f"第{number}条　{BODY[0]}",
                    "单位犯前款罪的，对单位判处罚金，并对其直接负责的主管人员依照前款的规定处罚。",
                )
            ]
        ),
        # A refrain, and half a poem in one line.
        pages(*["归去来兮，田园将芜胡不归", "既自以心为形役，奚惆怅而独悲", "归去来兮"] * 3),
        pages(*["采采芣苢，薄言采之。采采芣苢，薄言有之"] * 2),
        # Rows of a table, separators, dialogue and code.
        pages(
            "| 项目 | 单位 | 数量 | 备注说明 |",
            *["| 中华人民共和国国家标准 | 一千二百三十四 | 无备注 |"] * 5,
        ),
        pages(*["│中華民國　│行政院衛生署所屬醫院分院　│暫行組織規程編制表　│"] * 4),
        pages(*["***", BODY[0], "———", "“好。”", "“好。”", BODY[1], "***", "———"]),
        pages(BODY[0], "```", *["print('中华人民共和国第一次全国代表大会的会议纪要')"] * 4, "```"),
        pages(*[f"## 中华人民共和国第一届全国人民代表大会第一次会议\n{line}" for line in BODY]),
        pages(
            *[
                f"- 打开浏览器访问监控平台，监控整个集群和新增节点的状态信息\n{line}"
                for line in BODY
            ]
        ),
        # Hard-wrapped lines end anywhere.
        pages(
            *[
                f"前項申請案件之書件記載事項不完備，其情形可以補正者得通知\n限期補正第{n}號"
                for n in "甲乙丙丁"
            ]
        ),
        # Twice is no caption.
        pages(BODY[0], CAPTION, BODY[1], CAPTION, BODY[2]),
    ],
)
def test_what_recurs_on_purpose_stays(text: str) -> None:
    assert bare(text) == text


def test_nothing_is_removed_when_switched_off() -> None:
    off = RepeatedLineParams(is_on=False, min_chars=20, min_times=3, min_pasted_chars=100)
    text = pages(*BODY, *BODY)
    assert bare(text, off) == text


def test_no_texts_and_null_texts_give_empty_tables_of_the_same_schema() -> None:
    for texts in ([], [None, None], ["", "甲"]):
        content, cuts = without_repeated_lines(pa.array(texts, pa.large_string()), params=PARAMS)
        assert content.to_pylist() == texts
        assert len(cuts) == 0
        assert cuts.schema.names[0] == "row"


def test_parameters_that_remove_what_occurs_once_are_refused() -> None:
    with pytest.raises(ConfigError, match="min_times=1"):
        RepeatedLineParams(is_on=True, min_chars=20, min_times=1, min_pasted_chars=100)


def test_repeated_caption_of_a_real_article_stands_once(real_data) -> None:
    (path,) = (real_data / "press").glob("000_*.txt")
    text = path.read_text(encoding="utf-8").strip()
    title = text.split("\n", 1)[0]
    left = bare(text)
    assert text.count(title) > 5
    assert left.count(title) == 1
    assert len(left) == len(text) - (text.count(title) - 1) * (len(title) + 2)

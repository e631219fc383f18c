"""Damage of the kinds that were once left or made worse, each in several shapes."""

from __future__ import annotations

import pytest

from jobs.corpus.repair.normalization import normalized

EXPONENTS = {
    "2<sup>n－1</sup>": "2ⁿ⁻¹",
    "2<sup>n–1</sup>": "2ⁿ⁻¹",
    '2<sup class="e">10</sup>': "2¹⁰",
    "2<sup>n&minus;1</sup>": "2ⁿ⁻¹",
    "2<sup>n&nbsp;-&nbsp;1</sup>": "2ⁿ⁻¹",
    "2<sup><i>n</i></sup>": "2ⁿ",
    "2<sup>2<sup>n</sup></sup>": "2^(2ⁿ)",
    "e<sup>iπ</sup>": "e^(iπ)",
    "C<sub>n</sub><sup>k</sup>": "Cₙ^k",
    "<i>x</i><sup>k</sup>": "x^k",
    "x<sup>2y</sup>": "x^(2y)",
    "A<sup>*</sup>": "A*",
    "某某<sup>a</sup>": "某某a",
}


@pytest.mark.parametrize("written", EXPONENTS)
def test_exponents_stay_exponents(written: str) -> None:
    assert normalized(f"结果是 {written}，请核对。") == f"结果是 {EXPONENTS[written]}，请核对。"


PAGES = [
    (
        "<div>\n\t<p>\n\t\t第一段。\n\t</p>\n\t<p>\n\t\t第二段。\n\t</p>\n</div>",
        "第一段。\n\n第二段。",
    ),
    (
        "<div>\n    <span>来源</span>\n    <div>\n        正文。\n    </div>\n</div>",
        "来源\n\n正文。",
    ),
    ("<p>\n      通知\n      <br/>\n      各单位：\n</p>", "通知\n\n各单位："),
    ("<ol>\n  <li>\n    准备\n  </li>\n  <li>\n    提交\n  </li>\n</ol>", "准备\n\n提交"),
    ("<p>\n    第一行\n    第二行\n</p>", "第一行\n第二行"),
]


@pytest.mark.parametrize(("source", "text"), PAGES)
def test_indentation_of_a_page_source_goes(source: str, text: str) -> None:
    assert normalized(source) == text


def test_preformatted_text_of_a_page_keeps_its_indentation() -> None:
    assert normalized("<p>如下</p>\n<pre>\n甲\n    乙\n</pre>") == "如下\n\n甲\n    乙"


_TAIWAN = """第二條　申請人應檢附下列文件，向主管機關提出申請：
一、身分證明文件影本，申請人為法人者，應檢附登
    記證明文件。
二、其他經主管機關指定之文件，其內容應包括計畫目
    標、實施方式及預期效益。"""
_WIDE = """第一條　違反本法規定者，應依下列規定辦理：
一、處新臺幣三萬元以上十五萬元以下罰鍰，並令其限期
\u3000\u3000改正。
二、屆期未改正者，按次處罰，至改正為止，其情節重大
\u3000\u3000者，並得命其停業。"""
_NUMBERED = """1. 违反操作规程，造成设备损坏的，应当照价赔偿，并写出书面
   检查。
2. 未经批准擅自离岗的，按旷工处理，情节严重的，解除劳动合
   同。"""
STATUTES = [
    (_TAIWAN, "应检附登记证明文件。\n", "应包括计划目标、实施方式"),
    (_WIDE, "并令其限期改正。\n", "其情节重大者，并得命其停业。"),
    (_NUMBERED, "并写出书面检查。\n2.", "解除劳动合同。"),
]


@pytest.mark.parametrize(("broken", "first", "second"), STATUTES)
def test_items_that_go_on_indented_are_joined(broken: str, first: str, second: str) -> None:
    assert first in normalized(broken)
    assert second in normalized(broken)


@pytest.mark.parametrize("blank", ["\xa0", "\u2003", "\u3000"])
@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_blanks_of_fenced_code_become_spaces(fence: str, blank: str) -> None:
    code = f"{fence}yaml\na:\n{blank * 2}b:\n{blank * 4}-{blank}c\n{fence}"
    assert normalized(code) == code.replace(blank, " ")
    assert normalized(f"{code}\n{blank * 2}正文。") == f"{code.replace(blank, ' ')}\n正文。"


@pytest.mark.parametrize(
    "text",
    [
        "示例如下。<em> 表示强调，<i> 只表示斜体。",
        '使用 <a> 标签，语法如下：\n\n<a href="url">链接文本</a>\n\n其中 href 是目标。',
        "العربية \u200f(سنة 2020)\u200f",
        "打开 D:/我的文档/照片(1),备份.zip",
        "| キー | 値 |\n|---|---|\n| 開始時間 | 九時 |\n| 終了時間 | 十時 |\n| 場所 | 駅前広場 |",
    ],
)
def test_right_text_of_these_kinds_stays(text: str) -> None:
    assert normalized(text) == text


def test_direction_marks_in_chinese_go() -> None:
    assert normalized("中文\u200f(2020)，abc\u200e。") == "中文（2020），abc。"


@pytest.mark.parametrize(
    "text",
    [
        "日文里“大丈夫”（だいじょうぶ）的意思是没关系。",
        "《战争与和平》（俄语：Война и мир）是俄国作家托尔斯泰创作的长篇小说。",
        "关关雎鸠，在河之洲。窈窕淑女，君子好逑。",
        "覃、区、盖、种、员、郇、郗、逄、亓、仉督",
    ],
)
def test_gbk_read_as_latin_1_is_read_again_with_other_scripts_and_rare_characters(
    text: str,
) -> None:
    assert normalized(text.encode("gb18030").decode("latin-1")) == text


@pytest.mark.parametrize(
    "text",
    [
        "HTML 中的 <p> 标签用于定义段落，<br> 用于换行。",
        "示例：\n<ul>\n  <li>苹果</li>\n</ul>",
        "> 引用里的代码：\n>\n> ```python\n> x = 1\n> ```",
        "XML 的写法：\n<note>\n  <to>张三</to>\n  <body>下午开会</body>\n</note>",
    ],
)
@pytest.mark.parametrize(
    "around", ["<div><p>%s</p></div>", '<section class="a">\n<p>%s</p></section>\n']
)
def test_tags_around_a_text_that_speaks_of_tags_go(text: str, around: str) -> None:
    assert normalized(around % text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<p> 表示段落的开始，它的结束写作 </p>",
        "<p>与</p>是一对标签，<p> 标签可以不写结束。",
        "<div> 和 <p> 都要结束：先写 </p>，再写 </div>",
    ],
)
def test_tags_that_begin_and_end_a_text_on_tags_are_words_of_it(text: str) -> None:
    assert normalized(text) == text

"""Site boilerplate: counted at the ends of the pages of a site, and what is spared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from jobs.corpus.removal.params import SiteBoilerplateParams
from jobs.corpus.removal.site_boilerplate import count_keys, page_ends, remove_site_boilerplate
from jobs.errors import ConfigError
from tests.corpora import NO_KEYWORDS
from tests.property.test_removals_laws import table_of

PARAMS = SiteBoilerplateParams(is_on=True, min_documents=4, min_share=0.5)
HEADER = "当前位置：首页 > 新闻 > 正文"
FOOTER = "责任编辑：张三\n\n版权所有：某某网，未经授权不得转载。"


def body(number: int) -> str:
    return f"会议指出，第{number}期工程要加快建设。\n第{number}项任务由市人民政府负责。"


def left(
    rows: list[tuple[str, str | None]], params: SiteBoilerplateParams = PARAMS
) -> list[str | None]:
    documents = table_of(rows)
    counts = count_keys(page_ends(documents).keys, least=params.min_documents)
    return remove_site_boilerplate(documents, counts, params=params, signal_params=NO_KEYWORDS)[0][
        "content"
    ].to_pylist()


def test_frame_of_a_site_goes_and_the_page_stays() -> None:
    rows = [(f"{HEADER}\n\n{body(n)}\n\n{FOOTER}", f"http://a.example/{n}") for n in range(6)]
    assert left(rows) == [body(n) for n in range(6)]


@pytest.mark.parametrize("rule", ["***\n", "---\n\n"])
def test_frame_below_a_rule_goes_with_it(rule: str) -> None:
    rows = [(f"{rule}{HEADER}\n{body(n)}", f"http://a.example/{n}") for n in range(6)]
    assert left(rows) == [body(n) for n in range(6)]


def test_lines_of_another_site_or_of_no_site_stay() -> None:
    rows = [(f"{body(n)}\n{FOOTER}", None if n % 2 else f"http://{n}.example/") for n in range(12)]
    assert left(rows) == [text for text, _ in rows]


def test_line_below_the_share_or_the_number_stays() -> None:
    few = [(f"{body(n)}\n{FOOTER}", "http://a.example/") for n in range(3)]
    assert left(few) == [text for text, _ in few]
    rare = few + [(f"{body(n)}\n{FOOTER}", "http://a.example/") for n in range(3, 5)]
    rare += [(body(n), "http://a.example/") for n in range(5, 20)]
    assert left(rare) == [text for text, _ in rare]


@pytest.mark.parametrize(
    ("with_line", "of_site", "goes"), [(4, 8, True), (3, 6, False), (4, 9, False)]
)
def test_line_goes_at_the_number_and_share_and_stays_below(
    with_line: int, of_site: int, goes: bool
) -> None:
    rows = [(f"{body(n)}\n{FOOTER}", "http://a.example/") for n in range(with_line)]
    rows += [(body(n), "http://a.example/") for n in range(with_line, of_site)]
    whole = [text for text, _ in rows]
    assert left(rows) == ([body(n) for n in range(of_site)] if goes else whole)


def test_line_inside_a_text_stays_though_the_site_has_it_at_the_end() -> None:
    rows = [(f"{body(n)}\n{FOOTER}", "http://a.example/") for n in range(6)]
    inside = f"{body(7)}\n{FOOTER}\n{body(8)}"
    assert left([*rows, (inside, "http://a.example/")])[-1] == inside


def test_copies_of_one_text_are_one_document() -> None:
    rows = [(body(1), "http://a.example/")] * 20
    assert left(rows) == [body(1)] * 20


def _dated(number: int) -> str:
    return f"2025-04-{number % 28 + 1:02d} 10:{number:02d}"


def _title(number: int) -> str:
    return "".join(chr(0x4E00 + 97 * number + 13 * at) for at in range(9))


FOOTERS = {
    "addresses below and above": lambda n: (
        f"---\n\n原始网址：\n<https://news.example.org/ch/{n}-20250410.htm>\n\n© example.org\n\n"
        "电子邮件：\n[news@example.org](mailto:news@example.org)\n\n"
        f"原文连结：[https://news.example.org/ch/{n}.htm](https://news.example.org/ch/{n}.htm)\n"
        f"\n---"
    ),
    "an address no other page has": lambda n: (
        f"责任编辑：{_title(n)[:3]}\n版权所有：某某网\n{_title(n)} {_title(n + 50)}"
    ),
    "a date below the rights": lambda n: f"© 某某通讯社 京ICP备{1000 + n}号\n{_dated(n)}",
    "other articles": lambda n: (
        f"上一篇：{_title(n)}？\n下一篇：{_title(n + 1)}！\n【打印】【关闭】"
    ),
    "links to share": lambda n: (
        f"[分享到脸书](https://f.example/share?u={n})\n[分享到微博](https://w.example/?u={n})\n"
        "© 某某网"
    ),
    "a call to scan": lambda n: f"扫一扫在手机打开当前页\n京ICP备{10000 + n}号",
    "three rules": lambda n: (
        f"***\n本文链接：http://a.example/{n}\n***\n未经本站许可，不得转载。\n***"
    ),
    "dates in Han numerals": lambda n: (
        f"编辑：{_title(n)[:2]}\n更新时间：二〇二五年四月{'一二三四五六七八九'[n % 9]}日\n分享到"
        f"：微信 微博"
    ),
    "numbers to call": lambda n: (
        f"© 某某网\n客服热线：010-{60000 + n}\n投诉电话：{12300 + n}\n浏览人次：{311 * n}"
    ),
    "the day": lambda n: f"设为首页 | 加入收藏 | 联系我们\n今天是2025年4月{n % 28 + 1}日 星期一",
    "in English": lambda n: (
        f"© 2024 Gazette {n}. All rights reserved.\nContact the newsroom: {n}@gazette.example"
    ),
}


@pytest.mark.parametrize("footer", FOOTERS.values(), ids=FOOTERS)
def test_footer_whose_lines_vary_goes_from_every_page(footer: Callable[[int], str]) -> None:
    rows = [(f"{body(n)}\n\n{footer(n)}", f"http://a.example/{n}") for n in range(30)]
    # A line that only this page has says nothing of itself, and stays.
    own = [footer(n).split("\n")[-1] if _title(n) in footer(n) else "" for n in range(30)]
    own = [line if line.startswith(_title(n)) else "" for n, line in enumerate(own)]
    expected = [f"{body(n)}\n{line}".strip() for n, line in enumerate(own)]
    assert [str(text).replace("\n\n", "\n") for text in left(rows)] == expected


HEADERS = {
    "menu": lambda n: f"首页 | 新闻 | 体育 | 财经\n\n{_title(n)}",
    "path and place": lambda n: f"当前位置：首页 > 新闻 > {_title(n)}\n登录 | 注册",
    "date and size": lambda n: f"{_title(n)}\n{_dated(n)} 来源：某某网 字号：大 中 小",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_header_whose_lines_vary_goes_from_every_page(header: Callable[[int], str]) -> None:
    rows = [(f"{header(n)}\n\n{body(n)}", f"http://a.example/{n}") for n in range(30)]
    titled = ["path" not in header(n) and "位置" not in header(n) for n in range(30)]
    expected = [f"{_title(n)}\n\n{body(n)}" if titled[n] else body(n) for n in range(30)]
    assert left(rows) == expected


CONTENT = {
    "judgments": lambda n: (
        f"某省高级人民法院\n民 事 判 决 书\n（2023）某民终{100 + n}号\n上诉人（原审被告）："
        f"{_title(n)[:4]}\n"
        f"本院认为，{_title(n)}。\n综上所述，上诉人的上诉请求不能成立，应予驳回。判决如下：\n"
        "驳回上诉，维持原判。\n本判决为终审判决。"
    ),
    "notices": lambda n: (
        f"某某县人民政府办公室\n关于{_title(n)}的通知\n各乡镇人民政府：\n{_title(n)}。\n联系电话"
        f"：010-{60000 + n}\n"
        f"某某县人民政府办公室\n2023年5月{n % 28 + 1}日"
    ),
    "verse": lambda n: (
        f"{_title(n)[:4]}\n作者：李白\n朝代：唐\n{_title(n)}，\n{_title(n + 9)}。\n译文\n"
        f"{_title(n + 5)}"
    ),
    "interviews": lambda n: (
        f"记者：{_title(n)}？\n专家：{_title(n + 2)}。\n记者：{_title(n + 7)}？\n专家：谢谢。"
    ),
    "manuals": lambda n: f"返回值\n{_title(n)}\n参数\n{_title(n + 3)}\n编辑距离：{n}\n另请参阅",
    "awards": lambda n: (
        f"某市仲裁委员会\n裁 决 书\n（2023）某仲裁字第{100 + n}号\n仲裁庭认为，{_title(n)}。\n"
        "驳回申请人的全部仲裁请求。\n本裁决为终局裁决，自作出之日起生效。"
    ),
    "penalties": lambda n: (
        f"某市市场监督管理局\n行政处罚决定书\n某市监罚〔2023〕{n}号\n经查，{_title(n)}。\n"
        "如不服本决定，可在六十日内申请行政复议。\n某市市场监督管理局"
    ),
    "forecasts": lambda n: (
        f"全国天气预报\n中央气象台5月{n % 28 + 1}日18时发布\n{_title(n)}。\n请注意防范强降雨天气。"
    ),
    "contracts": lambda n: (
        f"合同编号：HT-{n:04d}\n甲乙双方经协商一致，订立本合同。\n{_title(n)}。\n"
        "本合同一式两份，双方各执一份。\n自签字之日起生效。"
    ),
    "recipes": lambda n: (
        f"用料\n{_title(n)}\n做法\n{_title(n + 2)}。\n小贴士\n水开后再下锅，出锅前撒葱花。"
    ),
    "rules of a province": lambda n: (
        f"某省人民政府令\n第{n}号\n{_title(n)}。\n本办法自2024年{n % 12 + 1}月1日起施行。\n"
        "某省人民政府办公厅负责解释。"
    ),
    "warnings": lambda n: (
        f"安全须知\n操作前请断开电源，并佩戴绝缘手套。\n{_title(n)}。\n警告：请勿自行拆卸。"
    ),
    "ledgers": lambda n: (
        f"收支表\n日期 项目 金额\n5月{n % 28 + 1}日 {_title(n)[:2]} {n}.50\n合计 {n}.50 元\n经手"
        f"人：{_title(n)[:2]}"
    ),
}


@pytest.mark.parametrize("text", CONTENT.values(), ids=CONTENT)
def test_content_that_all_documents_of_a_site_share_stays(text: Callable[[int], str]) -> None:
    rows = [(text(n), f"http://a.example/{n}") for n in range(30)]
    documents = [row["content"] for row in table_of(rows).to_pylist()]
    assert left(rows) == documents
    printed = [(f"{body}\n【打印】【关闭窗口】", url) for body, url in rows]
    assert left(printed) == documents


def test_sentences_that_pages_share_stay_between_furniture() -> None:
    tail = "责任编辑：张三\n本判决为终审判决。\n版权所有：某某网"
    rows = [(f"{body(n)}\n{tail}", "http://a.example/") for n in range(6)]
    assert left(rows) == [f"{body(n)}\n本判决为终审判决。" for n in range(6)]


def test_text_that_would_lose_more_than_the_share_stays_whole() -> None:
    rows = [(f"{body(n) if n else '短讯。'}\n{FOOTER}", "http://a.example/") for n in range(6)]
    half = SiteBoilerplateParams(is_on=True, min_documents=4, min_share=0.5, max_share=0.5)
    assert left(rows, half) == [rows[0][0], *(body(n) for n in range(1, 6))]
    with pytest.raises(ConfigError, match="max_share=0"):
        SiteBoilerplateParams(is_on=True, min_documents=4, min_share=0.5, max_share=0)


def test_page_of_nothing_but_frame_is_rejected() -> None:
    rows = [(f"{HEADER}\n{body(n)}\n{FOOTER}", "http://a.example/") for n in range(6)]
    documents = table_of([*rows, (f"{HEADER}\n{FOOTER}", "http://a.example/")])
    counts = count_keys(page_ends(documents).keys, least=PARAMS.min_documents)
    after, removals = remove_site_boilerplate(
        documents, counts, params=PARAMS, signal_params=NO_KEYWORDS
    )
    last = after.to_pylist()[-1]
    assert (last["content"], last["stage"], last["reason"], last["content_chars"]) == (
        None,
        "boilerplate",
        "only_boilerplate",
        None,
    )
    assert removals.to_pylist()[0]["documents"] == 7
    assert removals.to_pylist()[0]["site_documents"] == 7


@pytest.mark.parametrize(
    "line",
    [
        "中华人民共和国主席令",
        "第一章 总则",
        "## 第一章 总则",
        "目 录",
        "第 1 條",
        "本办法自公布之日起施行。",
        "本辦法自發布日施行。",
        "本法施行日期，由行政院以命令定之。",
        "特此通知。",
        "（完）",
        "附件：1",
        "| 合计 | 100 |",
    ],
)
def test_formulas_of_official_documents_stay_wherever_they_stand(line: str) -> None:
    rows = [(f"{line}\n{body(n)}\n{line}", "http://law.example/") for n in range(8)]
    assert left(rows) == [text for text, _ in rows]


def test_share_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="min_share=0"):
        SiteBoilerplateParams(is_on=True, min_documents=4, min_share=0)


def test_texts_of_a_key_are_counted_once_however_often_they_are_given() -> None:
    pairs = np.array([[1, 1 << 40], [2, 1 << 40], [1, 2 << 40]], np.uint64)
    found = count_keys(np.concatenate([pairs, pairs[::-1]]), least=2)
    assert (found.keys.tolist(), found.documents.tolist()) == ([1], [2])

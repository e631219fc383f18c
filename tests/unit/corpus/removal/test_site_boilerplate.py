"""Site boilerplate: counted at the ends of the pages of a site, and what is spared."""

from __future__ import annotations

import pytest

from jobs.corpus.removal.params import SiteBoilerplateParams
from jobs.corpus.removal.site_boilerplate import count_keys, edge_keys, remove_site_boilerplate
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
    counts = count_keys(edge_keys(documents), least=params.min_documents)
    return remove_site_boilerplate(documents, counts, params=params, signal_params=NO_KEYWORDS)[0][
        "content"
    ].to_pylist()


def test_frame_of_a_site_goes_and_the_page_stays() -> None:
    rows = [(f"{HEADER}\n\n{body(n)}\n\n{FOOTER}", f"http://a.example/{n}") for n in range(6)]
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


def test_page_of_nothing_but_frame_is_rejected() -> None:
    rows = [(f"{HEADER}\n{body(n)}\n{FOOTER}", "http://a.example/") for n in range(6)]
    documents = table_of([*rows, (f"{HEADER}\n{FOOTER}", "http://a.example/")])
    counts = count_keys(edge_keys(documents), least=PARAMS.min_documents)
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

"""Made web pages of many kinds, each with the main text that stands in it.

The layouts are those of Chinese pages of three decades: tables in tables, hot lists and
recommendations inside the article's container, forums, notices of offices, and pages whose main
text is itself a list, a table, a program or verse. Every page is drawn from its kind and number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

_WHO = (
    "市交通局|县农业农村局|区教育局|省博物馆|镇卫生院|某大学课题组|当地气象台|市图书馆|社区居委"
    "会|铁路部门|文物保护中心|渔业合作社"
)
_WHEN = "今年春天|上个月|去年秋收以后|从本周起|三年来|近日|雨季到来之前|寒假期间|入夏以来|去年年底"
_DID = (
    "走访了|整修了|公布了|启用了|重新测量了|组织志愿者清点了|请专家评估了|向居民介绍了|逐一检查"
    "了|试行了"
)
_WHAT = (
    "城北的旧粮库|沿江的十二座泵站|乡村小学的取暖设备|馆藏的地方志|山区的灌溉渠|老城的排水管网|"
    "夜间公交线路|滩涂的候鸟栖息地|茶园的土壤样本|码头的货运记录"
)
_SO = (
    "发现损坏的部分比预计少|费用比上一次低了两成|参加的人比往年多了一倍|下一步将把经验推广到邻近"
    "乡镇|仍有三处需要在汛期以前补修|所得数据已经向社会公开|村民可以在现场提出意见|具体安排由各"
    "单位自行决定"
)
_HEADS = (
    "旧粮库改成了图书馆|候鸟又回来了|排水管网换了新样子|地方志里的一场大雪|夜班公交开到了山脚|一"
    "座泵站的四十年|茶农学会了看土样|码头记录讲述的往事|修渠的人|雨季前的一次检查"
)
_MENU = [
    "首页",
    "新闻",
    "国内",
    "国际",
    "社会",
    "财经",
    "体育",
    "娱乐",
    "科技",
    "教育",
    "健康",
    "旅游",
    "图片",
    "视频",
    "专题",
    "论坛",
]
_FOOT = [
    "关于我们",
    "联系我们",
    "广告服务",
    "网站地图",
    "招聘信息",
    "版权声明",
    "隐私政策",
    "友情链接",
]


class MadePage(NamedTuple):
    """A page, its kind, and its main text as paragraphs, title left out."""

    kind: str
    source: str
    paragraphs: list[str]


class _Draft:
    """Draws words for one page."""

    def __init__(self, kind: str, number: int) -> None:
        self.rng = random.Random(f"{kind}/{number}")
        self.title = self.one(_HEADS)

    def one(self, words: str) -> str:
        return self.rng.choice(words.split("|"))

    def sentence(self) -> str:
        return (
            f"{self.one(_WHEN)}，{self.one(_WHO)}{self.one(_DID)}{self.one(_WHAT)}，"
            f"{self.one(_SO)}。"
        )

    def paragraph(self) -> str:
        return "".join(self.sentence() for _ in range(self.rng.randint(1, 4)))

    def paragraphs(self, least: int = 4, most: int = 9) -> list[str]:
        return [self.paragraph() for _ in range(self.rng.randint(least, most))]

    def headline(self) -> str:
        return f"{self.one(_WHO)}：{self.one(_HEADS)}"

    def links(self, count: int, tag: str = "li") -> str:
        return "".join(
            f'<{tag}><a href="/a/{self.rng.randint(1, 9999)}.html">{self.headline()}</a></{tag}>'
            for _ in range(count)
        )


def made_pages(each: int = 6) -> Iterator[MadePage]:
    """Yield so many pages of every kind."""
    for kind, layout in _LAYOUTS.items():
        for number in range(each):
            draft = _Draft(kind, number)
            body, paragraphs = layout(draft)
            head = f"<title>{draft.title}_某某网</title><meta charset=utf-8>"
            yield MadePage(kind, f"<html><head>{head}</head><body>{body}</body></html>", paragraphs)


def _menu(words: list[str]) -> str:
    return "".join(f'<a href="/{number}">{word}</a> | ' for number, word in enumerate(words))


def _modern(draft: _Draft, article: str, beside: str = "") -> str:
    return (
        f'<div class="top"><ul>{"".join(f"<li><a href=/{w}>{w}</a></li>" for w in _MENU)}</ul></'
        f"div>"
        f'<div class="path">当前位置：<a href="/">首页</a> &gt; <a href="/n">新闻</a> &gt; 正文<'
        f"/div>"
        f'<div class="wrap"><div class="left"><h1>{draft.title}</h1>'
        f'<div class="info">2021-03-0{draft.rng.randint(1, 9)} 来源：某某网 字号：大 中 小</div>'
        f'{article}</div><div class="right">{beside}</div></div>'
        f'<div class="footer">{_menu(_FOOT)}<p>版权所有 某某网 未经授权不得转载</p></div>'
    )


def _p(paragraphs: list[str]) -> str:
    return "".join(f"<p>　　{one}</p>" for one in paragraphs)


def _old_shell(draft: _Draft, cell: str) -> str:
    """Tables in tables: banner, menu on the left, the article's cell, a list on the right."""
    return (
        f'<table width="780" border="0" align="center"><tr><td>{_menu(_MENU)}</td></tr></table>'
        '<table width="780" border="0" align="center"><tr><td width="150" valign="top">'
        f"<table>{''.join(f'<tr><td><a href=/{w}>{w}</a></td></tr>' for w in _MENU)}</table></td>"
        f'<td valign="top"><table width="100%"><tr><td align="center"><b>{draft.title}</b></td><'
        f"/tr>"
        f"<tr><td>2003年5月{draft.rng.randint(1, 30)}日 来源：某某报</td></tr>"
        f'<tr><td><font size="3">{cell}</font></td></tr>'
        '<tr><td align="right">【<a href="#">打印本页</a>】【<a href="#">关闭窗口</a>】</td></tr'
        "></table></td>"
        f'<td width="160" valign="top"><table><tr><td>热点新闻</td></tr>{draft.links(10, "tr")}<'
        f"/table>"
        "</td></tr></table>"
        f'<table width="780" align="center"><tr><td align="center">{_menu(_FOOT)}<br>版权所有 某'
        f"某网</td></tr></table>"
    )


def _old_breaks(draft: _Draft) -> tuple[str, list[str]]:
    texts = draft.paragraphs()
    lines = "<br><br>".join(f"&nbsp;&nbsp;&nbsp;&nbsp;{one}" for one in texts)
    return _old_shell(draft, lines), texts


def _old_paragraphs(draft: _Draft) -> tuple[str, list[str]]:
    texts = draft.paragraphs()
    return _old_shell(draft, _p(texts)), texts


def _old_cells(draft: _Draft) -> tuple[str, list[str]]:
    """Each paragraph in a row of its own, a picture floating in a table among them."""
    texts = draft.paragraphs()
    picture = "<table align=left><tr><td><img src=a.jpg></td></tr></table>"
    rows = "".join(f"<tr><td>　　{one}</td></tr>" for one in texts)
    return _old_shell(draft, f"<table>{picture}{rows}</table>"), texts


def _old_related(draft: _Draft) -> tuple[str, list[str]]:
    """Links to other articles in the article's own cell."""
    texts = draft.paragraphs()
    others = "<br>".join(f'·<a href="/{n}.htm">{draft.headline()}</a>' for n in range(8))
    return _old_shell(draft, f"{'<br>　　'.join(texts)}<br><br>相关新闻：<br>{others}"), texts


def _hot_list(draft: _Draft) -> tuple[str, list[str]]:
    texts = draft.paragraphs()
    hot = f'<div class="rank"><h3>热门排行</h3><ol>{draft.links(10)}</ol></div>'
    article = f'<div class="content">{_p(texts)}{hot}</div>'
    return _modern(draft, article, f"<h3>点击排行</h3><ul>{draft.links(8)}</ul>"), texts


def _recommended(draft: _Draft) -> tuple[str, list[str]]:
    """Cards with a headline and the beginning of another article."""
    texts = draft.paragraphs()
    cards = "".join(
        f'<div class="card"><a href="/{n}"><h4>{draft.headline()}</h4></a><p>'
        f"{draft.sentence()[:28]}…</p></div>"
        for n in range(5)
    )
    article = (
        f'<div class="content">{_p(texts)}<div class="recommend"><h3>为您推荐</h3>{cards}</div><'
        f"/div>"
    )
    return _modern(draft, article), texts


def _between(draft: _Draft) -> tuple[str, list[str]]:
    """A list of links between two paragraphs."""
    texts = draft.paragraphs()
    related = f'<div class="rel"><b>相关阅读</b><ul>{draft.links(4)}</ul></div>'
    article = f'<div class="content">{_p(texts[:2])}{related}{_p(texts[2:])}</div>'
    return _modern(draft, article), texts


def _comments(draft: _Draft) -> tuple[str, list[str]]:
    texts = draft.paragraphs()
    said = "".join(
        f'<li class="comment"><span class="user">网友{n}</span><p>{draft.sentence()}</p><a href='
        f'"#">回复</a></li>'
        for n in range(5)
    )
    article = (
        f'<div class="content">{_p(texts)}</div><div class="comments"><h3>网友评论</h3><ul>'
        f"{said}</ul></div>"
    )
    return _modern(draft, article), texts


def _notice(draft: _Draft) -> tuple[str, list[str]]:
    texts = ["各有关单位：", *draft.paragraphs(2, 5), "特此通知。", draft.one(_WHO), "2021年3月5日"]
    files = '<p>附件：<a href="/a.doc">报名表.doc</a></p>'
    tools = (
        '<div class="tools"><a href="#">打印</a> <a href="#">关闭</a> 分享到：<a>微信</a> <a>微'
        "博</a></div>"
    )
    return _modern(draft, f'<div class="TRS_Editor">{_p(texts)}{files}</div>{tools}'), [
        *texts,
        "附件：报名表.doc",
    ]


def _breaks(draft: _Draft) -> tuple[str, list[str]]:
    texts = draft.paragraphs()
    return _modern(
        draft, f'<div id="zoom">{"<br/>".join("　　" + one for one in texts)}</div>'
    ), texts


def _divisions(draft: _Draft) -> tuple[str, list[str]]:
    texts = draft.paragraphs()
    inside = "".join(f"<div><span>{one}</span></div>" for one in texts)
    return _modern(draft, f'<div class="text">{inside}</div>', f"<ul>{draft.links(12)}</ul>"), texts


def _short(draft: _Draft) -> tuple[str, list[str]]:
    texts = [draft.sentence()]
    beside = f"<h3>最新消息</h3><ul>{draft.links(20)}</ul><h3>图片</h3><ul>{draft.links(6)}</ul>"
    return _modern(draft, f'<div class="content">{_p(texts)}</div>', beside), texts


def _list(draft: _Draft) -> tuple[str, list[str]]:
    steps = [draft.sentence() for _ in range(draft.rng.randint(5, 9))]
    texts = [draft.paragraph(), *steps, draft.paragraph()]
    items = "".join(f"<li>{one}</li>" for one in steps)
    return _modern(
        draft, f"<div class=content><p>{texts[0]}</p><ol>{items}</ol><p>{texts[-1]}</p></div>"
    ), texts


def _table(draft: _Draft) -> tuple[str, list[str]]:
    rows = [
        (draft.one(_WHO), str(draft.rng.randint(10, 99)), str(draft.rng.randint(100, 999)))
        for _ in range(6)
    ]
    texts = [draft.paragraph(), *("".join(row) for row in rows), draft.paragraph()]
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return _modern(
        draft,
        f"<div class=content><p>{texts[0]}</p><table border=1>{cells}</table><p>{texts[-1]}</p><"
        f"/div>",
    ), texts


def _linked(draft: _Draft) -> tuple[str, list[str]]:
    """Running text full of links, as in an encyclopedia."""
    texts = draft.paragraphs()
    linked = [
        one.replace(word, f'<a href="/wiki/{word}">{word}</a>')
        for one in texts
        for word in [draft.one(_WHAT)]
    ]
    words = f"{_WHAT}|{_WHO}".split("|")
    for word in words:
        linked = [
            one if f"/{word}" in one else one.replace(word, f'<a href="/wiki/{word}">{word}</a>')
            for one in linked
        ]
    return _modern(
        draft, f'<div class="content">{_p(linked)}</div>', f"<ul>{draft.links(5)}</ul>"
    ), texts


def _program(draft: _Draft) -> tuple[str, list[str]]:
    code = ["while True:", "    data = pop()", "    work(data)"]
    before, after = draft.paragraphs(2, 4), draft.paragraphs(2, 3)
    inside = f"{_p(before)}<pre>{chr(10).join(code)}</pre>{_p(after)}"
    return _modern(draft, f'<div class="content">{inside}</div>'), [*before, *code, *after]


def _thread(draft: _Draft) -> tuple[str, list[str]]:
    posts = [draft.paragraph() for _ in range(4)]
    rows = "".join(
        f'<div class="post"><table><tr><td class="author"><a href="/u/{n}">用户{n}</a><br>注册于'
        f" 2019<br>积分 {n}4</td>"
        f'<td class="body"><div class="t">{one}</div><div><a href="#">回复</a> <a href="#">举报<'
        f"/a></div></td></tr></table></div>"
        for n, one in enumerate(posts)
    )
    return _modern(draft, rows), posts


def _verse(draft: _Draft) -> tuple[str, list[str]]:
    halves = [
        "山前新雨过",
        "水上晚风来",
        "渡口人声远",
        "窗中烛影开",
        "故园春草绿",
        "归路落花催",
        "且尽杯中酒",
        "明朝更举杯",
    ]
    texts = [f"{halves[n]}，{halves[n + 1]}。" for n in range(0, 8, 2)]
    note = draft.paragraph()
    return _modern(
        draft, f'<div class="poem">{"<br>".join(texts)}</div><div class="note"><p>{note}</p></div>'
    ), [*texts, note]


def _pictures(draft: _Draft) -> tuple[str, list[str]]:
    texts: list[str] = []
    parts = []
    for number in range(4):
        caption, text = f"图为{draft.one(_WHAT)}。{draft.one(_WHO)}供图", draft.paragraph()
        parts.append(f'<p><img src="{number}.jpg"></p><p class="cap">{caption}</p><p>{text}</p>')
        texts += [caption, text]
    return _modern(draft, f'<div class="content">{"".join(parts)}</div>'), texts


_LAYOUTS: dict[str, Callable[[_Draft], tuple[str, list[str]]]] = {
    "old tables, breaks": _old_breaks,
    "old tables, paragraphs": _old_paragraphs,
    "old tables, cells": _old_cells,
    "old tables, links below": _old_related,
    "hot list": _hot_list,
    "recommendations": _recommended,
    "links between": _between,
    "comments": _comments,
    "notice": _notice,
    "breaks": _breaks,
    "divisions": _divisions,
    "short": _short,
    "list": _list,
    "table": _table,
    "linked words": _linked,
    "program": _program,
    "thread": _thread,
    "verse": _verse,
    "pictures": _pictures,
}

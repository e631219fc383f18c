"""Texts that a filter for Chinese text must reject, and texts that look like them and are good.

All are made, of kinds read in real deliveries. Bad texts are drawn by number, so that there are any
many of each kind; good ones are written out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import yaml

from jobs.command.conf_files import conf_folder
from jobs.command.parameters import keyword_lists
from jobs.corpus.model.signal_columns import KEYWORD_CATEGORIES
from jobs.corpus.signals.rules import Rule, RuleParams

_STORY = (
    (
        "今天上午，县农业农村局的技术人员来到河湾村，查看了刚刚返青的麦田，向村民讲解了春季田间管理"
        "的要点。"
    ),
    "据介绍，今年全县小麦播种面积比去年略有增加，墒情总体较好，部分地块需要及时镇压保墒。",
    "村民老周说，往年这个时候总要为浇水发愁，现在渠道修到了地头，一天就能浇完十几亩。",
    "技术人员提醒，近期气温起伏较大，要密切关注天气预报，防范倒春寒带来的不利影响。",
    "下一步，县里将组织专家分片包干，把服务送到田间地头，确保夏粮丰收。",
)
_WORDS = dict(
    zip(KEYWORD_CATEGORIES, keyword_lists(str(conf_folder() / "keywords")).keywords, strict=True)
)
_FILLER = [
    "本店",
    "今日",
    "最新",
    "优质",
    "全国",
    "现在",
    "马上",
    "大家",
    "老板",
    "专业",
    "官方",
    "朋友",
]


def profile(name: str) -> RuleParams:
    """The rules of a profile of `conf/rules/`."""
    given = yaml.safe_load((conf_folder() / f"rules/{name}.yaml").read_text(encoding="utf-8"))
    rules = (
        Rule(reason, rule["signal"], rule["operator"], rule["value"], (), ())
        for reason, rule in given["reject"].items()
    )
    return RuleParams(name, given["source"], tuple(rules))


def bad_texts(each: int = 20) -> Iterator[tuple[str, str]]:
    """Yield kind and text, so many of each kind."""
    for kind, write in _BAD.items():
        for number in range(each):
            yield kind, write(random.Random(f"{kind}/{number}"))


def good_texts() -> Iterator[tuple[str, str]]:
    """Yield kind and text."""
    for kind, texts in _GOOD.items():
        for text in texts:
            yield kind, text


def _spam(category: str) -> Callable[[random.Random], str]:
    def write(rng: random.Random) -> str:
        words = [
            f"{rng.choice(_FILLER)}{word}"
            for word in rng.sample(_WORDS[category], rng.randint(3, 9))
        ]
        return rng.choice(("\n", "，", " ")).join(words) + f"{rng.randint(100, 999)}"

    return write


def _menu(rng: random.Random) -> str:
    words = rng.sample(_WORDS["navigation"], rng.randint(6, 14))
    return rng.choice(("\n", " | ", " ")).join(words)


def _links(rng: random.Random) -> str:
    def line(number: int) -> str:
        address = f"https://{rng.choice('abcdef')}.example.com/{rng.randint(1, 9999)}/{number}.html"
        title = rng.choice(_STORY)[: rng.randint(6, 16)]
        return rng.choice((f"{title} {address}", f"- [{title}]({address})", address))

    return "\n".join(map(line, range(rng.randint(10, 40))))


def _cut_off(rng: random.Random) -> str:
    def line() -> str:
        end = rng.choice(("…", "...", "……", " 查看更多", "… 展开", "…全文"))
        return f"{rng.choice(_STORY)[: rng.randint(12, 40)]}{end}"

    return "\n".join(line() for _ in range(rng.randint(8, 25)))


def _digits(rng: random.Random) -> str:
    return (
        "\n".join(
            " ".join(str(rng.randint(0, 10**6)) for _ in range(rng.randint(1, 9)))
            for _ in range(rng.randint(5, 40))
        )
        + "\n统计结束，以上为本次导出的全部编号。"
    )


def _same_line(rng: random.Random) -> str:
    line = rng.choice(_STORY)
    return "\n".join([rng.choice(_STORY), *[line] * rng.randint(5, 20)])


def _same_paragraph(rng: random.Random) -> str:
    block = "\n".join(rng.sample(_STORY, 2))
    return "\n\n".join([block] * rng.randint(3, 8))


def _same_phrase(rng: random.Random) -> str:
    return rng.choice(_STORY) * rng.randint(4, 12)


def _laughter(rng: random.Random) -> str:
    return "".join(rng.choice("哈嘿呵") for _ in range(rng.randint(12, 80)))


def _column(rng: random.Random) -> str:
    return "\n".join(rng.choice(_STORY)[: rng.randint(20, 40)])


def _broken(rng: random.Random) -> str:
    return "".join("\ufffd" if rng.random() < 0.05 else letter for letter in "".join(_STORY))


def _private(rng: random.Random) -> str:
    return "".join("\ue0a1" if rng.random() < 0.05 else letter for letter in "".join(_STORY))


def _foreign(sentences: str) -> Callable[[random.Random], str]:
    return lambda rng: " ".join(rng.choice(sentences.split("|")) for _ in range(rng.randint(3, 12)))


_BAD: dict[str, Callable[[random.Random], str]] = {
    "advertising": _spam("ads"),
    "gambling": _spam("gambling"),
    "porn": _spam("porn"),
    "menus": _menu,
    "lists of links": _links,
    "lists of beginnings": _cut_off,
    "numbers": _digits,
    "one line again and again": _same_line,
    "one paragraph again and again": _same_paragraph,
    "one sentence again and again": _same_phrase,
    "laughter": _laughter,
    "a character a line": _column,
    "lost characters": _broken,
    "private characters": _private,
    "English": _foreign(
        "The committee met on Monday.|No decision was taken.|The report will be published in May."
    ),
    "Japanese": _foreign(
        "会議は月曜日に開かれました。|結論はまだ出ていません。|報告書は五月に公表される予定です。"
    ),
    "Korean": _foreign(
        "회의는 월요일에 열렸다.|결론은 아직 나지 않았다.|보고서는 오월에 나올 예정이다."
    ),
}

_GOOD: dict[str, tuple[str, ...]] = {
    "a story on one line, with what stood below it": (
        f"某某社北京11月28日电 {''.join(_STORY)} 【纠错】 【责任编辑：某某】 阅读下一篇：",
        f"{''.join(_STORY[:4])}（责任编辑：李某） 打印本页 关闭窗口",
        f"（总台记者 某某）{''.join(_STORY)} 展开全文 相关阅读：春耕 责任编辑：王某",
    ),
    "a picture with a long address": (
        (
            "# 河湾村麦田返青\n\n![技术人员在田间查看苗情。](https://img.example.org/?n=-1&we&h=720&"
            "output=webp&trim=1&url="
            "https%3A%2F%2Fnews.example.org%2Fimages%2Fmfile_1800768_1_20250417130611.jpg%3Fulb%3Dtr"
            "ue%26quality%3D99&q=85)"
            f"\n\n{_STORY[0]}"
        ),
        "".join(
            f"![](https://pic.example.com/2023/11/{n:08d}_{n * 7919:012d}_960x640.jpeg)\n"
            f"{_STORY[n]}\n"
            for n in range(5)
        ),
        (
            f"{_STORY[1]}\n\n原文见 https://news.example.org/articles/2023/11/28/a-very-long-address"
            f"-of-a-page-that-says-nothing.html"
        ),
    ),
    "a text that ends in an ellipsis": (
        f"《河湾》讲述了一个村庄四十年的变迁，{_STORY[2]}那条渠究竟能不能修到地头，观众拭目以待……",
        f"{_STORY[2]}\n他望着渠水，久久没有说话……\n“明年……”他顿了顿，“明年会更好。”",
        "夜深了，雨还在下……",
    ),
    "verse of short lines": (
        "春水。\n千里。\n孤舟浪起。\n梦携西子。\n觉来村巷夕阳斜。\n几家。\n短墙红杏花。",
        "人之初\n性本善\n性相近\n习相远\n苟不教\n性乃迁",
        "天地玄黄，\n宇宙洪荒。\n日月盈昃，\n辰宿列张。",
        "归来。\n雪。\n山门未开。\n钟声，\n慢。\n一个人，\n在檐下等。",
    ),
    "tables": (
        "各乡镇播种面积如下（亩）。\n\n| 乡镇 | 2021 | 2022 | 2023 |\n|---|---|---|---|\n"
        + "\n".join(
            f"| 第{n}镇 | {1200 + 31 * n} | {1300 + 29 * n} | {1400 + 37 * n} |" for n in range(12)
        ),
        "日期 项目 金额\n" + "\n".join(f"3月{n}日 买种子 {35 * n}.50" for n in range(1, 15)),
        "县\t面积\t产量\n" + "\n".join(f"第{n}县\t{100 * n}\t{421 * n}" for n in range(1, 15)),
    ),
    "programs with little said": (
        "读入一行，去掉两端的空白。\n\n```python\n"
        + "line = sys.stdin.readline()\nwords = line.strip().split()\n" * 12
        + "```\n\n这样就得到了单词。",
        (
            "安装以后运行：\n\n    pip install example --upgrade\n    export PATH=$PATH:/usr/local/"
            "example/bin\n    example --config /etc/example.conf --verbose\n\n看到提示即为成功。"
        ),
        "三种写法等价。\n\n"
        + "```\nfor (int i = 0; i < n; i++) { sum += a[i]; total = sum; }\n```\n\n" * 3,
    ),
    "front matter above two sentences": (
        (
            "---\ntitle: example.configuration.options\nslug: reference/configuration/options/"
            "example\npage-type: landing\n---\n\n本页列出配置文件的全部选项。各选项的默认值见下。"
        ),
    ),
    "songs with refrains": (
        (
            "河水弯弯向东流，\n麦苗青青盖山头。\n哎哟哎，盖山头。\n\n渠水修到地边来，\n老周笑得合不"
            "拢口。\n哎哟哎，合不拢口。\n\n"
            "河水弯弯向东流，\n麦苗青青盖山头。\n哎哟哎，盖山头。\n\n今年雨水来得早，\n仓里新粮满到"
            "头。\n哎哟哎，满到头。"
        ),
    ),
    "short news with one such word": (
        f"{_STORY[0]}{_STORY[1]}扫码关注农技站，可以预约专家上门。",
        "警方提醒：凡是要求加微信、先交保证金的招工信息，多为骗局，请市民不要轻信。",
        "消协提醒：凡自称加微信领红包、免费领取礼品的来电多为骗局，请勿转账，如有疑问请报警。",
        "法院查明，被告人开设网站供人投注，非法获利三万元，判处有期徒刑一年。",
    ),
    "questions and answers": (
        "问：几点开门？\n答：八点。\n问：周末开吗？\n答：开。\n问：要预约吗？\n答：要。\n问：收费吗？\n答：不收。",
        "用料\n鸡蛋 2个\n面粉 200克\n白糖 30克\n做法\n1. 打蛋。\n2. 加面粉。\n3. 烤二十分钟。",
    ),
    "bulletins of numbers": (
        "上证指数报3021.69点，跌0.56%，成交3245.67亿元；深证成指报9734.95点，跌1.11%，成交4873.12亿元。",
        "全国彩票销售582.38亿元，增长53.9%；其中福利彩票176.52亿元，体育彩票405.86亿元。",
    ),
    "release notes": (
        "\n".join(
            f"- {what}（https://git.example.org/project/issues/{4200 + 37 * number}）"
            for number, what in enumerate(
                (
                    "修正导出时日期的时区，现在按照用户所选的写出。",
                    "列表超过一千行时不再整个重画。",
                    "新增按村名搜索，支持拼音首字母。",
                    "升级时保留旧的配置文件，并提示有哪些差异。",
                    "地图上的地块边界可以手工调整。",
                )
            )
        ),
    ),
    "few words": ("全县今日晴，没有降水。", "本店自八月一日起歇业。", "此处禁止停车，违者拖走。"),
}

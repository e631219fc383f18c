"""The three kinds of document: official notice, news item, newspaper article."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import log

from jobs.synthesis.grammar import Pen, forms
from jobs.synthesis.subjects import SUBJECTS
from jobs.synthesis.vocabulary import NUMERALS

_SHORTEST, _LONGEST = 200, 40_000
_LONG_FROM, _LONG_SHARE = 20_000, 0.003
_SPREAD = 0.75  # sigma of the lognormal

_GENRES = ("通知", "公告", "批复", "意见", "通告", "实施方案")
_CLOSINGS = ("特此通知。", "特此公告。", "请遵照执行。", "本文自印发之日起施行。", "此复。")
_AGENCIES = ("远山社", "江声社", "晨钟社", "四野社", "明川社", "北渚社", "云帆社")
_SECTIONS = len(NUMERALS) - 1


@dataclass(frozen=True)
class Draft:
    """A document as its author wrote it.

    Attributes:
        title: Its title.
        text: Paragraphs, one to a line.
        published: Its day.
        kind: The kind of its sentences, as `forms` names them.
        subject: The index of its subject.
    """

    title: str
    text: str
    published: date
    kind: str
    subject: int


Author = Callable[[Pen, int, int], Draft]


def length(pen: Pen, median: int) -> int:
    """Characters to write: lognormal from 200 up, and now and then more than 20,000."""
    if pen.happens(_LONG_SHARE):
        return pen.whole(_LONG_FROM, _LONGEST)
    drawn = int(pen.rng.lognormvariate(log(median), _SPREAD))
    return min(max(drawn, _SHORTEST), _LONGEST)


def notice(pen: Pen, subject: int, chars: int) -> Draft:
    """Write a notice of a public office, numbered and signed.

    Args:
        pen: draws the words.
        subject: its number.
        chars: about how long.
    """
    day = pen.day()
    issuer = _phrase(pen, "issuers", subject)
    genre = pen.word(_GENRES)
    title = f"{issuer}关于{_phrase(pen, 'matters', subject)}的{genre}"
    head = [
        f"{issuer[:1]}{SUBJECTS[subject].name[:1]}发〔{day.year}〕{pen.whole(1, 399)}号",
        _phrase(pen, "addressees", subject),
        _phrase(pen, "openings", subject),
    ]
    foot = [pen.word(_CLOSINGS), issuer, _in_han(day)]
    body = _sections(pen, subject, chars - sum(map(len, head)) - sum(map(len, foot)))
    return Draft(title, "\n".join([*head, *body, *foot]), day, "notices", subject)


def _sections(pen: Pen, subject: int, chars: int) -> list[str]:
    """Headings counted 一、 over paragraphs counted （一）; none in a short text."""
    patterns = forms("notices", subject)
    if chars < 500:
        return pen.paragraphs(patterns, max(chars, 1), 4)
    lines, written, section = list[str](), 0, 0
    section_chars = pen.whole(300, 500) + chars // 12
    while written < chars and section < _SECTIONS:
        section += 1
        lines.append(f"{NUMERALS[section]}、{_phrase(pen, 'deeds', subject)}")
        items = pen.paragraphs(patterns, min(section_chars, chars - written), 6)
        lines += [f"（{NUMERALS[n]}）{item}" for n, item in enumerate(items[:_SECTIONS], 1)]
        written += sum(map(len, items))
    return lines


def news(pen: Pen, subject: int, chars: int) -> Draft:
    """Write a news item under the line of an invented agency.

    Args:
        pen: draws the words.
        subject: its number.
        chars: about how long.
    """
    day = pen.day()
    place, reporter = _phrase(pen, "cities", subject), _phrase(pen, "people", subject)
    when = f"{day.month}月{day.day}日"
    line = pen.word(
        (
            f"{pen.word(_AGENCIES)}{place}{when}电（记者{reporter}）",
            f"{pen.word(_AGENCIES)}{place}{when}电　",
            f"本报{place}讯（{reporter}）",
            f"（{place}{when}，{reporter}报道）",
        )
    )
    lead = line + _phrase(pen, "leads", subject)
    body = pen.paragraphs(forms("news", subject), max(chars - len(lead), 1), 5)
    if pen.happens(0.3):
        body[-1] += "（完）"
    title = _phrase(pen, "headlines", subject)
    return Draft(title, "\n".join([lead, *body]), day, "news", subject)


def article(pen: Pen, subject: int, chars: int) -> Draft:
    """Write a newspaper article or commentary, with headings if long.

    Args:
        pen: draws the words.
        subject: its number.
        chars: about how long.
    """
    day = pen.day()
    writers = [_phrase(pen, "people", subject) for _ in range(pen.whole(1, 2))]
    byline = pen.word(("本报记者　", "本报评论员　", "特约撰稿　", "")) + "　".join(writers)
    body = pen.paragraphs(forms("articles", subject), chars, 10)
    if chars > 1500:
        for at in range(len(body) - 3, 1, -pen.whole(3, 5)):
            body.insert(at, _phrase(pen, "headlines", subject))
    title = _phrase(pen, "headlines", subject)
    return Draft(title, "\n".join([byline, *body]), day, "articles", subject)


def _phrase(pen: Pen, kind: str, subject: int) -> str:
    return pen.sentence(forms(kind, subject))


def _in_han(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"

"""Items of evaluation sets as they leak into documents: changed as people and programs do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

import opencc

from jobs.corpus.contamination.items import BenchmarkItem

Change = Callable[[BenchmarkItem, random.Random], str]

_LETTERS = "ABCDEFGH"
_FREQUENT = "的一是在不了有和人这中大为上个国我以要他时来用们"
_BLANK = re.compile(r"[（(]\s*[)）]|_{2,}")
_DIGITS = re.compile(r"[0-9]+")
_HAN_DIGITS = {ord(str(n)): digit for n, digit in enumerate("〇一二三四五六七八九")}
_CLAUSES = re.compile(r"[^，。；：？！]+[，。；：？！]*")
_NARROW = dict(zip(map(ord, "，。：；？！（）"), ",.:;?!()", strict=True))


def whole(item: BenchmarkItem, _: random.Random) -> str:
    letters = zip(_LETTERS, item.options, strict=False)
    return "\n".join([item.question, *(f"（{letter}）{option}" for letter, option in letters)])


def nothing(_: BenchmarkItem, __: random.Random) -> str:
    """What is found then is found in documents without an item."""
    return ""


def question(item: BenchmarkItem, _: random.Random) -> str:
    return item.question


def retyped(item: BenchmarkItem, chance: random.Random) -> str:
    """Half-width marks, full-width digits, blanks and line breaks between Han characters."""
    out = []
    for letter in whole(item, chance).translate(_NARROW):
        is_digit = letter.isascii() and letter.isdigit()
        out.append(chr(ord(letter) + 0xFEE0) if is_digit else letter)
        if "一" <= letter <= "龥" and chance.random() < 0.08:
            out.append(chance.choice(" \n\u3000"))
    return "".join(out)


def reordered(item: BenchmarkItem, chance: random.Random) -> str:
    options = chance.sample(item.options, len(item.options))
    return "\n".join([item.question, *(f"{n}、{option}" for n, option in enumerate(options, 1))])


def answered(item: BenchmarkItem, chance: random.Random) -> str:
    return f"{item.question}\n答案：{_answer(item, chance)}"


def filled(item: BenchmarkItem, chance: random.Random) -> str:
    answer = _answer(item, chance)
    if _BLANK.search(item.question):
        return _BLANK.sub(lambda _: answer, item.question, count=1)
    return item.question + answer


def traditional(item: BenchmarkItem, chance: random.Random) -> str:
    return _converter().convert(whole(item, chance))


def edited(item: BenchmarkItem, chance: random.Random) -> str:
    """Two to four characters of the question exchanged, inserted or dropped."""
    letters = list(item.question)
    for _ in range(chance.randint(2, 4)):
        place, other = chance.randrange(len(letters)), chance.choice(_FREQUENT)
        letters[place] = chance.choice([other, other, letters[place] + other, ""])
    return whole(BenchmarkItem("", "".join(letters), item.options, "", ""), chance)


def edited_alone(item: BenchmarkItem, chance: random.Random) -> str:
    return edited(BenchmarkItem("", item.question, (), "", ""), chance)


def renumbered(item: BenchmarkItem, chance: random.Random) -> str:
    """Numbers of the question in Han digits; of one without any, a number before it."""
    han = _DIGITS.sub(lambda found: found[0].translate(_HAN_DIGITS), item.question)
    text = han if han != item.question else f"{chance.randint(1, 99)}．{item.question}"
    return whole(BenchmarkItem("", text, item.options, "", ""), chance)


def clauses_reordered(item: BenchmarkItem, chance: random.Random) -> str:
    """All clauses but the last, which asks, in another order."""
    *clauses, last = _CLAUSES.findall(item.question) or [item.question]
    text = "".join([*chance.sample(clauses, len(clauses)), last])
    return whole(BenchmarkItem("", text, item.options, "", ""), chance)


def marked_up(item: BenchmarkItem, chance: random.Random) -> str:
    """Emphasis of Markdown or HTML, and line breaks, inside the question."""
    begin, end, line = chance.choice([("**", "**", "\n"), ("<b>", "</b>", "<br/>")])
    text = item.question
    for place in sorted((chance.randrange(len(text)) for _ in range(3)), reverse=True):
        text = f"{text[:place]}{begin}{text[place : place + 4]}{end}{line}{text[place + 4 :]}"
    return whole(BenchmarkItem("", text, item.options, "", ""), chance)


def tabulated(item: BenchmarkItem, chance: random.Random) -> str:
    cells = [item.question.replace("\n", "<br>"), *item.options]
    if chance.random() < 0.5:
        return "| 题目 | " + " | ".join(cell.replace("\n", " ") for cell in cells) + " |"
    rows = "".join(f"<tr><td>{cell}</td></tr>\n" for cell in cells)
    return f"<table>\n{rows}</table>"


def half_passage(item: BenchmarkItem, _: random.Random) -> str:
    return item.passage[: len(item.passage) // 2]


ALONE, EDITED_ALONE = "question alone, verbatim", "question alone, 2 to 4 characters edited"
"""Changes that leave what some items cannot be found by."""

CHANGES: dict[str, Change] = {
    "question and options, verbatim": whole,
    ALONE: question,
    "other punctuation, width, blanks, line breaks": retyped,
    "options reordered and relettered": reordered,
    "options left out, answer beside": answered,
    "answer filled into the blank": filled,
    "Traditional": traditional,
    "question and options, 2 to 4 characters edited": edited,
    EDITED_ALONE: edited_alone,
    "numbers written otherwise": renumbered,
    "clauses reordered": clauses_reordered,
    "emphasis and line breaks inside": marked_up,
    "inside a table or HTML": tabulated,
    "nothing planted": nothing,
}


def _answer(item: BenchmarkItem, chance: random.Random) -> str:
    return item.answer or (chance.choice(item.options) if item.options else "略")


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")

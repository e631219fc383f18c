"""Text nobody wants, made from text somebody wrote and from phrases of bad pages."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from jobs.command.conf_files import conf_folder

WORDS = {
    name: [
        line
        for line in (conf_folder() / "keywords" / f"{name}.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    for name in ("ads", "gambling", "porn", "navigation")
}
_CODE = (
    "var share = {title: document.title, url: location.href};",
    "function init(a, b) { return a.push(b) || null; }",
    ".nav li a:hover { color: #c00; text-decoration: none; }",
    "$(document).ready(function(){ $('#top').hide(); });",
    "margin:0 auto;padding:10px;font-size:14px;line-height:1.5em;",
    "if(typeof(_hmt)=='undefined'){var _hmt=[];}",
)


def misread(chance: Random, text: str) -> str:
    """As a bad scan reads it: characters taken for others of the text, for letters, or for none."""
    share = chance.uniform(0.08, 0.3)
    return "".join(
        chance.choice([chance.choice(text), chance.choice(text), "", chance.choice("lIO0|.'")])
        if chance.random() < share
        else letter
        for letter in text
    )


def shuffled(chance: Random, text: str) -> str:
    """Pieces of two to six characters in any order."""
    pieces, at = [], 0
    while at < len(text):
        size = chance.randint(2, 6)
        pieces.append(text[at : at + size])
        at += size
    chance.shuffle(pieces)
    return "".join(pieces)


def misdecoded(chance: Random, text: str) -> str:
    """UTF-8 read as GB18030, some of it lost on the way."""
    raw = text.encode()
    lost = {chance.randrange(len(raw)) for _ in range(len(raw) // 40 + 1)}
    return bytes(b for i, b in enumerate(raw) if i not in lost).decode("gb18030", "replace")


def menus(chance: Random, text: str) -> str:
    """The frame of a site: its menus, beginnings of headlines, dates."""
    lines = []
    while sum(map(len, lines)) < len(text):
        at = chance.randrange(max(1, len(text) - 20))
        headline = text[at : at + chance.randint(6, 18)].replace("\n", "")
        words = chance.sample(WORDS["navigation"], chance.randint(1, 5))
        date = (
            f"{chance.randint(2005, 2023)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        )
        lines.append(chance.choice([" | ".join(words), f"·{headline}… {date}", "\n".join(words)]))
    return "\n".join(lines)


def solicitation(chance: Random, text: str) -> str:
    """Advertising phrases with numbers to call, between pieces of the text."""
    pieces = []
    while sum(map(len, pieces)) < len(text):
        at = chance.randrange(max(1, len(text) - 30))
        words = chance.sample(WORDS[chance.choice(["ads", "gambling", "porn"])], 3)
        number = chance.randint(10**9, 10**11)
        pieces.append(f"{words[0]}{number}，{text[at : at + 12]}{words[1]}！{words[2]}！")
    return "".join(pieces)


def program(chance: Random, text: str) -> str:
    """Scripts and styles that were taken for text."""
    lines = []
    while sum(map(len, lines)) < len(text):
        at = chance.randrange(max(1, len(text) - 10))
        lines += [chance.choice(_CODE), text[at : at + chance.randint(0, 8)]]
    return "\n".join(lines)


KINDS: dict[str, Callable[[Random, str], str]] = {
    kind.__name__: kind for kind in (misread, shuffled, misdecoded, menus, solicitation, program)
}


def junk(texts: list[str], *, kinds: list[str], seed: int, most_chars: int) -> list[str]:
    """One piece of junk for each text, of the kinds in turn, not longer than `most_chars`."""
    chance = Random(seed)
    return [
        KINDS[kinds[number % len(kinds)]](chance, text[:most_chars] or "空")
        for number, text in enumerate(texts)
    ]

"""Every signal once more, as plain Python over one text: slow, and independent of the kernels."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter

import opencc

from jobs.corpus.model.signal_columns import (
    FEWEST_CHARS,
    FEWEST_LINES,
    KEYWORD_CATEGORIES,
    LITTLE_HAN,
    MUCH,
    STRETCH,
)
from jobs.corpus.text.line_kinds import has_code_signs

_T2S, _S2T = opencc.OpenCC("t2s"), opencc.OpenCC("s2t")
_HAN = re.compile("[〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")
_KANA = re.compile(
    "[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d]"
)
_HANGUL = re.compile(
    "[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa1-\uffdc]"
)
_ITEM = re.compile(
    r"[•●○■□▪▫◦·‣⁃\-*+–—◆◇★☆►▶▲△※→➢✓✔]|[\u2460-\u249b\u2776-\u2793\u3220-\u3229]"
    r"|[（(]?[0-9一二三四五六七八九十百]{1,3}[)）]"
    r"|[0-9一二三四五六七八九十百]{1,3}([、．]|\.(?![0-9一二三四五六七八九十百]))"
)
_BULLET = re.compile(r"[•●○■□▪▫◦·‣⁃\-*+–—◆◇★☆►▶▲△※→➢✓✔]")
_CUT_OFF = re.compile(r"(…|\.\.\.|。。。|展开|更多|全文)$")
_LINK = re.compile(r"(?:https?://|www\.)[!#-(*-;=?-\\^-~]*")

_PICTURE = re.compile(r"!\[[^\[\n]{0,190}\]\((?:https?://|www\.)")
_FENCE = re.compile(r"[ \t>]*(?:(`)``+[^`\n]*|(~)~~.*)$")
_FRONT = re.compile(r"(---\n(?:.*\n){0,79}?---)(?=\n|\Z)")


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def signals_of(text: str, keywords: tuple[tuple[str, ...], ...]) -> dict[str, float]:
    letters = "".join(text.split())
    lines = text.split("\n")[: -1 if text.endswith("\n") or not text else None]
    full = [line.strip() for line in lines if line.strip()]
    whole = {
        "content_chars": len(text),
        "line_count": len(lines),
        **character_shares(text),
        **letter_signals(letters, text),
        **ngram_signals(text),
        **line_signals(full, len(letters)),
        **repeated_lines(lines, len(full), len(letters)),
        **{
            f"{category}_hits_per_line": share(
                sum(any(text.startswith(word, i) for word in words) for i in range(len(text))),
                len(full),
            )
            for category, words in zip(KEYWORD_CATEGORIES, keywords, strict=True)
        },
    }
    return whole | prose_signals(text, whole, keywords)


def prose_signals(text: str, whole: dict[str, float], keywords) -> dict[str, float]:
    chars = len("".join(text.split()))
    lines, links = prose_of(text)
    is_rich = is_unusual(text, whole)
    if not is_rich:
        lines, links = text.split("\n"), len(_LINK.findall(text))
    prose = "\n".join(lines)
    letters = "".join(prose.split())
    bare = letters if is_rich else "".join(_LINK.sub("", text).split())
    han = len(_HAN.findall(text))
    unruled = "".join("".join(line for line in lines if not is_row(line)).split())
    full = [line.strip() for line in text.split("\n") if line.strip()]
    cut_off = sum(bool(_CUT_OFF.search(line)) for line in full)
    repeated = repeated_lines(lines, len(full), len(bare))
    digits = share(sum(unicodedata.category(c) == "Nd" for c in letters), len(bare))
    return {
        "prose_han_share": share(han, han + len(bare) - len(_HAN.findall(prose))),
        "prose_digit_share": digit_share(unruled) if is_rich and digits > MUCH else digits,
        "prose_repeat_13gram_share": ngram_signals(prose)["repeat_13gram_share"],
        "prose_dup_line_char_share": repeated["dup_line_char_share"],
        "prose_dup_paragraph_char_share": repeated["dup_paragraph_char_share"],
        "cut_off_line_share": cut_off / max(len(full), FEWEST_LINES),
        "links_per_1000_chars": 1000 * links / max(len(bare), FEWEST_CHARS),
        **{
            f"{category}_hits_per_1000_chars": 1000
            * sum(any(text.startswith(word, i) for word in words) for i in range(len(text)))
            / max(chars, FEWEST_CHARS)
            for category, words in zip(KEYWORD_CATEGORIES, keywords, strict=True)
        },
    }


def is_unusual(text: str, whole: dict[str, float]) -> bool:
    chars = len("".join(text.split()))
    digits = sum(unicodedata.category(c) == "Nd" for c in text)
    names = ("dup_line_char_share", "dup_paragraph_char_share", "repeat_13gram_share")
    return (
        len(_HAN.findall(text)) < LITTLE_HAN * len(text)
        or digits > MUCH * chars
        or sum(map(len, _LINK.findall(text))) > MUCH * chars
        or any(whole[name] > MUCH for name in names)
    )


def digit_share(letters: str) -> float:
    return share(sum(unicodedata.category(c) == "Nd" for c in letters), len(letters))


def prose_of(text: str) -> tuple[list[str], int]:
    """The lines without what is no prose, and the addresses in them that are no picture's."""
    fence, links, kept = "", 0, []
    front = _FRONT.match(text)
    for number, line in enumerate(text.split("\n")):
        mark = _FENCE.match(line)
        if front and number <= front[1].count("\n"):
            kept.append("")
        elif mark and fence in ("", mark[1] or mark[2]):
            fence = "" if fence else mark[1] or mark[2]
            kept.append("")
        elif fence or is_table(line) or has_code_signs(line):
            kept.append("")
        else:
            links += len(_LINK.findall(line)) - len(_PICTURE.findall(line))
            kept.append(_LINK.sub("", line))
    return kept, links


def is_table(line: str) -> bool:
    is_bar = re.match(r"[ \t]*\|", line)
    is_drawn = re.search("[\u2500-\u257f]", line)
    return bool(is_bar or is_drawn) or line.count("|") > 1 or line.lstrip(" \t").count("\t") > 1


def is_row(line: str) -> bool:
    has_both = _HAN.search(line) and any(unicodedata.category(c) == "Nd" for c in line)
    return len(line.split()) >= 3 and bool(has_both) and not re.search("[。，；！？]", line)


def character_shares(text: str) -> dict[str, float]:
    counted = {
        "han": _HAN.match,
        "latin": lambda c: c.isalpha() and "LATIN" in unicodedata.name(c, ""),
        "digit": lambda c: unicodedata.category(c) == "Nd",
        "punctuation": lambda c: unicodedata.category(c)[0] == "P",
        "space": str.isspace,
        "private_use": lambda c: unicodedata.category(c) == "Co",
        "replacement": lambda c: c == "\ufffd",
        "kana": _KANA.match,
        "hangul": _HANGUL.match,
    }
    shares = {
        f"{name}_share": share(sum(map(bool, map(is_one, text))), len(text))
        for name, is_one in counted.items()
    }
    han = _HAN.findall(text)
    traditional = sum(_T2S.convert(c) != c and lacks("gb2312", c) for c in han)
    simplified = sum(_S2T.convert(c) != c and lacks("big5", c) for c in han)
    return shares | {"traditional_share": share(traditional, traditional + simplified)}


def lacks(encoding: str, character: str) -> bool:
    return not character.encode(encoding, "ignore")


def letter_signals(letters: str, text: str) -> dict[str, float]:
    shares = [count / len(letters) for count in Counter(letters).values()]
    return {
        "char_entropy": -sum(p * math.log(p) for p in shares),
        "unique_char_share": share(len(shares), len(letters)),
        "link_char_share": share(sum(map(len, _LINK.findall(text))), len(letters)),
    }


def ngram_signals(text: str) -> dict[str, float]:
    stretches = [
        "".join(text[start : start + STRETCH].split()) for start in range(0, len(text), STRETCH)
    ]
    chars = sum(map(len, stretches))
    total, repeated, top, covered = Counter(), Counter(), Counter(), Counter()
    for letters in stretches:
        for n in range(2, 14):
            grams = [letters[i : i + n] for i in range(len(letters) - n + 1)]
            most = max(Counter(grams).values(), default=0)
            total[n] += len(grams)
            repeated[n] += len(grams) - len(set(grams))
            top[n] += most if most > 1 else 0
            seen, inside = set(), set()
            for i, gram in enumerate(grams):
                inside.update(range(i, i + n) if gram in seen else ())
                seen.add(gram)
            covered[n] += len(inside)
    return {
        "2gram_repetition_ratio": share(repeated[2], total[2]),
        "3gram_repetition_ratio": share(repeated[3], total[3]),
        "repeat_13gram_share": share(repeated[13], total[13]),
        **{f"top_{n}gram_share": min(1.0, share(n * top[n], chars)) for n in (2, 3, 4)},
        **{f"dup_{n}gram_share": share(covered[n], chars) for n in range(5, 11)},
    }


def line_signals(full: list[str], chars: int) -> dict[str, float]:
    def counted(is_one) -> float:
        return share(sum(map(bool, map(is_one, full))), len(full))

    def is_heading(line: str) -> bool:
        is_open = unicodedata.category(line[-1])[0] != "P"
        return len("".join(line.split())) <= 30 and (is_open or line[0] == "#")

    def ends(line: str) -> bool:
        # A line of nothing but closing signs ends in its first one.
        return re.sub(r"""(?<=.)[\s”’」』）)】\]》〉"']+$""", "", line)[-1] in "。！？；…!?;."

    return {
        "mean_line_chars": share(chars, len(full)),
        "bullet_line_share": counted(_BULLET.match),
        "list_line_share": counted(_ITEM.match),
        "heading_line_share": counted(is_heading),
        "ellipsis_line_share": counted(_CUT_OFF.search),
        "terminal_line_share": counted(ends),
    }


def repeated_lines(lines: list[str], full: int, chars: int) -> dict[str, float]:
    rows, paragraphs = [], []
    for start in range(0, len(lines), STRETCH):
        some = ["".join(line.split()) for line in lines[start : start + STRETCH]]
        rows.append([line for line in some if line])
        blocks = re.split(r"\n\n+", "\n".join(some).strip("\n"))
        paragraphs.append([block for block in blocks if block])
    return {
        "dup_line_share": share(repeats(rows, lambda _: 1), full),
        "dup_line_char_share": share(repeats(rows, len), chars),
        "dup_paragraph_share": share(repeats(paragraphs, lambda _: 1), sum(map(len, paragraphs))),
        "dup_paragraph_char_share": share(
            repeats(paragraphs, lambda block: len(block.replace("\n", ""))), chars
        ),
    }


def repeats(stretches: list[list[str]], weight) -> int:
    return sum(
        weight(one)
        for stretch in stretches
        for place, one in enumerate(stretch)
        if one in stretch[:place]
    )

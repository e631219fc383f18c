"""Texts that readers of text have choked on: words of markup, marks and digits, many times over."""

from __future__ import annotations

from random import Random

WORDS = (
    *(
        "<!--",
        "-->",
        "<h1>",
        "<title>",
        "<script>",
        "</script>",
        "<meta ",
        "<link ",
        "<",
        ">",
        "</",
    ),
    *(
        "<table>",
        "<tr><td>",
        "<td>",
        "<div>",
        "</div>",
        "<a href=",
        "<pre>",
        "<br>",
        "&nbsp;",
        "&#",
    ),
    *("<html><body><p>", "<![CDATA[", "<?xml ", "<!DOCTYPE html>", '<!ENTITY a "&a;&a;">', "&a;"),
    *("<svg><style>", "<template>", "<select><option>", "<font ", "<b><i>", "<iframe srcdoc='"),
    *(
        "{{",
        "{#",
        "{%",
        "}}",
        "[[",
        "]]",
        "|",
        "| - ",
        "---|",
        "==",
        "''",
        "``",
        "$$",
        "\\begin{a}",
    ),
    *(
        "\u0301",
        "\u0316",
        "\u0301\u0316",
        "\u3099",
        "\u200d",
        "\ufe0f",
        "\u202e",
        "\u2066",
        "\u061c",
    ),
    *(
        "\ufeff",
        "\0",
        "\x1b[2J",
        "\x85",
        "\u2028",
        "\x0b",
        "\ufffd",
        "锟斤拷",
        "\U000e0001",
        "\U0010ffff",
    ),
    *(
        "2023 年",
        "2023-",
        "11月",
        "民国",
        "一九",
        "二〇",
        "13:",
        " ",
        "\t",
        "\u3000",
        "\n",
        "\r",
        "\r\n",
    ),
    *(
        "9",
        "１",
        "1e",
        "1.",
        "-",
        "11010119900307",
        "138",
        "6222",
        "@",
        "qq",
        "微信",
        "://",
        "www.",
        "%",
    ),
    *(
        "甲",
        "（",
        "）",
        "“",
        "《",
        "…",
        "——",
        "。",
        "，",
        "·",
        "ā",
        "拼音pīn",
        "か",
        "한",
        "a ",
        "ﷺ",
        "ﬃ",
        "㍿",
    ),
    *(
        '"',
        "'",
        "\\",
        "\\u",
        "\\ud800",
        ",",
        ":",
        "[",
        "]",
        '{"a":',
        "}",
        "null",
        "¥",
        "~",
        "`",
        "#",
        "* ",
    ),
)
NUMBERS = (
    *("-1", "0", "1e999999999", "-1e-999999999", "NaN", "Infinity", "9" * 400, "1" + "0" * 5000),
    *(str(2**31), str(2**32), str(2**63), str(2**64), str(-(2**63) - 1), "0x7f", "1_000", "١٢"),
    *("0.1" + "0" * 300 + "1", "253402300800", "-62135596801", "99999999999999999"),
)


def hostile_text(chance: Random, most_chars: int) -> str:
    """Words in turn, one word many times, or a run of each; up to `most_chars` characters."""
    words = chance.sample(WORDS, chance.choice((1, 1, 2, 2, 3)))
    size = max(1, int(most_chars ** chance.random()))
    shape = chance.randrange(4)
    if shape == 0:
        text = "".join(words) * (size // len("".join(words)) + 1)
    elif shape == 1:
        text = "".join(word * (size // len(words) // len(word) + 1) for word in words)
    elif shape == 2:
        text = words[0] + words[-1] * (size // len(words[-1]) + 1)
    else:
        text = "".join(chance.choice(WORDS) for _ in range(size // 3 + 1))
    return text[:size]


def hostile_number(chance: Random) -> str:
    """A number that is too much for somebody."""
    return chance.choice(NUMBERS)

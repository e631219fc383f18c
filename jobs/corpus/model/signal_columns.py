"""The signals by name, with the meaning of each column. `docs/signals.md` is made from here.

Lines end at newlines; only those with a character that is not white space count, but for
`line_count`. Text characters are those that are not white space; n-grams are runs of text
characters, across lines. What repeats is counted within stretches of `STRETCH` characters, or
of `STRETCH` lines, and added up: memory is bounded, and a book is not called repetitive for being
long. A share whose denominator is 0 is 0.

Prose is what is left without addresses, code (lines of a program, Markdown's fenced blocks), tables
(rows of cells between bars or tabs, or drawn) and front matter. It is looked for in unusual texts
alone: of less than 30 % Han characters, or of more than 20 % digits, addresses, or repeated lines,
paragraphs or 13-grams; of all others the whole without its addresses stands for it. What is counted
per 1,000 characters takes a shorter text than 200 for one of so many: two words say nothing of a
text of one line.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

STRETCH = 1 << 14
FEWEST_CHARS = 200
FEWEST_LINES = 10
MUCH = 0.2
LITTLE_HAN = 0.3

KEYWORD_CATEGORIES = ("ads", "gambling", "porn", "navigation")


@dataclass(frozen=True)
class Signal:
    """A column: its name, type, unit, formula and source."""

    name: str
    type: pa.DataType
    unit: str
    formula: str
    source: str


_CCI3 = "`meta_info` of CCI3 (its formula is not published; this one is by heliu)"
_GOPHER = "Gopher (Rae et al. 2021), in characters instead of words"
_MAP = "MAP-CC (Du et al. 2024)"
_HELIU = "heliu"


def _share(name: str, formula: str, source: str) -> Signal:
    return Signal(name, pa.float32(), "share", formula, source)


def _class(name: str, what: str) -> Signal:
    return _share(f"{name}_share", f"{what} / all characters", _HELIU)


def _duplicate(n: int) -> Signal:
    what = f"text characters inside a {n}-gram that occurred before, each once / text characters"
    return _share(f"dup_{n}gram_share", what, _GOPHER)


def _repetition(n: int) -> Signal:
    return _share(f"{n}gram_repetition_ratio", f"1 - distinct {n}-grams / {n}-grams", _CCI3)


def _top(n: int) -> Signal:
    what = (
        f"{n} x occurrences of the most frequent {n}-gram / text characters, at most 1; "
        "0 if none occurs twice"
    )
    return _share(f"top_{n}gram_share", what, f"{_GOPHER}; thresholds by {_MAP}")


def _keyword(category: str) -> Signal:
    what = f"positions where a word of `conf/keywords/{category}.txt` begins / lines"
    source = "ChineseWebText (Chen et al. 2023): sensitive words per line"
    return Signal(f"{category}_hits_per_line", pa.float32(), "per line", what, source)


def _per_thousand(category: str) -> Signal:
    what = (
        f"1,000 x positions where a word of `conf/keywords/{category}.txt` begins / text "
        f"characters, at least {FEWEST_CHARS}"
    )
    name = f"{category}_hits_per_1000_chars"
    return Signal(name, pa.float32(), "per 1,000 characters", what, _HELIU)


SIGNAL_COLUMNS = (
    Signal("content_chars", pa.int32(), "characters", "code points, white space included", _HELIU),
    Signal(
        "line_count",
        pa.int32(),
        "lines",
        "lines, empty ones too; a last newline begins none",
        _HELIU,
    ),
    _class("han", "Han characters of every extension, and U+3007"),
    _class("latin", "Latin letters"),
    _class("digit", "decimal digits"),
    _class("punctuation", "punctuation (Unicode category P)"),
    _class("space", "white space, newlines included"),
    _class("private_use", "private use characters"),
    _class("replacement", "U+FFFD"),
    _class("kana", "hiragana and katakana"),
    _class("hangul", "hangul"),
    _share(
        "traditional_share",
        "only-Traditional / (only-Traditional + only-Simplified) characters. Only-Traditional: "
        "OpenCC t2s changes it and GB 2312 lacks it; only-Simplified: OpenCC s2t changes it and "
        "Big5 lacks it",
        _HELIU,
    ),
    Signal("char_entropy", pa.float32(), "nats", "-sum p ln p over distinct text characters", _MAP),
    _share("unique_char_share", "distinct text characters / text characters", _MAP),
    _repetition(2),
    _repetition(3),
    *(_top(n) for n in (2, 3, 4)),
    *(_duplicate(n) for n in range(5, 11)),
    _share(
        "repeat_13gram_share",
        "13-grams that occurred before / 13-grams",
        "ChineseWebText (Chen et al. 2023)",
    ),
    _share(
        "dup_line_share",
        "lines that occurred before / lines; equal but for white space",
        _GOPHER,
    ),
    _share("dup_line_char_share", "text characters in such lines / text characters", _GOPHER),
    _share(
        "dup_paragraph_share",
        "paragraphs (lines between blank ones) that occurred before / paragraphs",
        _GOPHER,
    ),
    _share(
        "dup_paragraph_char_share",
        "text characters in such paragraphs / text characters",
        _GOPHER,
    ),
    Signal("mean_line_chars", pa.float32(), "characters", "text characters / lines", "CCI4"),
    _share("bullet_line_share", "lines that begin with a bullet sign / lines", _GOPHER),
    _share(
        "list_line_share",
        "lines that begin with a bullet sign or an item number (1. 2、 (3) （四） ⑤) / lines",
        _HELIU,
    ),
    _share(
        "heading_line_share",
        "lines of at most 30 text characters that begin with # or end in no punctuation / lines",
        _HELIU,
    ),
    _share(
        "ellipsis_line_share",
        "lines that end in … or ... or 。。。 or 展开 or 更多 or 全文 / lines",
        f"{_GOPHER}; 展开 and 更多 by {_MAP}",
    ),
    _share(
        "terminal_line_share",
        "lines that end in one of 。！？；…!?;. (closing quotes and brackets aside) / lines",
        "C4 (Raffel et al. 2020)",
    ),
    _share(
        "link_char_share",
        "text characters inside http://, https:// or www. addresses / text characters",
        _HELIU,
    ),
    *(_keyword(category) for category in KEYWORD_CATEGORIES),
    _share(
        "prose_han_share",
        "Han characters / (Han characters + other text characters of prose)",
        _HELIU,
    ),
    _share(
        "prose_digit_share",
        f"decimal digits / text characters of prose; if more than {MUCH:.0%}, without rows of "
        "fields: three or more between blanks, Han characters and digits among them, no sentence",
        _HELIU,
    ),
    _share("prose_repeat_13gram_share", "`repeat_13gram_share` of prose", _HELIU),
    _share(
        "prose_dup_line_char_share",
        "`dup_line_char_share` of prose",
        _HELIU,
    ),
    _share("prose_dup_paragraph_char_share", "`dup_paragraph_char_share` of prose", _HELIU),
    _share(
        "cut_off_line_share",
        f"lines that `ellipsis_line_share` counts / lines, at least {FEWEST_LINES}",
        _HELIU,
    ),
    Signal(
        "links_per_1000_chars",
        pa.float32(),
        "per 1,000 characters",
        f"1,000 x addresses / text characters, both of prose, at least {FEWEST_CHARS}; pictures in "
        "Markdown aside where prose is looked for",
        _HELIU,
    ),
    *(_per_thousand(category) for category in KEYWORD_CATEGORIES),
    Signal(
        "quality",
        pa.float32(),
        "probability",
        "that the text is of the good kind, as the model of `quality.model` has learned it "
        "(`heliu train-quality`); null without a model",
        "heliu; classifiers of web text since Brown et al. 2020",
    ),
    Signal(
        "risk_hits_per_1000_chars",
        pa.float32(),
        "per 1,000 characters",
        "1,000 x hits of all categories of `signals.risk_keywords` / text characters, at least "
        f"{FEWEST_CHARS}; null without a library",
        _HELIU,
    ),
    Signal(
        "risk_hits",
        pa.string(),
        "hits",
        "of each category that has any: positions where a word of it begins, as `porn=3 fraud=1`",
        _HELIU,
    ),
    Signal(
        "risk_words",
        pa.string(),
        "numbers of words",
        "of the same categories: the first three words found, by their row or line in the library, "
        "as `porn=17,204 fraud=33`",
        _HELIU,
    ),
)

NULLABLE_SIGNALS = frozenset({"quality", "risk_hits_per_1000_chars", "risk_hits", "risk_words"})
"""Signals that may be null for a document: without a model, a library, or hits."""

MEASURED = pa.schema([pa.field(signal.name, signal.type) for signal in SIGNAL_COLUMNS])
"""All of them."""

SIGNALS = pa.schema([field for field in MEASURED if field.type != pa.string()])
"""Those that are numbers."""

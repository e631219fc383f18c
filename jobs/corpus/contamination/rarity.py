"""Rarity: weights of a question's tokens; tokens that many questions share weigh little.

A run's weight is its inverse document frequency among the questions (Sparck Jones 1972), scaled so
that a run of one question alone weighs 1. Stock phrases of all exams are listed
here, so that they are not rare in a small set of items.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.contamination.seeds import SEED, Keys, keys_of
from jobs.corpus.contamination.tokens import Tokens, tokens_of
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets

_STOCK = (
    "下列说法正确的是以下说法错误的是下列说法中不正确的是下列选项中正确的一项是下列各句中没有语病的一句是",
    "下列关于原文内容的理解和分析正确的一项是不正确的一项是下列表述正确的是以下哪一选项是正确的",
    "下列哪些选项是正确的下列哪一说法是正确的下列哪些说法是错误的下列哪项是正确的根据以上材料回答问题",
    "阅读下面的文字完成下面小题阅读材料完成下列要求下列叙述正确的是下列描述正确的是以下选项中属于",
    "依次填入下面一段文字横线处的语句衔接最恰当的一组是下列词语中没有错别字的一组是根据材料并结合所学知识",
    "which of the following is correct which of the following statements is true about the",
    "which one of the following best describes according to the passage which of the following",
)
_ASKS = (
    *"哪谁吗呢",
    *(
        "什么",
        "多少",
        "多长",
        "多久",
        "几个",
        "几种",
        "第几",
        "如何",
        "怎样",
        "怎么",
        "何种",
        "何时",
    ),
    *(
        "何地",
        "何者",
        "为何",
        "有何",
        "何谓",
        "何以",
        "何在",
        "是否",
        "能否",
        "说法",
        "表述",
        "选项",
    ),
    *("一项是", "一组是", "一句是", "正确的是", "错误的是", "正确的有", "错误的有", "分别是"),
    *("的原因是", "简析", "概括", "简述", "所学知识", "根据材料"),
    *("谈谈", "请回答", "补写", "横线", "以下问题", "史论结合", "论题", "请参照", "进行压缩"),
    *("列哪些", "列哪个", "列哪种", "列那些", "列那种", "哪些", "哪个", "哪种"),
    *("何罪", "何人", "何国", "何项", "何事", "何机关", "应否", "那种措施", "那些案件", "那些形式"),
    *("可以看出", "据此可", "这反映", "可用来说明", "可以用于说明", "内容体现", "找出并"),
    *("what", "which", "who", "whom", "whose", "how", "why", "when", "where", "following"),
)
_LEFT_OPEN = re.compile(
    r"(?:[（(]\s*+[)）]|(?<![_\uff3f])[_\uff3f]{2,}+"
    r"|(?:[是有为于知明映示括在属因指出现应到]|构成|出自)[:：]?)\s*+[.。?？]?\s*+\Z"
)
_STATEMENTS = "①②③"  # numbered ones follow the stem, options choose among them
_OPEN = 4  # tokens of the shortest such sentence
_FEWEST = 1000  # of fewer questions none says what is rare
_FULL = 255


class Rarity(NamedTuple):
    """Weights of tokens, and the information of questions.

    Attributes:
        weights: uint8, per token; 255 outside of questions.
        information: float64 (questions,), about how many runs each has that no other has; a run
            that two different questions have counts half, one that four have, 0.
    """

    weights: npt.NDArray[np.uint8]
    information: npt.NDArray[np.float64]


def rarity_of(tokens: Tokens, starts: Offsets, questions: npt.NDArray[np.int64]) -> Rarity:
    """Return the weights of all tokens.

    Args:
        tokens: of all parts.
        starts: (parts + 1,), into them.
        questions: which parts are questions, ascending.
    """
    keys, first = _keys(tokens, starts, questions)
    distinct, index = np.unique(keys, return_inverse=True)
    often = np.bincount(index[_of_distinct(keys, first)], minlength=len(distinct))
    total = max(len(questions), _FEWEST)
    frequency = np.minimum(often, total).astype(np.float64)
    is_stock = np.isin(distinct, _stock_keys())
    frequency[is_stock] = np.maximum(frequency[is_stock], total / 4)
    weight = (1 - np.log(frequency) / np.log(total))[index]
    weights = np.full(len(tokens), _FULL, np.uint8)
    rare = np.maximum(0, 1 - np.log2(frequency) / 2)[index]
    sums = np.concatenate(([0.0], np.cumsum(rare)))
    information = sums[first[1:]] - sums[first[:-1]]
    _weigh(starts, questions, first, weight, weights)
    return Rarity(weights, information)


def _of_distinct(keys: Keys, first: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which runs belong to a question that repeats none before it.

    Args:
        keys: of all questions.
        first: (questions + 1,), into them.
    """
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(keys, dtype=np.uint64)))
    _, originals = np.unique(sums[first[1:]] - sums[first[:-1]], return_index=True)
    is_original = np.zeros(len(first) - 1, np.bool_)
    is_original[originals] = True
    return np.repeat(is_original, np.diff(first))


def open_stem(question: str) -> str:
    """Return the sentence that is completed by options, or by statements to choose among; or ""."""
    if all(number in question for number in _STATEMENTS):
        return question.partition(_STATEMENTS[0])[0]
    return question if _LEFT_OPEN.search(question) else ""


def asking(
    tokens: Tokens,
    starts: Offsets,
    questions: npt.NDArray[np.int64],
    stems: Sequence[str],
) -> npt.NDArray[np.uint8]:
    """Return uint8 per token: 1 if it belongs to a question word, else 0.

    A sentence left open asks by its last two tokens.

    Args:
        tokens: of all parts.
        starts: (parts + 1,), into them.
        questions: which parts are questions, ascending.
        stems: the `open_stem` of each question.
    """
    question_words, bounds = tokens_of(pa.array(_ASKS, pa.large_string()))
    marks = np.zeros(len(tokens), np.uint8)
    _mark(tokens, starts, questions, question_words, bounds, marks)
    sizes = np.diff(tokens_of(pa.array(stems, pa.large_string()))[1])
    ends = (starts[questions] + sizes - 1)[sizes >= _OPEN]
    marks[ends] = marks[ends - 1] = 1
    return marks


@kernel
def _mark(
    tokens: Tokens,
    starts: Offsets,
    questions: npt.NDArray[np.int64],
    question_words: Tokens,
    bounds: Offsets,
    marks: npt.NDArray[np.uint8],
) -> None:
    for question in questions:
        for t in range(starts[question], starts[question + 1]):
            for w in range(len(bounds) - 1):
                size = bounds[w + 1] - bounds[w]
                same = 0
                while (
                    same < min(size, starts[question + 1] - t)
                    and tokens[t + same] == question_words[bounds[w] + same]
                ):
                    same += 1
                if same == size:
                    marks[t : t + size] = 1


def _keys(
    tokens: Tokens, starts: Offsets, questions: npt.NDArray[np.int64]
) -> tuple[Keys, npt.NDArray[np.int64]]:
    """Return the keys of all runs of the questions, and where those of each begin."""
    sizes = np.maximum(0, starts[questions + 1] - starts[questions] - SEED + 1)
    first = np.concatenate(([0], np.cumsum(sizes)))
    keys = np.empty(first[-1], np.uint64)
    _fill(tokens, starts, questions, first, keys)
    return keys, first


def _stock_keys() -> Keys:
    tokens, starts = tokens_of(pa.array(_STOCK, pa.large_string()))
    return _keys(tokens, starts, np.arange(len(_STOCK)))[0]


@kernel
def _fill(
    tokens: Tokens,
    starts: Offsets,
    questions: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    keys: Keys,
) -> None:
    for row in range(len(questions)):
        part = questions[row]
        keys[first[row] : first[row + 1]] = keys_of(tokens[starts[part] : starts[part + 1]])


@kernel
def _weigh(
    starts: Offsets,
    questions: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    weights: npt.NDArray[np.uint8],
) -> None:
    """Weigh each token by the mean weight of the runs that cover it."""
    for row in range(len(questions)):
        start, end = starts[questions[row]], starts[questions[row] + 1]
        own = weight[first[row] : first[row + 1]]
        if len(own):
            for t in range(end - start):
                covering = own[max(0, t - SEED + 1) : t + 1]
                weights[start + t] = max(1, int(_FULL * covering.mean()))

"""Copies of documents: edited ones of a measured similarity, and ones in Traditional script."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import opencc

from jobs.synthesis.grammar import Pen, forms

if TYPE_CHECKING:
    import numpy.typing as npt

    from jobs.synthesis.documents import Draft

SHINGLE_CHARS = 5
_LEAST, _MOST = 0.5, 0.99
_TRIES = 6
_EDITS = ("rewritten", "rewritten", "truncated", "extended", "renumbered", "footer", "reordered")
_NO_LETTERS = re.compile(r"[\W_]+")
_SENTENCE = re.compile(r"[^。]*。”?|[^。]+")


class Copy(NamedTuple):
    """A copied text, what was done to it, and its exact Jaccard similarity to the original."""

    text: str
    detail: str
    jaccard: float


def jaccard(one: str, other: str) -> float:
    """The share of runs of five characters two texts have in common, of all that either has.

    White space, punctuation and symbols do not count; everything else does, script and width too.
    Exact while the two have fewer than 7,131 different characters, whose fifth power is below
    2**64: sets of such numbers take two thirds of the time of sets of strings.
    """
    if one == other:
        return 1.0
    letters = [_NO_LETTERS.sub("", text) for text in (one, other)]
    points = np.frombuffer("".join(letters).encode("utf-32-le"), "<u4")
    alphabet, codes = np.unique(points, return_inverse=True)
    first, second = np.split(codes.astype(np.uint64), [len(letters[0])])
    of_one, of_other = _shingles(first, len(alphabet)), _shingles(second, len(alphabet))
    common = len(of_one & of_other)
    return common / (len(of_one) + len(of_other) - common)


def _shingles(codes: npt.NDArray[np.uint64], alphabet: int) -> set[int]:
    """A number for every run of five codes, each below `alphabet`."""
    count = max(len(codes) - SHINGLE_CHARS + 1, 0)
    runs = codes[:count]
    for shift in range(1, SHINGLE_CHARS):
        runs = runs * np.uint64(alphabet) + codes[shift : shift + count]
    return set(runs.tolist())


def near_copy(pen: Pen, draft: Draft, footer: str) -> Copy:
    """Edit a copy until its similarity is between 0.5 and 0.99; very short texts may fail.

    Args:
        pen: draws what is changed.
        draft: the document to copy.
        footer: of the site that copies it.
    """
    copy = Copy(draft.text, "", 1.0)
    for _ in range(_TRIES):
        edit = pen.word(_EDITS)
        aim = _LEAST + pen.rng.random() * (_MOST - _LEAST)
        text = _edited(pen, draft, footer, edit, aim)
        copy = Copy(text, edit, jaccard(draft.text, text))
        if _LEAST <= copy.jaccard <= _MOST:
            break
    return copy


def _edited(pen: Pen, draft: Draft, footer: str, edit: str, aim: float) -> str:
    patterns, text = forms(draft.kind, draft.subject), draft.text
    match edit:
        case "rewritten":
            share = (1 - aim) / (1 + aim)
            return "".join(
                _like(sentence, pen.sentence(patterns)) if pen.happens(share) else sentence
                for sentence in _SENTENCE.findall(text)
            )
        case "truncated":
            return text[: text.find("。", int(len(text) * aim)) + 1]
        case "extended":
            more = pen.paragraphs(patterns, int(len(text) * (1 / aim - 1)), 5)
            return "\n".join([text, *more])
        case "renumbered":
            return re.sub(r"\d+", lambda number: _other_number(pen, int(number[0])), text)
        case "footer":
            return f"{text}\n{footer}"
    lines = text.split("\n")
    pen.rng.shuffle(lines)
    return "\n".join(lines)


def _like(old: str, new: str) -> str:
    return f"\n{new}" if old.startswith("\n") else new


def _other_number(pen: Pen, number: int) -> str:
    if number <= 31:  # a day or a month
        return str(pen.whole(1, 12))
    if 1990 <= number <= 2030:
        return str(number - pen.whole(1, 3))
    return str(pen.whole(number // 2, number * 2))


def traditional_copy(draft: Draft) -> Copy:
    """The text in Traditional script; its similarity is that of the text folded back."""
    text = _converter("s2t").convert(draft.text)
    similarity = jaccard(draft.text, _converter("t2s").convert(text))
    return Copy(text.replace("“", "「").replace("”", "」"), "s2t", similarity)


@cache
def _converter(direction: str) -> opencc.OpenCC:
    return opencc.OpenCC(direction)

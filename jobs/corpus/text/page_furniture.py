"""Page furniture: what surrounds a text on a page without belonging to it.

Two copies of a 200-character notice, one with a line of editors below it, have a Jaccard
similarity of 0.77; a statute and its copy under twelve lines of YAML have 0.67. So texts are
compared without these: front matter, and whole lines of bylines, sources, dates of upload, links,
sharing, printing and copyright at the head and the tail of a text. Lines are set aside only while
they are less than what stays: a notice that begins with 声明： is its own content.
"""

from __future__ import annotations

import functools
import re
import sys
from enum import IntFlag
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.text.character_pairs import Pairs, first_points, is_among, packed_pairs
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

TextFlags = npt.NDArray[np.bool_]


class SetAside(IntFlag):
    """What is set aside of a text before it is compared; bits of `set_aside`. Append-only."""

    FRONT_MATTER = 1
    LINES = 2  # of page furniture
    ADDRESSES = 4  # and pictures and targets of links


_WINDOW_CHARS = 400  # furniture is at the ends; the middle of a long text is not searched
_WINDOW_BYTES = np.uint64(3 * _WINDOW_CHARS)  # of Han text
_ONE, _THREE = np.uint64(1), np.uint64(3)
_NEWLINE, _DASH, _BLANK, _TAB = (np.uint8(ord(sign)) for sign in "\n- \t")

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:[^\n]*\n){0,80}?---[ \t]*(?:\n|\Z)")

_LABELS = (
    "责任编辑|责编|编辑|编审|初审|复审|终审|审核|校对|监制|记者|通讯员|作者|撰稿|撰文|摄影|供稿"
    "|来源|稿源|信息来源|文章来源|新闻来源|发布时间|发布日期|发文时间|更新时间|字体|字号"
    "|浏览次数|阅读次数|点击数|点击量|阅读量|关键词|标签"
    "|分享到|分享至|扫一扫|扫码|二维码|打印|关闭"
    "|原文链接|原文地址|本文链接|本文地址|查看原文|阅读原文"
)
_TITLES = "原标题|上一篇|下一篇"  # of articles, which ask and call
_NOTICES = "声明|版权声明|免责声明|郑重声明|特别声明"  # of the site, not of whom the text is about
_OF_SITES = "版权|转载|转发|授权|本网|本站|本平台|免责|侵权|投稿|观点|立场"
_SIGNS = "分享到|分享至|扫一扫|扫码|打印本页|打印|关闭窗口|关闭|返回顶部"
_RIGHTS = "版权所有|©|Copyright"
_DATED = "来源|稿源|作者|记者|编辑|责编|字号|字体|浏览|阅读|点击"  # behind a date: a byline, too
_COUNTED = "阅读|浏览|点击|访问|评论|点赞|收藏|转发|人气|热度"
_COUNT = (
    rf"(?:{_COUNTED})[量数次]{{0,2}}[ \t]{{0,3}}[：:]?[ \t]{{0,3}}"
    r"\d{1,9}(?:[,，.]\d{1,9}){0,3}[ \t]{0,3}[万人次条个]{0,2}[ \t|·]{0,3}"
)
_AFTER_LABEL = 8  # characters between a label and its colon, at most
_AFTER_DAY = 40  # likewise between a day and a label
# It begins with a newline, which the search finds at the speed of memchr.
# What names and dates are behind is no sentence: 记者：收成怎么样？ is what an interview says.
_SENTENCE = r"[^\n]*(?:[？！?!；;]|，[^\n]*。)"
_FURNITURE_LINE = re.compile(
    rf"\n[ \t]*+(?:[（(\[【][ \t]*+)?"
    rf"(?:(?:{_LABELS})(?!{_SENTENCE})[^\n：:]{{0,{_AFTER_LABEL}}}[：:][^\n]{{0,80}}"
    rf"|(?:{_TITLES})(?![^\n]*，[^\n]*。)[^\n：:]{{0,{_AFTER_LABEL}}}[：:][^\n]{{0,80}}"
    rf"|(?:19|20)\d\d[-年/.]\d(?!{_SENTENCE})[^\n]{{0,{_AFTER_DAY}}}?(?:{_DATED})"
    rf"[^\n：:]{{0,{_AFTER_LABEL}}}[：:][^\n]{{0,80}}|(?:{_COUNT}){{1,6}}[）)\]】]?"
    rf"|(?:{_SIGNS})[^\n]{{0,24}}|(?:{_RIGHTS})[^\n]{{0,80}}"
    rf"|(?:{_NOTICES})[：:](?=[^\n]{{0,70}}(?:{_OF_SITES}))[^\n]{{0,80}}"
    rf"|[^\n\[\]]{{1,24}}\]\([!-'*-~]{{1,400}}\)[ \t]*+"  # [text](target) alone
    rf"|[^\n\[\]]{{1,24}}\]:[ \t]*+<?(?:https?:/|www\.|/|#)[!-~]{{1,400}}(?:[ \t]++[^\n]{{0,80}})?)"
    rf"(?=\n|\Z)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\]\([!-'*-~]+\)|https?://[!-~]+")
_WEIGHED_CHARS = 4000  # of a longer text furniture is never the larger part
_FIRST, _ALONE, _BRACKET = 1, 2, 4
_LINK_BYTES = np.uint64(80)  # of the text of a link
_LABEL_BYTES = np.uint64(
    4 * (max(map(len, f"{_LABELS}|{_TITLES}|{_NOTICES}".split("|"))) + _AFTER_LABEL + 1)
)
_DAY_BYTES = _LABEL_BYTES + np.uint64(4 * (len("2001-1") + _AFTER_DAY))
_NINE = np.uint64(ord("9"))
_COLON, _WIDE_COLON = np.uint32(ord(":")), np.uint32(ord("："))
_RIGHT, _OPEN, _OF_NAME = (np.uint8(ord(sign)) for sign in "](:")


def without_page_furniture(content: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Return each text without front matter and furniture lines, null staying null, and what went.

    Law: row-wise.
    """
    set_aside = np.zeros(len(content), np.int32)
    data, offsets, _ = text_buffers(content)
    found = np.zeros(len(content), np.bool_)
    _find_furniture(data, offsets, _beginnings(), found)
    if not found.any():
        return content, set_aside
    bare = [strip_page_furniture(text) for text in content.filter(pa.array(found)).to_pylist()]
    set_aside[found] = [kinds for _, kinds in bare]
    texts = pa.array([text for text, _ in bare], content.type)
    return pc.replace_with_mask(content, pa.array(found), texts), set_aside


class _Beginnings(NamedTuple):
    """How lines of furniture begin.

    Attributes:
        kinds: What each character may be at the start of one; (0x110000,), uint8.
        labels: The first two characters of words with a colon behind them, packed; sorted.
        signs: Likewise of words that need none.
    """

    kinds: Bytes
    labels: Pairs
    signs: Pairs


@functools.cache
def _beginnings() -> _Beginnings:
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    labels = _pairs(f"{_LABELS}|{_TITLES}|{_NOTICES}|19|20")
    signs = _pairs(f"{_SIGNS}|{_RIGHTS}|{_COUNTED}")
    kinds[first_points(np.append(labels, signs))] = _FIRST
    kinds[[ord(word) for word in _RIGHTS.split("|") if len(word) == 1]] = _ALONE
    kinds[[ord(sign) for sign in "（([【"]] = _BRACKET
    kinds.flags.writeable = False
    return _Beginnings(kinds, labels, signs)


def _pairs(words: str) -> Pairs:
    """Return the first two characters of words of two and more, small or capital, packed."""
    letters = ((word[0], word[1]) for word in words.split("|") if len(word) > 1)
    cases = (product(*((c.lower(), c.upper()) for c in pair)) for pair in letters)
    return packed_pairs(one + other for two in cases for one, other in two)


@kernel
def _find_furniture(
    data: Bytes, offsets: Offsets, beginnings: _Beginnings, found: TextFlags
) -> None:
    """Flag each text with front matter, or with a line near its ends that may be furniture."""
    for row in range(len(offsets) - 1):
        start, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        head = min(end, start + _WINDOW_BYTES)
        tail = max(head, end - min(end, _WINDOW_BYTES))
        is_found = end - start >= _THREE and (
            data[start] == data[start + _ONE] == data[start + _ONE + _ONE] == _DASH
        )
        for first, last in ((start, head), (tail, end)):
            i = first
            while i < last and not is_found:
                if i == start or data[i - _ONE] == _NEWLINE:
                    is_found = _begins_like_furniture(data, i, end, beginnings)
                i += _ONE
        found[row] = is_found


@kernel
def _begins_like_furniture(
    data: Bytes, i: np.uint64, end: np.uint64, beginnings: _Beginnings
) -> bool:
    """Whether the line at byte `i` begins as a label or sign does, or is a link."""
    point, i = _next_point(data, _ink(data, i, end), end)
    if beginnings.kinds[point] == _BRACKET:
        if _is_link(data, i, end):
            return True
        point, i = _next_point(data, _ink(data, i, end), end)
    if beginnings.kinds[point] == _FIRST:
        second, _ = _next_point(data, i, end)
        most = _DAY_BYTES if point <= _NINE else _LABEL_BYTES
        is_label = is_among(point, second, beginnings.labels)
        is_label = is_label and _has_colon(data, i, min(end, i + most))
        return is_label or is_among(point, second, beginnings.signs)
    return bool(beginnings.kinds[point] == _ALONE)


@kernel
def _has_colon(data: Bytes, i: np.uint64, last: np.uint64) -> bool:
    """Whether a colon stands between two bytes, on the line of the first."""
    while i < last and data[i] != _NEWLINE:
        point, i = decode_point(data, i)
        if point in (_COLON, _WIDE_COLON):
            return True
    return False


@kernel
def _is_link(data: Bytes, i: np.uint64, end: np.uint64) -> bool:
    """Whether the text of a link, or its name, ends soon after byte `i`, on the same line."""
    last = min(end, i + _LINK_BYTES)
    while i + _ONE < last and data[i] != _NEWLINE:
        if data[i] == _RIGHT and data[i + _ONE] in (_OPEN, _OF_NAME):
            return True
        i += _ONE
    return False


@kernel
def _next_point(data: Bytes, i: np.uint64, end: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the code point at byte `i`, 0 at the end, and where the next one begins."""
    if i >= end:
        return np.uint64(0), end
    point, i = decode_point(data, i)
    return np.uint64(point), i


@kernel
def _ink(data: Bytes, i: np.uint64, end: np.uint64) -> np.uint64:
    while i < end and (data[i] == _BLANK or data[i] == _TAB):
        i += _ONE
    return i


def strip_page_furniture(text: str) -> tuple[str, SetAside]:
    """Return one text without its furniture, and what that was; all of it if little is left."""
    matter = _FRONT_MATTER.match(text)
    body = text[matter.end() :] if matter else text
    if not body.strip():
        return text, SetAside(0)
    inner = _without_ends(body)
    has_lines = len(inner) < len(body) and 2 * _weight(inner) > _weight(body)
    kinds = SetAside.FRONT_MATTER * bool(matter) | SetAside.LINES * has_lines
    return inner if has_lines else body, SetAside(kinds)


def _weight(text: str) -> int:
    """Return the length of a text without addresses, which are long and say little."""
    return len(_ADDRESS.sub("", text).strip()) if len(text) < _WEIGHED_CHARS else len(text)


def _without_ends(body: str) -> str:
    """Return a text without the furniture lines near its ends."""
    if len(body) <= 2 * _WINDOW_CHARS:
        return _without_lines(body)
    # Windows end at line ends, so that half a line is never taken for furniture.
    head = body.find("\n", _WINDOW_CHARS) + 1
    tail = body.rfind("\n", head, len(body) - _WINDOW_CHARS) + 1
    if not head or not tail:
        head = tail = 0
    return _without_lines(body[:head]) + body[head:tail] + _without_lines(body[tail:])


def _without_lines(part: str) -> str:
    return _FURNITURE_LINE.sub("", "\n" + part)[1:]

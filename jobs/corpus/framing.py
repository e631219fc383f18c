"""Framing: what surrounds a text on a page and says nothing of what the text says.

Two mirrors of a 200-character notice, one with a line of editors below it, have a Jaccard
similarity of 0.77; a statute and its copy under twelve lines of YAML have 0.67. So the canonical
form, which is only for hashing, leaves these out: front matter, and whole lines of bylines,
sources, dates of upload, sharing, printing and copyright at the head and the tail of a text.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.text_buffers import text_buffers

_WINDOW_CHARS = 400  # framing is at the ends; the middle of a long text is not searched
_WINDOW_BYTES = 3 * _WINDOW_CHARS  # of Han text

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:[^\n]*\n){0,80}?---[ \t]*(?:\n|\Z)")

_LABELS = (
    "责任编辑|责编|编辑|编审|初审|复审|终审|审核|校对|监制|记者|通讯员|作者|撰稿|撰文|摄影|供稿"
    "|来源|稿源|信息来源|文章来源|新闻来源|发布时间|发布日期|发文时间|更新时间|字体|字号"
    "|浏览次数|阅读次数|点击数|点击量|阅读量|版权声明|免责声明|声明|原标题|关键词|标签"
    "|上一篇|下一篇|分享到|分享至|扫一扫|扫码|二维码|打印|关闭"
)
_SIGNS = "分享到|分享至|扫一扫|扫码|打印本页|打印|关闭窗口|关闭|返回顶部"
_RIGHTS = "版权所有|©|Copyright"
# Both begin with a newline, which the search finds at the speed of memchr.
_FRAME_LINE = re.compile(
    rf"\n[ \t]*[（(\[【]?[ \t]*(?:(?:{_LABELS})[^\n：:]{{0,8}}[：:][^\n]{{0,80}}"
    rf"|(?:{_SIGNS})[^\n]{{0,24}}|(?:{_RIGHTS})[^\n]{{0,80}})(?=\n|\Z)",
    re.IGNORECASE,
)
_MAY_FRAME = re.compile(
    rf"\n[ \t]*(?:（|\(|\[|【)?[ \t]*(?:{_LABELS}|{_SIGNS}|{_RIGHTS})".encode(), re.IGNORECASE
)


def without_framing(content: pa.Array) -> pa.Array:
    """Each text without front matter and framing lines; null stays null.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(content)
    view = data.data
    framed = np.array([_may_frame(view, *ends) for ends in pairwise(offsets.tolist())], np.bool_)
    if not framed.any():
        return content
    bare = [unframed(text) for text in content.filter(pa.array(framed)).to_pylist()]
    return pc.replace_with_mask(content, pa.array(framed), pa.array(bare, content.type))


def _may_frame(view: memoryview, start: int, end: int) -> bool:
    """Whether the ends of a text, as bytes, are worth a closer look."""
    if end - start <= 2 * _WINDOW_BYTES:
        text = bytes(view[start:end])
        return text.startswith(b"---") or _MAY_FRAME.search(b"\n" + text) is not None
    head, tail = bytes(view[start : start + _WINDOW_BYTES]), bytes(view[end - _WINDOW_BYTES : end])
    return (
        head.startswith(b"---")
        or _MAY_FRAME.search(tail) is not None
        or _MAY_FRAME.search(b"\n" + head) is not None
    )


def unframed(text: str) -> str:
    """One text without its framing; unchanged if nothing else would be left."""
    body = _FRONT_MATTER.sub("", text, count=1) if text.startswith("---") else text
    if len(body) <= 2 * _WINDOW_CHARS:
        inner = _without_lines(body)
    else:
        # Windows end at line ends, so that no line is cut and half of it taken for framing.
        head = body.find("\n", _WINDOW_CHARS) + 1
        tail = body.rfind("\n", head, len(body) - _WINDOW_CHARS) + 1
        if not head or not tail:
            head = tail = 0
        inner = _without_lines(body[:head]) + body[head:tail] + _without_lines(body[tail:])
    return inner if inner.strip() else text


def _without_lines(piece: str) -> str:
    return _FRAME_LINE.sub("", "\n" + piece)[1:]

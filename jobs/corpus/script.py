"""Script: Traditional text becomes Simplified, Simplified text is never touched.

`triggers` decides from the whole text which it is; converting Simplified text would turn 乾县 into
干县. OpenCC decides between characters by phrases. Of its dictionaries the plain one (t2s) serves
all variants: it knows 裡 and 裏, 線 and 綫. That for Taiwan (tw2s) is half as fast and, of 600
statutes, makes 卓着 and 着有功绩 of 卓著 and 著有功績. With vocabulary (tw2sp) it also turns 執行
into 运行 and 聯絡 into 联系, which are other words than the statute has.
"""

from __future__ import annotations

import functools
import re

import numpy as np
import numpy.typing as npt
import opencc
import pyarrow as pa

from jobs.corpus.repairs import Repair

_TAIWAN = re.compile("[裡著為線群啟麵床眾峰強汙]")
_HONG_KONG = re.compile("[裏着爲綫羣啓麪牀衆峯嘅喺咗哋冇衞]")

TRADITIONAL, TAIWAN, HONG_KONG, SIMPLIFIED, MIXED = "hant", "hant-tw", "hant-hk", "hans", "mixed"

_MIXED_SHARE = 0.1

# What t2s leaves as it is, because Simplified text has the character too, in other words: 著作,
# 於潜, 慰藉, 覆盖, 沈阳, 宫商角徵羽, 神祇. Read in 1,500 converted statutes, manuals and poems.
_LEFT = (
    (
        "著",
        re.compile(
            "(?<=[接随本朝沿向凭为味带有看听说走靠对顺持拿想穿临望笑哭坐站躺睡骑抱背提挂插捧握扶拉牵推"
            "指盯守等伴陪围绕依倚照映迎逆冒顶忍含存活剩留藏放摆堆排列贴盖铺披戴系绑捆缠裹附黏沉沈执循"
            "闭睁张咬吃喝唱念读忙趁踏踩踢跪蹲立开关点燃烧漂流闪跳动转变努瞧乘取量道叫喊闹急尽簇拥面])"
            "著(?![作名者述称录书文《])"
            "|著(?=[手眼重急落陆床装力想])"
        ),
        "着",
    ),
    ("於", re.compile("(?<!樊)於(?![菟戏]|潜[县镇人])"), "于"),
    ("覆", re.compile("(?<=[答回批函])覆"), "复"),
    ("藉", re.compile("藉(?=[由以此故机助口其])|(?<=[假凭])藉"), "借"),
    ("沈", re.compile("沈(?=[没淀降箱重默浮积著着思睡醉闷寂])|(?<=[下浮深消阴])沈"), "沉"),
    ("徵", re.compile("徵(?=[调收询求集召用兵税得信])"), "征"),
    ("祇", re.compile("(?<![神地])祇(?![园洹树陀])"), "只"),
)


def simplified(text: str) -> str:
    """Traditional `text` in Simplified characters."""
    converted: str = _converter().convert(text)
    for character, pattern, instead in _LEFT:
        if character in converted:
            converted = pattern.sub(instead, converted)
    return converted


def variant(text: str) -> str:
    """Whose Traditional characters these are; `TRADITIONAL` if nothing tells."""
    taiwan, hong_kong = len(_TAIWAN.findall(text)), len(_HONG_KONG.findall(text))
    if taiwan == hong_kong:
        return TRADITIONAL
    return TAIWAN if taiwan > hong_kong else HONG_KONG


def scripts(
    texts: pa.Array,
    triggers: npt.NDArray[np.int64],
    traditional: npt.NDArray[np.int32],
    simplified: npt.NDArray[np.int32],
) -> list[str | None]:
    """The script each text is written in; None where its characters are those of both, or null."""
    is_traditional = (triggers & int(Repair.SCRIPT)) != 0
    names: list[str | None] = [None] * len(texts)
    fewer, more = np.minimum(traditional, simplified), np.maximum(traditional, simplified)
    is_mixed = ~is_traditional & (fewer > _MIXED_SHARE * more)
    for row in np.flatnonzero(is_mixed):
        names[row] = MIXED
    for row in np.flatnonzero(~is_traditional & ~is_mixed & (simplified > traditional)):
        names[row] = SIMPLIFIED
    for row in np.flatnonzero(is_traditional):
        names[row] = variant(texts[row].as_py())
    return names


@functools.cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")

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


def simplified(text: str) -> str:
    """Traditional `text` in Simplified characters."""
    return _converter().convert(text)


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

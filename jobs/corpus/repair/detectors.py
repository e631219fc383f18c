"""Detectors: one pass over the bytes flags the rules that could change a text at all.

A text without flags is given to no rule and never taken out of its Arrow buffer, which makes repair
cheap. A flag may send a text to a rule that finds nothing there. The same pass counts what decides
of which language a text is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.corpus.repair import character_kinds as kinds_of
from jobs.corpus.repair.line_detectors import scan_lines
from jobs.corpus.repair.repairs import Repair
from jobs.corpus.repair.stretches import chinese_lines
from jobs.corpus.text import alphabets
from jobs.corpus.text.kernels import kernel
from jobs.corpus.text.text_buffers import Offsets, text_buffers
from jobs.corpus.text.utf8 import Bytes, decode_point

Counts = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Scan:
    """What one pass found in each text, every array of shape (n,).

    Attributes:
        flagged: int64, the `Repair` bits of the rules that could change the text.
        traditional: int32, characters that only Traditional text has; none if it is not Chinese.
        simplified: int32, characters that only Simplified text has; likewise.
        lost: int32, characters that wrong decoding destroyed.
        chars: int32, code points.
        han: int32, Han characters.
        kana: int32.
        hangul: int32.
        latin: int32, ASCII letters.
        other: int32, letters that are none of these.
        rare: int32, Han characters beyond the basic plane.
        japanese: int32, characters that only Japanese text has.
        is_foreign: bool, whether it is of another language that writes Han characters.
    """

    flagged: npt.NDArray[np.int64]
    traditional: Counts
    simplified: Counts
    lost: Counts
    chars: Counts
    han: Counts
    kana: Counts
    hangul: Counts
    latin: Counts
    other: Counts
    rare: Counts
    japanese: Counts
    is_foreign: npt.NDArray[np.bool_]

    def replace(self, rows: npt.NDArray[np.int64], other: Scan) -> None:
        """Put what was found in the texts of `other` in place of that of `rows`."""
        for field in fields(self):
            getattr(self, field.name)[rows] = getattr(other, field.name)


def scan(texts: pa.Array) -> Scan:
    """Return the flags and counts of each text; zeros for null.

    Law: row-wise.
    """
    data, offsets, _ = text_buffers(texts)
    flagged = np.zeros(len(texts), np.int64)
    counts = np.zeros((_COUNTS, len(texts)), np.int32)
    _scan(data, offsets, kinds_of.character_kinds(), kinds_of.pair_flags(), flagged, counts)
    chars, lost, han, traditional, simplified, shared, japanese, rare = counts[:8]
    kana, hangul, latin, greek, lead, foreign = counts[8:]
    is_foreign = (rare >= _LEAST_RARE) & (rare * _ONE_RARE_IN >= han)
    is_foreign |= (
        (japanese >= _LEAST_FOREIGN) & (japanese * _ONE_IN >= han) & (2 * japanese >= traditional)
    )
    shown = kana + hangul + np.where(kana > 0, japanese, 0)
    quoting = (shown >= _LEAST_FOREIGN) & (shown * _ONE_IN >= han)
    for row in np.flatnonzero(quoting):
        lines = chinese_lines(texts[row].as_py())
        is_foreign[row] = lines is None
        if lines is not None:
            traditional[row] = sum(map(alphabets.traditional_characters().__contains__, lines))
            simplified[row] = sum(map(alphabets.simplified_characters().__contains__, lines))
            shared[row] = 0
    simplified += shared
    traditional[is_foreign] = simplified[is_foreign] = 0
    is_traditional = (
        (traditional >= _LEAST_TRADITIONAL)
        & (traditional > _OUTNUMBERS * simplified)
        & (traditional * _ONE_IN > han)
    )
    flagged[is_traditional] |= int(Repair.SCRIPT)
    flagged[is_foreign] &= ~int(_CHINESE_RULES)
    # Big5 read as GBK is full of kana, Greek and Cyrillic.
    flagged[(kana + hangul + greek) * _ONE_LETTER_IN > chars] |= int(Repair.MOJIBAKE)
    return Scan(
        flagged, traditional, simplified, lost, chars, han, kana, hangul, latin,
        greek + lead + foreign, rare, japanese, is_foreign,
    )  # fmt: skip


# Of 4,700 real Simplified statutes, novels and poems none comes near, of 12,000 Traditional ones
# all are far above; a Simplified text may quote a Traditional title.
_LEAST_TRADITIONAL = 2
_OUTNUMBERS = 4
_ONE_IN = 20

_LEAST_FOREIGN = 2  # kana or Hangul, and one to twenty Han: Chinese that quotes has fewer
_LEAST_RARE, _ONE_RARE_IN = 3, 8
_ONE_LETTER_IN = 50
_SIGN_DISTANCE = 3  # two Han characters in UTF-8 are three in GBK
_COUNTS = 14
_CHINESE_RULES = Repair.PINYIN | Repair.SPACES | Repair.PUNCTUATION | Repair.WRAPS


_KINDS, _HAN, _SIGN, _KUN, _JIN = (
    kinds_of.KINDS, kinds_of.HAN, kinds_of.SIGN, kinds_of.KUN, kinds_of.JIN,
)  # fmt: skip
_NEWLINE, _LOST, _MOJIBAKE = kinds_of.NEWLINE, kinds_of.LOST, int(Repair.MOJIBAKE)
_COUNTED = np.array(
    [
        kinds_of.TRADITIONAL, kinds_of.SIMPLIFIED, kinds_of.SHARED, kinds_of.JAPANESE,
        kinds_of.RARE, kinds_of.KANA, kinds_of.HANGUL, kinds_of.LETTER, kinds_of.GREEK,
        kinds_of.LEAD, kinds_of.FOREIGN,
    ]
)  # fmt: skip


@kernel
def _scan(
    data: Bytes,
    offsets: Offsets,
    kinds: Bytes,
    pairs: npt.NDArray[np.int64],
    flagged: npt.NDArray[np.int64],
    counts: Counts,
) -> None:
    seen = np.zeros(_KINDS, np.int32)
    for row in range(len(offsets) - 1):
        i, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        found = np.int64(0)
        seen[:] = 0
        lost = 0
        chars, last_sign = 0, -9
        before = np.uint64(_NEWLINE)
        while i < end:
            point, i = decode_point(data, i)
            kind = np.uint64(kinds[np.uint64(point)])
            found |= pairs[(before << np.uint64(5)) | kind]
            seen[kind] += 1
            if _SIGN <= kind <= _JIN:  # rare
                if kind == _SIGN:
                    if chars - last_sign == _SIGN_DISTANCE:
                        found |= np.int64(_MOJIBAKE)
                    last_sign = chars
                lost += 3 * (kind == _JIN and before == _KUN)
            before = kind
            chars += 1
        flagged[row] = found | scan_lines(data, offsets[row], offsets[row + 1])
        counts[0, row], counts[1, row] = chars, lost + seen[_LOST]
        counts[2, row] = seen[_HAN : _JIN + 1].sum()
        for at in range(len(_COUNTED)):
            counts[3 + at, row] = seen[_COUNTED[at]]

"""Stretches of other languages: which lines of a text with kana or Hangul are Chinese.

Japanese and Korean write their endings and particles right behind Han characters. Chinese that
quotes them sets quotation marks or brackets between, and has words that neither of them writes.
"""

from __future__ import annotations

import re

from jobs.corpus.text import alphabets
from jobs.corpus.text.alphabets import HAN

_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc\uac00-\ud7a3"
FOREIGN = re.compile(f"[{_KANA}]+")
_HAN = re.compile(f"[{HAN}]")
_SEAMS = re.compile(f"[{HAN}][{_KANA}]|[{_KANA}][{HAN}]")
# Words of Chinese alone, but for 目的, 終了, 個人 and 是正, which Japanese has.
_CHINESE = re.compile(
    "[這这們们麼么嗎吗呢吧您妳个裡很沒没]|的(?<![目標]的)|個(?![人別性室々体数所])|是(?![正非認])"
    "|了(?<![終完修魅]了)(?!解)"
)
_LEAST_SEAMS, _LEAST_LETTERS = 3, 2
_ONE_IN, _LEAST_WORDS = 50, 3


def is_foreign_line(line: str) -> bool:
    """Whether a line with kana or Hangul is Japanese or Korean, not Chinese that quotes it."""
    letters = sum(map(len, FOREIGN.findall(line)))
    if letters < _LEAST_LETTERS:
        return False
    han = len(_HAN.findall(line))
    if letters > han:
        return True
    is_joined = 4 * letters >= han and len(_SEAMS.findall(line)) >= _LEAST_SEAMS
    return is_joined and not _is_simplified(line)


def _is_simplified(line: str) -> bool:
    """Whether more characters of a line are of Simplified text alone than of Traditional alone."""
    simplified = alphabets.simplified_characters() - alphabets.jis_characters()
    traditional = alphabets.traditional_characters()
    return sum((c in simplified) - (c in traditional) for c in line) > 0


def chinese_lines(text: str) -> str | None:
    """Return the Chinese lines of a text with kana or Hangul; None if it is not Chinese itself."""
    chinese: list[str] = []
    foreign = 0
    for line in text.split("\n"):
        if is_foreign_line(line):
            foreign += len(_HAN.findall(line)) + sum(map(len, FOREIGN.findall(line)))
        else:
            chinese.append(line)
    lines = "\n".join(chinese)
    han, words = len(_HAN.findall(lines)), len(_CHINESE.findall(lines))
    is_chinese = (words * _ONE_IN >= han and words > 0) or _is_simplified(lines)
    is_most = han > foreign or (3 * han > foreign and words >= _LEAST_WORDS)
    return lines if is_chinese and is_most else None

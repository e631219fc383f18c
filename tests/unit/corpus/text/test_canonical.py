"""The canonical form: what writing habits are taken away, and what must never be."""

from __future__ import annotations

import pytest

from tests.corpora import canonical_list


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("关于印发《通知》的函。", "关于印发通知的函"),
        ("ＡＢＣ－１２３", "abc-123"),
        ("臺灣、後來、國務院", "台湾后来国务院"),
        ("2023年11月29日，共1,234件", "2023年11月29日共1234件"),
        ("  \u3000\t\n。！？—…", ""),
        ("𠮷野家①", "𠮷野家1"),
        ("", ""),
    ],
)
def test_canonical_text_keeps_what_tells_texts_apart(text: str, canonical: str) -> None:
    assert canonical_list([text]) == [canonical]


def test_canonical_text_of_two_bulletins_differs_in_their_numbers() -> None:
    may, june = canonical_list(["5月份居民消费价格同比上涨0.2%", "6月份居民消费价格同比上涨0.3%"])
    assert may != june

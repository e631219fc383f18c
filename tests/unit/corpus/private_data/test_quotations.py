"""Quotations of deliveries with escapes in them, which may be of no character."""

from __future__ import annotations

import pyarrow as pa

from jobs.corpus.private_data.params import PrivateDataParams
from jobs.corpus.private_data.quotations import without_private_evidence, without_private_words

REPLACED = PrivateDataParams(mobile="replace")


def test_escapes_of_half_a_character_stay_escaped() -> None:
    given = pa.array([r"undecodable \udce6 before 电话13812345678。", r"\u673a13812345678。", None])
    found = without_private_evidence(given, params=REPLACED).to_pylist()
    assert found == [r"undecodable \udce6 before 电话〔手机号〕。", "机〔手机号〕。", None]


def test_messages_may_hold_what_is_no_character() -> None:
    shown = without_private_words("字段 \udce6 电话13812345678。", params=REPLACED)
    assert "〔手机号〕" in shown
    assert "13812345678" not in shown
    assert without_private_words("字段 \udce6", params=REPLACED) == "字段 \udce6"

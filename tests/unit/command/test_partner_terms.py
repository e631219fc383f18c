"""What a partner's file says for the papers of a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import ConfigError
from tests.builds import build_parameters, write_partner

PARTNER = "deliveries: /a\nformat: jsonl\nlicence: CC0-1.0\npriority: 2\n"


def terms(folder: Path, text: str) -> dict[str, str]:
    write_partner(folder, "gov", f"{PARTNER}terms: {text}")
    (partner,) = build_parameters(folder, folder / "root", "partners=[gov]").partners
    return partner.terms.given


def test_terms_are_text_and_secrets_in_them_are_taken_out(tmp_path: Path) -> None:
    found = terms(
        tmp_path, "{country: NO, agreement: 007, collected_from: 2001-01, method: 网页采集}"
    )
    assert found == {
        "country": "NO",
        "agreement": "007",
        "method": "网页采集",
        "collected_from": "2001-01",
    }
    found = terms(tmp_path, "{agreement: 'https://user:secret@a.example/contract'}")
    assert found == {"agreement": "https://***@a.example/contract"}
    assert terms(tmp_path, "{}") == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{country: China}", "partner gov: terms.country='China': give two capitals"),
        ("{source_kind: web}", "choose one of public_dataset, licensed, third_party, crawled"),
        ("{collected_to: 昨天}", "terms.collected_to='昨天': give a year"),
        ("{collected_to: 2023-13}", "give a year, a month or a day"),
        ("{legal_nmae: 某局}", "did you mean legal_name"),
    ],
)
def test_slip_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        terms(tmp_path, text)

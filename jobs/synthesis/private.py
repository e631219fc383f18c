"""Invented personal data: random numbers that pass every check of form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.synthesis.dirt import Altered, insert_line

if TYPE_CHECKING:
    from jobs.synthesis.grammar import Pen

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_REGIONS = ("110101", "130102", "210103", "320104", "330106", "370102", "440106", "510107")
_MOBILE_HEADS = ("130", "135", "138", "139", "150", "158", "166", "177", "186", "189", "199")
_MAILBOXES = ("mail.example", "post.example", "inbox.example")


def resident_id(pen: Pen) -> str:
    """Eighteen characters: region, day of birth, order and the check digit of ISO 7064."""
    born = f"{pen.whole(1950, 2004)}{pen.whole(1, 12):02}{pen.whole(1, 28):02}"
    digits = f"{pen.word(_REGIONS)}{born}{pen.whole(0, 999):03}"
    total = sum(weight * int(d) for weight, d in zip(_WEIGHTS, digits, strict=True))
    return digits + _CHECK_DIGITS[total % 11]


def with_private_data(pen: Pen, text: str, person: str) -> Altered:
    """Insert a line with a person's resident id, mobile number or e-mail address, or several.

    Args:
        pen: draws the numbers and the place.
        text: of a document.
        person: the name.
    """
    found = {
        "resident_id": resident_id(pen),
        "mobile": f"{pen.word(_MOBILE_HEADS)}{pen.whole(0, 99_999_999):08}",
        "email": f"user{pen.whole(1, 99_999)}@{pen.word(_MAILBOXES)}",
    }
    kinds = pen.rng.sample(sorted(found), pen.whole(1, 3))
    names = {"resident_id": "身份证号", "mobile": "手机", "email": "邮箱"}
    line = f"联系人：{person}，" + "，".join(f"{names[kind]}：{found[kind]}" for kind in kinds)
    detail = " ".join(f"{kind}={found[kind]}" for kind in kinds)
    return Altered(insert_line(pen, text, f"{line}。"), detail)

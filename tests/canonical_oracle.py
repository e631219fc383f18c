"""The canonical form character by character, as `jobs.corpus.text.canonical` defines it."""

from __future__ import annotations

import string

from jobs.corpus.text import canonical

_NUMERALS = frozenset(canonical._NUMERALS)
_SIGNS = frozenset(canonical._CONTEXTUAL + canonical._LINKING)
_DIGITS = string.digits
_FACTOR, _BITS = 0x9E3779B97F4A7C15, (1 << 64) - 1
LETTER, DIGIT, OTHER, PLUS, NOTHING = range(5)


def canonical_form(text: str) -> str:
    """The canonical form of a text without page furniture, addresses and brackets."""
    written = ""
    for at, character in enumerate(text):
        folded, is_sign = _folded(character)
        if is_sign:
            written += folded if _counts(text, at) else ""
        elif folded in _DIGITS and folded and written[-1:] in _DIGITS and written:
            is_joined = _kind(text, at - 1) == DIGIT or _is_grouped(text, at)
            written += folded if is_joined else f",{folded}"
        else:
            written += folded
    return written


def sums(form: str) -> list[int]:
    """The sum of squares of what is in no number of a canonical form, and a hash of what is."""
    letters = numbers = 0
    for character in form:
        value = int.from_bytes(character.encode(), "little")
        if character in _NUMERALS or character in _SIGNS or character == ",":
            numbers = (numbers ^ value) * _FACTOR & _BITS
        else:
            letters = letters + value * value & _BITS
    return [letters, numbers]


def _folded(character: str) -> tuple[str, bool]:
    """What a character becomes, and whether it is a sign that counts by its context."""
    encoded, lengths = canonical._comparison_table()
    length = int(lengths[ord(character)])
    value = int(encoded[ord(character)]).to_bytes(4, "little")
    return value[: length & 7].decode(), bool(length & 8)


def _kind(text: str, at: int) -> int:
    if not 0 <= at < len(text):
        return NOTHING
    folded, is_sign = _folded(text[at])
    if folded == "+":
        return PLUS
    if is_sign or not folded:
        return NOTHING
    if folded.isascii() and folded.isalnum():
        return DIGIT if folded in _DIGITS else LETTER
    return OTHER


def _is_grouped(text: str, at: int) -> bool:
    """Whether three digits stand behind a comma."""
    run = len(text[at:]) - len(text[at:].lstrip(_DIGITS))
    return text[at - 1] == "," and run == 3


def _counts(text: str, at: int) -> bool:
    sign, _ = _folded(text[at])
    before, after = _kind(text, at - 1), _kind(text, at + 1)
    if sign == "!":
        is_variable = before == LETTER and _kind(text, at - 2) != LETTER
        is_factorial = (before == DIGIT or is_variable) and after not in {LETTER, OTHER}
        is_negation = after == LETTER and (at == 0 or text[at - 1] in "\t\n (&|=,[{!")
        return text[at + 1 : at + 2] == "=" or is_factorial or is_negation
    if sign in "#~*^_@&":
        operands = {LETTER, DIGIT}
        is_joined = before in operands and after in operands
        return {
            "#": before == LETTER,
            "~": before != NOTHING and after == DIGIT,
        }.get(sign, is_joined or _is_spaced(text, at))
    if (sign in "-<>" and after == DIGIT) or (sign == "+" and _leads_or_ends(text, at)):
        return True
    if sign in "+-<>=":
        return _joins(text, at, sign)
    return before == after == DIGIT and sign != "]"


def _leads_or_ends(text: str, at: int) -> bool:
    """Whether a plus stands before a letter or digit, or behind one and at most two more."""
    if _kind(text, at + 1) in {LETTER, DIGIT}:
        return True
    behind = [_kind(text, at - step) for step in (1, 2, 3)]
    first = next((kind for kind in behind if kind != PLUS), NOTHING)
    return first in {LETTER, DIGIT}


def _is_spaced(text: str, at: int) -> bool:
    """Whether a sign of ASCII, or `&&`, stands between operands of ASCII, with blanks around."""
    first = at - (text[max(at - 1, 0) : at + 1] == "&&")
    last = at + (text[at : at + 2] == "&&")
    if (
        not text[at].isascii()
        or first < 2
        or text[first - 1] != " "
        or text[last + 1 : last + 2] != " "
    ):
        return False
    is_first = _kind(text, first - 2) in {LETTER, DIGIT} or text[first - 2] in ")]"
    second = text[last + 2 : last + 3]
    return (
        is_first and bool(second) and (_kind(text, last + 2) in {LETTER, DIGIT} or second in "(!")
    )


def _joins(text: str, at: int, sign: str) -> bool:
    first = at - 1 if at and text[at - 1] in "<>=!" else at
    last = at + 1 if text[at + 1 : at + 2] in set("<>=!") else at
    before, after = _kind(text, first - 1), _kind(text, last + 1)
    if before == NOTHING and first and text[first - 1] == " ":
        before = _kind(text, first - 2)
    if after == NOTHING and text[last + 1 : last + 2] == " ":
        last += 1
        after = _kind(text, last + 1)
    if before == NOTHING and text[:first].removesuffix(" ")[-1:] in {")", "]"}:
        before = OTHER
    is_operand = after == LETTER or text[last + 1 : last + 2] == "("
    return before != NOTHING and (after == DIGIT or (is_operand and sign != "-"))

"""Numbers that identify a person or an account, recognised by their own check digits.

Resident identity numbers: GB 11643-1999 (check digit by ISO 7064 MOD 11-2) and the 15 digits before
it. Unified social credit codes: GB 32100-2015. Payment cards: ISO/IEC 7812 (Luhn). Mobile numbers:
the numbering plan of mainland China, 1 and [3-9] and nine digits.
"""

from __future__ import annotations

from datetime import date

# GB/T 2260: Beijing 11 to Xinjiang 65, Taiwan 71, Hong Kong and Macau 81 and 82, permits 83.
_REGIONS = (
    (11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83),
)  # fmt: skip
_PROVINCES = frozenset(str(code) for first, last in _REGIONS for code in range(first, last + 1))
_RESIDENT_CHECKS = "10X98765432"
_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_EARLIEST_YEAR = 1890

# Issuers whose cards people in China hold: UnionPay 62, the banks' own 9 series, Visa, Mastercard,
# American Express, JCB; a number that begins otherwise is no card even if its check digit is right.
_CARD_LENGTHS = {"62": range(16, 20), "9": range(16, 20), "4": range(16, 17), "5": range(16, 17)}
_CARD_LENGTHS |= {"34": range(15, 16), "37": range(15, 16), "35": range(16, 17)}


def is_resident_id(number: str) -> bool:
    """Whether 18 characters, or the 15 of before 1999, are a resident identity number."""
    if number[:2] not in _PROVINCES:
        return False
    if len(number) == 15:
        return number.isdecimal() and _is_date("19" + number[6:12])
    digits, check = number[:17], number[17:]
    if not digits.isdecimal() or not _is_date(number[6:14]):
        return False
    remainder = sum(int(digit) << (17 - place) for place, digit in enumerate(digits)) % 11
    return check.upper() == _RESIDENT_CHECKS[remainder]


def is_credit_code(code: str) -> bool:
    """Whether 18 characters are a unified social credit code."""
    if any(sign not in _CREDIT_SIGNS for sign in code) or not code[2:8].isdecimal():
        return False
    total = sum(
        _CREDIT_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17])
    )
    return _CREDIT_SIGNS[-total % 31] == code[17]


def is_payment_card(number: str) -> bool:
    """Whether a number has an issuer's beginning and length, and Luhn's check digit."""
    lengths = next((some for begin, some in _CARD_LENGTHS.items() if number.startswith(begin)), ())
    return len(number) in lengths and _luhn(number) == 0


def is_mobile(number: str) -> bool:
    """Whether 11 digits are a mobile number of mainland China."""
    return number[0] == "1" and number[1] in "3456789" and len(set(number[3:])) > 1


def _luhn(number: str) -> int:
    doubled = (2 * int(digit) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(map(_digit_sum, doubled))) % 10


def _digit_sum(number: int) -> int:
    return number // 10 + number % 10


def _is_date(digits: str) -> bool:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return day.year >= _EARLIEST_YEAR

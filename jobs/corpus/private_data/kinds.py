"""Kinds of private data, and what distinguishes each from text that only looks like it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from jobs.corpus.private_data.network import is_of_one_computer
from jobs.corpus.private_data.numbers import (
    is_credit_code,
    is_mobile,
    is_payment_card,
    is_resident_id,
)


class PrivateKind(StrEnum):
    """A kind of private data. Releases store these words."""

    RESIDENT_ID = "resident_id"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PAYMENT_CARD = "payment_card"
    PASSPORT = "passport"
    TRAVEL_PERMIT = "travel_permit"
    CREDIT_CODE = "credit_code"
    NUMBER_PLATE = "number_plate"
    EMAIL = "email"
    WECHAT = "wechat"
    QQ = "qq"
    HOME_ADDRESS = "home_address"
    IP_ADDRESS = "ip_address"
    MAC_ADDRESS = "mac_address"
    SECRET = "secret"  # noqa: S105  a kind of data


class PrivateSpan(NamedTuple):
    """Private data in a text: characters `start` up to `end`."""

    start: int
    end: int
    kind: PrivateKind


PLACEHOLDERS = {
    PrivateKind.RESIDENT_ID: "〔身份证号〕",
    PrivateKind.MOBILE: "〔手机号〕",
    PrivateKind.LANDLINE: "〔电话号码〕",
    PrivateKind.PAYMENT_CARD: "〔银行卡号〕",
    PrivateKind.PASSPORT: "〔护照号〕",
    PrivateKind.TRAVEL_PERMIT: "〔通行证号〕",
    PrivateKind.CREDIT_CODE: "〔信用代码〕",
    PrivateKind.NUMBER_PLATE: "〔车牌号〕",
    PrivateKind.EMAIL: "〔电子邮箱〕",
    PrivateKind.WECHAT: "〔微信号〕",
    PrivateKind.QQ: "〔QQ号〕",
    PrivateKind.HOME_ADDRESS: "〔住址〕",
    PrivateKind.IP_ADDRESS: "〔IP地址〕",
    PrivateKind.MAC_ADDRESS: "〔MAC地址〕",
    PrivateKind.SECRET: "〔密钥〕",
}
"""What stands where private data stood, typed, so that a reader still knows what was there."""

_NOT_INSIDE = r"(?<![0-9A-Za-z_])"
_NOT_ON = r"(?![0-9A-Za-z_])"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.+/%=])(?:\+|00)?[0-9]+(?:[ \-\u00a0.·][0-9]+)*[Xx]?")
_CODE = re.compile(rf"{_NOT_INSIDE}[0-9A-HJ-NPQRTUWXY]{{18}}{_NOT_ON}")

# An amount, a count or a share, whatever its digits: 13800138000元.
_UNITS = re.compile(
    r"\s*(?:万|亿|千|百)?(?:元|美元|港元|人民币|欧元|人|人次|户|吨|公斤|千克|千瓦|度|册|件|套|台|辆|"
    r"亩|公顷|平方|立方|公里|米|字节|[%％‰]|次|条|股|份|票|点击|页)"
)
_AMOUNT_BEFORE = re.compile(
    r"(?:[¥￥$€]|人民币|金额|合计|总额|编号|文号|订单号|流水号|ISBN|ISSN)[:：\s]*$"
)

_GROUPS: dict[int, tuple[PrivateKind, Callable[[str], bool], frozenset[tuple[int, ...]]]] = {
    18: (PrivateKind.RESIDENT_ID, is_resident_id, frozenset({(18,), (6, 8, 4), (6, 4, 4, 4)})),
    15: (PrivateKind.RESIDENT_ID, is_resident_id, frozenset({(15,), (6, 6, 3)})),
    11: (PrivateKind.MOBILE, is_mobile, frozenset({(11,), (3, 4, 4), (3, 8), (4, 4, 3)})),
}
_CARD_GROUPS = frozenset({(4, 4, 4, 4), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3), (6, 13)})
_LONGEST_NUMBER = 19

_SIMPLE: tuple[tuple[PrivateKind, re.Pattern[str]], ...] = (
    (
        PrivateKind.EMAIL,
        re.compile(
            r"(?<![0-9A-Za-z._%+\-@/])[0-9A-Za-z][0-9A-Za-z._%+\-]{0,63}@(?:[0-9A-Za-z\-]{1,63}[.．]){1,4}"
            r"[A-Za-z]{2,18}(?![0-9A-Za-z@])"
        ),
    ),
    (
        PrivateKind.NUMBER_PLATE,
        re.compile(
            rf"(?<![0-9A-Za-z])[{_PROVINCES}][A-HJ-Z][·• ]?(?=[A-Z]{{0,4}}[0-9])"
            rf"[0-9A-HJ-NP-Z]{{4,5}}[0-9A-HJ-NP-Z挂学警港澳]{_NOT_ON}"
        ),
    ),
    (
        PrivateKind.PASSPORT,
        re.compile(rf"(?<=护照)[^0-9A-Za-z。\n]{{0,8}}([A-Z]{{1,2}}[0-9]{{7,8}}){_NOT_ON}"),
    ),
    (
        PrivateKind.TRAVEL_PERMIT,
        re.compile(
            rf"(?:通行证|回乡证|台胞证|旅行证)[^0-9A-Za-z。\n]{{0,8}}([A-Z]?[0-9]{{8,10}}){_NOT_ON}"
        ),
    ),
    (
        PrivateKind.WECHAT,
        re.compile(
            rf"微信(?:号码|号|ID|id)?[\s:：|｜是为]{{1,4}}([A-Za-z][0-9A-Za-z_\-]{{5,19}}){_NOT_ON}"
        ),
    ),
    (
        PrivateKind.QQ,
        re.compile(rf"(?:QQ|qq)(?:号码|号)?[\s:：|｜是为]{{1,4}}([1-9][0-9]{{4,10}}){_NOT_ON}"),
    ),
    (
        PrivateKind.MAC_ADDRESS,
        re.compile(
            rf"{_NOT_INSIDE}(?!00.00.00|(?i:ff.ff.ff))(?:[0-9A-Fa-f]{{2}}([:：\-]))(?:[0-9A-Fa-f]{{2}}\1){{4}}[0-9A-Fa-f]{{2}}{_NOT_ON}"
        ),
    ),
    (
        PrivateKind.SECRET,
        re.compile(
            r"(-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----[^-]{0,8192}"
            r"(?:-----END [A-Z ]{0,20}KEY-----)?)"
        ),
    ),
    (
        PrivateKind.SECRET,
        re.compile(
            r"(?<![0-9A-Za-z_.\-])(eyJ[0-9A-Za-z_\-]{8,}\.eyJ[0-9A-Za-z_\-]{8,}"
            r"\.[0-9A-Za-z_\-]{8,}"
            r"|(?:AKIA|ASIA)[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12,24}|gh[pousr]_[0-9A-Za-z]{36}"
            rf"|sk-[0-9A-Za-z]{{32,64}}){_NOT_ON}"
        ),
    ),
    (
        PrivateKind.SECRET,
        re.compile(r"://[^\s/:@<\u4e00-\u9fff]{1,64}:([^\s/:@<{$*\u4e00-\u9fff]{1,64})@"),
    ),
    (
        PrivateKind.SECRET,
        re.compile(r"密码(?:[:：是为]\s?)`?(?![*<{$])(?=[!-_a-~]{0,31}[0-9])([!-_a-~]{6,32})"),
    ),
)

_IP = re.compile(r"(?<![0-9A-Za-z.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z]|\.[0-9])")
_OF_NETWORK = re.compile(r"(?:IP|ip|Ip|地址|主机|服务器|网关|登录|DNS)[^。\n]{0,12}$")
_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z\-])(?:\(0[0-9]{2,3}\)|（0[0-9]{2,3}）|0[0-9]{2,3}[\- ]?)"
    r"[2-9][0-9]{6,7}(?![0-9A-Za-z])"
)
_OF_A_HOME = re.compile(
    r"(?:家庭电话|住宅电话|宅电|家里电话|家中电话|个人电话|本人电话)[^0-9。\n]{0,6}$"
)
# 12栋300户 is how many households there are.
_DOOR = re.compile(r"(?:(?<![0-9])[0-9]{2,4}室|(?<=单元)[0-9]{2,4}户)(?![外内用主])")
_STREET = re.compile(
    r"[\u4e00-\u9fff]{2}(?:路|街|道|巷|弄|胡同|村|镇|乡|小区|花园|苑|公寓|新村|家园|里)"
)
_ADDRESS_CHARS = 60
_ADDRESS_END = re.compile(r"[^\u4e00-\u9fff0-9A-Za-z#\-（）()、 ]")
_IS_A_HOME = re.compile(r"小区|花园|苑|公寓|新村|家园|号楼|栋|幢|单元")
_LIVES = re.compile(r"住址|家住|住在|住所|居住|户籍|家庭地址|现住|家庭住址")
_CONTEXT = 24
_IS_VERSION = re.compile(r"(?:[Vv]ersion|版本)[^。\n]{0,6}$")

_WIDE = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {
    0xFF0D: 0x2D,
    0x3000: 0x20,
    0xFF20: 0x40,
}


def private_spans(text: str) -> list[PrivateSpan]:
    """Where private data stands in a text, ascending; none overlap.

    Law: what stands more than a context away changes nothing.
    """
    plain = text.translate(_WIDE)  # as many characters
    found = [*_numbers(plain), *_codes(plain), *_simple(plain), *_by_context(plain)]
    found.sort(key=lambda span: (span.start, -span.end))
    kept: list[PrivateSpan] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _numbers(text: str) -> Iterator[PrivateSpan]:
    for stretch in _NUMBER.finditer(text):
        groups = [*re.finditer(r"[0-9]+[Xx]?", stretch[0])]
        first = 0
        while first < len(groups):
            last, kind = _first_number(groups, first)
            if kind is not None:
                start, end = (
                    stretch.start() + groups[first].start(),
                    stretch.start() + groups[last].end(),
                )
                if not _is_amount(text, start, end):
                    yield PrivateSpan(start, end, kind)
            first = last + 1


def _first_number(groups: list[re.Match[str]], first: int) -> tuple[int, PrivateKind | None]:
    """The last group of a number that begins with the first, and its kind, else the first."""
    digits = ""
    sizes: tuple[int, ...] = ()
    for last in range(first, len(groups)):
        digits += groups[last][0]
        sizes += (len(groups[last][0]),)
        if len(digits) > _LONGEST_NUMBER:
            break
        kind = _kind_of(digits, sizes)
        if kind is not None:
            return last, kind
    return first, None


def _kind_of(digits: str, sizes: tuple[int, ...]) -> PrivateKind | None:
    is_spaced = len(sizes) > 1 and set(sizes) == {1}
    if len(digits) in _GROUPS:
        kind, is_right, groupings = _GROUPS[len(digits)]
        if (sizes in groupings or is_spaced) and is_right(digits):
            return kind
    if len(digits) == 13 and digits.startswith("86") and sizes == (13,) and is_mobile(digits[2:]):
        return PrivateKind.MOBILE
    is_grouped = len(sizes) == 1 or sizes in _CARD_GROUPS or is_spaced
    if is_grouped and digits.isdecimal() and is_payment_card(digits):
        return PrivateKind.PAYMENT_CARD
    return None


def _is_amount(text: str, start: int, end: int) -> bool:
    return bool(
        _UNITS.match(text, end)
        or (text[end : end + 1].isalnum() and text[end : end + 1].isascii())
        or _AMOUNT_BEFORE.search(text[max(start - _CONTEXT, 0) : start])
    )


def _codes(text: str) -> Iterator[PrivateSpan]:
    for code in _CODE.finditer(text):
        if is_credit_code(code[0]):
            yield PrivateSpan(code.start(), code.end(), PrivateKind.CREDIT_CODE)


def _simple(text: str) -> Iterator[PrivateSpan]:
    for kind, pattern in _SIMPLE:
        for it in pattern.finditer(text):
            group = 1 if pattern.groups and kind != PrivateKind.MAC_ADDRESS else 0
            yield PrivateSpan(*it.span(group), kind)


def _by_context(text: str) -> Iterator[PrivateSpan]:
    for it in _IP.finditer(text):
        before = text[max(it.start() - _CONTEXT, 0) : it.start()]
        is_named = bool(_OF_NETWORK.search(before))
        if not _IS_VERSION.search(before) and is_of_one_computer(it[0], is_named=is_named):
            yield PrivateSpan(*it.span(), PrivateKind.IP_ADDRESS)
    for it in _LANDLINE.finditer(text):
        # Telephones of offices are public.
        if _OF_A_HOME.search(text[max(it.start() - _CONTEXT, 0) : it.start()]):
            yield PrivateSpan(*it.span(), PrivateKind.LANDLINE)
    for it in _DOOR.finditer(text):
        begin = _address_begin(text, it.start())
        before = text[max(begin - _CONTEXT, 0) : begin]
        address = text[begin : it.end()]
        if begin < it.start() and (_IS_A_HOME.search(address) or _LIVES.search(before + address)):
            yield PrivateSpan(begin, it.end(), PrivateKind.HOME_ADDRESS)


def _address_begin(text: str, door: int) -> int:
    """Where the address that ends at a door begins: with its first street or place; else `door`."""
    first = max(door - _ADDRESS_CHARS, 0)
    for it in _ADDRESS_END.finditer(text, first, door):
        first = it.end()
    street = _STREET.search(text, first, door)
    return street.start() if street else door

"""Private data to plant: invented values of every kind, written as people write them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from jobs.corpus.private_data.kinds import PrivateKind

_REGIONS = ("110105", "310104", "440106", "510107", "330106", "420102", "650102")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ@-:."}


class Plant(NamedTuple):
    """A value in the words around it."""

    kind: PrivateKind
    form: str
    said: str


def plants(number: int, seed: int) -> list[Plant]:
    """Equally many of each kind and form."""
    rng = random.Random(seed)
    kinds, made = list(PrivateKind), []
    for count in range(number):
        kind = kinds[count % len(kinds)]
        form = list(FORMS)[count // len(kinds) % len(FORMS)]
        value = VALUES[kind](rng)
        made.append(Plant(kind, form, FORMS[form](rng, kind, value)))
    return made


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _resident_id(rng: random.Random) -> str:
    born = f"{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    if rng.random() < 0.2:
        return rng.choice(_REGIONS) + born + _digits(rng, 3)
    digits = rng.choice(_REGIONS) + rng.choice(("19", "20")) + born + _digits(rng, 3)
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return digits + "10X98765432"[total % 11]


def _card(rng: random.Random) -> str:
    body = rng.choice(("622202", "621700", "955880", "433670", "520169"))
    body += _digits(rng, (19 if body[0] == "6" else 16) - len(body) - 1)
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(body))]
    return body + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


def _credit_code(rng: random.Random) -> str:
    body = rng.choice(("91", "92", "12", "52")) + rng.choice(_REGIONS)
    body += "".join(rng.choice(_CREDIT) for _ in range(9))
    total = sum(_CREDIT.index(sign) * pow(3, at, 31) for at, sign in enumerate(body))
    return body + _CREDIT[-total % 31]


def _home(rng: random.Random) -> str:
    street = rng.choice(("建国路", "中山北路", "解放大道", "学府街", "幸福巷"))
    number = f"{rng.randint(1, 300)}号"
    estate = rng.choice(("", "阳光花园", "和平小区", "金色家园"))
    building = f"{rng.randint(1, 30)}{rng.choice(('号楼', '栋', '幢'))}{rng.randint(1, 6)}单元"
    return street + number + estate + building + f"{rng.randint(101, 2804)}{rng.choice('室室室户')}"


def _secret(rng: random.Random) -> str:
    signs = _LETTERS + _LETTERS.upper() + "0123456789"
    some = lambda count: "".join(rng.choice(signs) for _ in range(count))  # noqa: E731
    return rng.choice(
        (
            "AKIA" + some(16).upper(),
            "LTAI" + some(20),
            "ghp_" + some(36),
            "sk-" + some(48),
            f"eyJ{some(20)}.eyJ{some(40)}.{some(43)}",
            f"-----BEGIN PRIVATE KEY-----\n{some(64)}\n{some(64)}\n-----END PRIVATE KEY-----",
        )
    )


VALUES: dict[PrivateKind, Callable[[random.Random], str]] = {
    PrivateKind.RESIDENT_ID: _resident_id,
    PrivateKind.MOBILE: lambda rng: "1" + rng.choice("3456789") + _digits(rng, 9),
    PrivateKind.LANDLINE: lambda rng: (
        rng.choice(("010-", "0571-", "021", "0755 ")) + rng.choice("2345678") + _digits(rng, 7)
    ),
    PrivateKind.PAYMENT_CARD: _card,
    PrivateKind.PASSPORT: lambda rng: rng.choice("EGDSP") + _digits(rng, 8),
    PrivateKind.TRAVEL_PERMIT: lambda rng: rng.choice(
        ("H" + _digits(rng, 8), "M" + _digits(rng, 10), "C" + _digits(rng, 8), _digits(rng, 8))
    ),
    PrivateKind.CREDIT_CODE: _credit_code,
    PrivateKind.NUMBER_PLATE: lambda rng: (
        rng.choice("京沪粤浙川苏鲁豫") + rng.choice("ABCDEFG") + rng.choice(("", "", "·", "D"))
        + _digits(rng, 5)
    ),
    PrivateKind.EMAIL: lambda rng: (
        rng.choice(("li.wei", "zhangsan", "wang_fang", "")) + rng.choice(_LETTERS)
        + _digits(rng, rng.randint(1, 8)) + "@"
        + rng.choice(("163.com", "qq.com", "mail.example.com.cn", "sina.cn"))
    ),
    PrivateKind.WECHAT: lambda rng: (
        rng.choice(("wxid_", "li", "Zhang-")) + rng.choice(_LETTERS) + _digits(rng, 6)
    ),
    PrivateKind.QQ: lambda rng: rng.choice("123456789") + _digits(rng, rng.randint(5, 9)),
    PrivateKind.HOME_ADDRESS: _home,
    PrivateKind.IP_ADDRESS: lambda rng: (
        f"{rng.choice((36, 58, 61, 112, 123, 202, 218))}."
        + ".".join(str(rng.randint(1, 254)) for _ in range(3))
    ),
    PrivateKind.MAC_ADDRESS: lambda rng: rng.choice(":-").join(
        f"{rng.randint(1, 254):02X}" for _ in range(6)
    ),
    PrivateKind.SECRET: _secret,
}  # fmt: skip
NAMES = {
    PrivateKind.RESIDENT_ID: ("身份证号", "公民身份号码", "身份证"),
    PrivateKind.MOBILE: ("手机", "联系电话", "手机号码", "电话"),
    PrivateKind.LANDLINE: ("家庭电话", "宅电", "住宅电话"),
    PrivateKind.PAYMENT_CARD: ("银行卡号", "账号", "开户账户"),
    PrivateKind.PASSPORT: ("护照号", "护照号码", "护照", "护照编号"),
    PrivateKind.TRAVEL_PERMIT: ("港澳通行证", "回乡证号", "台胞证号码", "来往内地通行证号码"),
    PrivateKind.CREDIT_CODE: ("统一社会信用代码", "信用代码"),
    PrivateKind.NUMBER_PLATE: ("车牌号", "车牌", "号牌"),
    PrivateKind.EMAIL: ("邮箱", "电子邮件", "E-mail"),
    PrivateKind.WECHAT: ("微信号", "微信", "微信号码", "微信ID"),
    PrivateKind.QQ: ("QQ", "QQ号", "QQ号码", "qq"),
    PrivateKind.HOME_ADDRESS: ("住址", "家庭住址", "现住", "户籍地址"),
    PrivateKind.IP_ADDRESS: ("IP地址", "登录IP", "来访地址"),
    PrivateKind.MAC_ADDRESS: ("MAC地址", "网卡地址"),
    PrivateKind.SECRET: ("密钥", "令牌", "access key"),
}
_GROUPED = {
    PrivateKind.RESIDENT_ID: (6, 8, 4),
    PrivateKind.MOBILE: (3, 4, 4),
    PrivateKind.PAYMENT_CARD: (4, 4, 4, 4, 3),
}


def _named(rng: random.Random, kind: PrivateKind, value: str) -> str:
    return f"{rng.choice(NAMES[kind])}{rng.choice(('：', ':', '为', ' ', '： ', '是'))}{value}"


def _spaced(rng: random.Random, kind: PrivateKind, value: str) -> str:
    """Groups of digits, or every digit alone; blanks around where a value has no groups."""
    if kind not in _GROUPED:
        return f"{rng.choice(NAMES[kind])} ： {value} "
    if rng.random() < 0.3:
        return f"{rng.choice(NAMES[kind])}：{' '.join(value)}"
    parts, at = [], 0
    for size in (6, 6, 3) if len(value) == 15 else _GROUPED[kind]:
        parts.append(value[at : at + size])
        at += size
    joined = rng.choice((" ", "-") if kind == PrivateKind.MOBILE else (" ",)).join(
        filter(None, parts)
    )
    return f"{rng.choice(NAMES[kind])}：{joined}"


def _wide(rng: random.Random, kind: PrivateKind, value: str) -> str:
    is_plain = kind == PrivateKind.SECRET
    return f"{rng.choice(NAMES[kind])}：{value if is_plain else value.translate(_WIDE)}"


def _beside_han(rng: random.Random, kind: PrivateKind, value: str) -> str:
    return f"其{rng.choice(NAMES[kind])}{rng.choice(('为', '是', '：'))}{value}的张某已到案"


def _in_table(rng: random.Random, kind: PrivateKind, value: str) -> str:
    bar = rng.choice((" | ", "|", "\t"))
    cells = ["张三", rng.choice(NAMES[kind]), value.replace("\n", " "), "男"]
    return f"\n| {bar.join(cells)} |\n" if "|" in bar else f"\n{bar.join(cells)}\n"


FORMS: dict[str, Callable[[random.Random, PrivateKind, str], str]] = {
    "named": _named,
    "spaced": _spaced,
    "full width": _wide,
    "beside Han": _beside_han,
    "in a table": _in_table,
}
"""Ways in which a value stands in a text."""

"""Dates as partners write them become ISO 8601, as precise as they are and no more."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_MOST_CHARS = 100  # of a date, its label and its clock; the forms take more than time in proportion
_MOST_GIVEN = 10 * _MOST_CHARS  # before runs of blanks are taken for one
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_REPUBLIC = 1911  # 民国元年 is 1912

_DIGITS = {mark: str(value) for value, mark in enumerate("零一二三四五六七八九")} | {
    **dict.fromkeys("〇○◯Ｏ", "0"),
    "元": "1",
    "两": "2",
}
_NUMBER = "[0-9零一二三四五六七八九〇○◯Ｏ元十廿卅百两]"

_LABEL = re.compile(
    r"^(?:[^\d\s:：]{0,6}?(?:时间|時間|日期|发布|發布|發佈|发表|發表|更新)+(?:于|於)?)\s*[:：]?\s*"
)
_WEEKDAY = re.compile(r"[（(]?(?:星期|周|週|礼拜|禮拜)[一二三四五六日天][)）]?")

_CLOCK = (
    r"(?:[T\s]*(?P<half>上午|下午|晚上|凌晨|中午|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})\s*[:：时時点點]\s*(?P<minute>\d{1,2})?\s*[:：分]?\s*(?P<second>\d{1,2})?"
    r"(?:[.,]\d+)?\s*秒?\s*(?P<late>AM|PM)?\s*"
    r"(?P<zone>Z|UTC|GMT|CST|[+-]\d{2}:?(?:\d{2})?)?)?"
)
_ERA = r"(?P<era>中华民国|中華民國|民国|民國)?\s*"
_HAN_DATE = re.compile(
    rf"{_ERA}(?P<year>{_NUMBER}{{1,6}})\s*年\s*"
    rf"(?:(?P<month>{_NUMBER}{{1,3}})\s*月份?\s*(?:(?P<day>{_NUMBER}{{1,4}})\s*[日号號]?\s*)?)?"
    rf"{_CLOCK}$",
    re.IGNORECASE,
)
_SIGN_DATE = re.compile(
    rf"{_ERA}(?P<year>\d{{2,4}})\s*(?P<sign>[-/.])\s*(?P<month>\d{{1,2}})"
    rf"(?:\s*(?P=sign)\s*(?P<day>\d{{1,2}})(?!\d){_CLOCK})?$",
    re.IGNORECASE,
)
_COMPACT_DATE = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)"
    r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?)?)?$"
)
_MONTHS = {name.lower(): month for month, name in enumerate(calendar.month_abbr) if name}
_WORD_DATE = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?:(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3})[a-z]*|"
    r"(?P<month2>[A-Za-z]{3})[a-z]*\s+(?P<day2>\d{1,2}))\s*,?\s+(?P<year>\d{4})"
    rf"{_CLOCK}$",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"(\d{9,10}|\d{13})(?:\.\d*)?$")
_EPOCH_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)

_ZONES = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "CST": "+08:00"}
_AFTERNOON = {"下午", "晚上", "PM"}
_MORNING = {"上午", "凌晨", "AM"}


class Dates(NamedTuple):
    """A column of dates, and what was given where that says more."""

    published: pa.Array  # string: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss[±hh:mm]
    as_given: pa.Array  # string: the partner's words where they differ; null where they do not


def dates(given: pa.Array) -> Dates:
    """Parse a column of dates.

    A date that is not understood or impossible is null in `published` and stands in `as_given`.

    Law: row-wise.
    """
    coded = given.dictionary_encode()
    known = coded.dictionary.to_pylist()
    iso = [iso_date(text) for text in known]
    differs = [text if text != date else None for text, date in zip(known, iso, strict=True)]
    indices = coded.indices
    return Dates(
        pc.take(pa.array(iso, pa.string()), indices),
        pc.take(pa.array(differs, pa.string()), indices),
    )


def iso_date(text: str) -> str | None:
    """Return the date that `text` gives, in ISO 8601; None if it gives none from 1900 to 2100.

    Chinese and Western forms, the years of the Republic, and seconds or milliseconds since 1970
    (in UTC). A time zone is kept if given and never guessed, but for CST, which here is China's.
    """
    if _is_day(text):
        return text
    if len(text) <= _MOST_GIVEN:
        text = " ".join(text.split())
    if len(text) > _MOST_CHARS:
        return None
    return _read(text) or _read(_LABEL.sub("", _WEEKDAY.sub(" ", text)).strip())


def _is_day(text: str) -> bool:
    """Whether `text` is a day as it is written here, as most are."""
    if len(text) != len("YYYY-MM-DD") or text[4] != "-" or text[7] != "-":
        return False
    try:
        return text.isascii() and _FIRST_YEAR <= datetime.fromisoformat(text).year <= _LAST_YEAR
    except ValueError:
        return False


def _read(text: str) -> str | None:
    for form in (_SIGN_DATE, _HAN_DATE, _COMPACT_DATE, _WORD_DATE):
        match = form.match(text)
        date = match and _date(match.groupdict())
        if date:
            return date
    epoch = _EPOCH.match(text)
    return _since_1970(epoch[1]) if epoch else None


def _date(parts: dict[str, str | None]) -> str | None:
    year = _year(parts)
    month, day = _month(parts.get("month") or parts.get("month2")), parts.get("day")
    day = day or parts.get("day2")
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    if month is None:
        return f"{year:04}" if not parts.get("hour") else None
    if not 1 <= month <= 12:
        return None
    if day is None:
        return f"{year:04}-{month:02}" if not parts.get("hour") else None
    number = _number(day)
    if not 1 <= number <= calendar.monthrange(year, month)[1]:
        return None
    clock = _clock(parts)
    return None if clock is None else f"{year:04}-{month:02}-{number:02}{clock}"


def _year(parts: dict[str, str | None]) -> int:
    year = _number(parts["year"] or "")
    if parts.get("era"):
        return year + _REPUBLIC if 0 < year <= _LAST_YEAR - _REPUBLIC else 0
    return year


def _month(given: str | None) -> int | None:
    if given is None:
        return None
    return _MONTHS.get(given.lower(), 0) if given.isascii() and given.isalpha() else _number(given)


def _clock(parts: dict[str, str | None]) -> str | None:
    """Return the time after the day: empty, or `Thh:mm:ss` and zone; None if impossible."""
    if not parts.get("hour"):
        return ""
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or parts.get("late") or "").upper()
    if half in _AFTERNOON and hour < 12:
        hour += 12
    if half in _MORNING and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 60:
        return None
    return f"T{hour:02}:{minute:02}:{min(second, 59):02}{_zone(parts.get('zone'))}"


def _zone(given: str | None) -> str:
    if not given:
        return ""
    if given.upper() in _ZONES:
        return _ZONES[given.upper()]
    digits = given[1:].replace(":", "").ljust(4, "0")
    return f"{given[0]}{digits[:2]}:{digits[2:]}"


def _number(given: str) -> int:
    """Parse a number in digits, in Chinese digits (二〇二三) or in Chinese numerals (二十九)."""
    if given.isdecimal():
        return int(given)
    given = given.replace("廿", "二十").replace("卅", "三十")
    if not re.search("[十百]", given):
        return int("".join(_DIGITS.get(mark, mark) for mark in given))
    total = 0
    for unit, value in (("百", 100), ("十", 10)):
        if unit in given:
            head, _, given = given.partition(unit)
            head = head.lstrip("零〇")
            total += value * (_number(head) if head else 1)
    rest = given.lstrip("零〇")
    return total + (_number(rest) if rest else 0)


def _since_1970(digits: str) -> str | None:
    seconds = int(digits) // (1000 if len(digits) == 13 else 1)
    moment = _EPOCH_ORIGIN + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00") if moment.year <= _LAST_YEAR else None

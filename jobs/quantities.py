"""Quantities as people read them: 3.7 %, 1.2 GB, 1 h 20 min."""

from __future__ import annotations

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Share(float):
    """A share of a whole, in [0, 1]; its text is a percentage, 0 % and 100 % only if exact."""

    __slots__ = ()

    def __str__(self) -> str:
        percent = round(100 * float(self), 1)
        if percent in {0, 100}:
            exact = 100 * float(self)
            return f"{percent:.0f} %" if exact == percent else ("<0.1 %", ">99.9 %")[exact > 1]
        return f"{percent:.1f} %"


class Size(int):
    """A number of bytes; its text has two or three digits and a decimal unit."""

    __slots__ = ()

    def __str__(self) -> str:
        return _scaled(float(int(self)))


def count(number: float) -> str:
    """Return a whole number with commas: 1,234,567."""
    return f"{round(number):,}"


def counted(number: int, noun: str) -> str:
    """Return a number and the noun that is counted: 1 file, 1,234 files."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time in its two largest units: 4.2 s, 3 min 20 s, 1 h 20 min, 2 d 3 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, below, small in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // below
            return f"{whole // unit} {name}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def approximate(seconds: float) -> str:
    """Return an estimated time, no finer than it is known: 5 s, 40 s, 3 min, 1 h 20 min."""
    for above, step in ((2 * _HOUR, 600), (600, _MINUTE), (_MINUTE, 30)):
        if seconds >= above:
            return duration(step * round(seconds / step))
    return duration(max(5, 5 * round(seconds / 5))).replace("5.0 s", "5 s")


def rate(per_second: float) -> str:
    """Return a rate of bytes: 4.2 MB/s."""
    return f"{_scaled(per_second)}/s"


def _scaled(size: float) -> str:
    for unit in _BYTES[:-1]:
        if abs(size) < _STEP - 0.5 or (unit == "B" and abs(size) < _STEP):
            return _digits(size, unit)
        size /= _STEP
    return _digits(size, _BYTES[-1])


def _digits(size: float, unit: str) -> str:
    return f"{size:.1f} {unit}" if unit != "B" and abs(size) < 9.95 else f"{size:,.0f} {unit}"

"""Explanations of error codes: what causes them and what to do, as `errors.yaml` has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from jobs import config_errors, errors
from jobs.config_errors import UnknownKey, nearest
from jobs.errors import HeliuError

_FILE = Path(__file__).with_name("errors.yaml")
_ABSTRACT = ("HeliuError", "DeliveryError")  # raised as one of their kinds


@dataclass(frozen=True)
class Explanation:
    """What `heliu help CODE` says.

    Attributes:
        code: as HL0202.
        name: of the class of the error.
        exit_code: of the program that ends with it.
        summary: one sentence.
        cause: what brings it about.
        remedy: what to do.
        example: a message, and the command or file that cures it.
    """

    code: str
    name: str
    exit_code: int
    summary: str
    cause: str
    remedy: str
    example: str


def error_classes() -> Iterator[type[HeliuError]]:
    """Yield every class of an error that is raised."""
    for module in (errors, config_errors):
        for value in vars(module).values():
            is_error = isinstance(value, type) and issubclass(value, HeliuError)
            if is_error and value.__module__ == module.__name__ and value.__name__ not in _ABSTRACT:
                yield value


@cache
def explanations() -> dict[str, Explanation]:
    """Return the explanation of every code, in the order of the codes."""
    texts = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    known = {one.code(): one for one in error_classes()}
    return {
        code: Explanation(
            code,
            known[code].__name__,
            known[code].exit_code,
            (known[code].__doc__ or "").splitlines()[0],
            **{key: text.strip() for key, text in texts[code].items()},
        )
        for code in sorted(known)
    }


def explanation(code: str) -> Explanation:
    """Return the explanation of a code.

    Raises:
        UnknownKey: there is no such code.
    """
    found = explanations().get(code.upper())
    if found is None:
        near = nearest(code.upper(), explanations())
        meant = f": did you mean {near}?" if near else ": docs/errors.md lists all"
        raise UnknownKey(f"there is no error {code}{meant}")
    return found

"""Opt-outs: what a page or its HTTP response says against mining its text or training on it.

Read are the reservation of the TDM Reservation Protocol (W3C community group, 2024), `noai` and
`noimageai` among instructions to robots, the preferences of `Content-Usage` (IETF working group
AI Preferences, drafts) and of `Content-Signal`, as headers and as meta tags of the same names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_RESERVATION, _POLICY = "tdm-reservation", "tdm-policy"
_PREFERENCES = frozenset(("content-usage", "content-signal"))
_ROBOTS = re.compile(r"robots|x-robots-tag|[\w-]*bot(?:-[\w-]+)?", re.ASCII)
_REFUSALS = frozenset(("noai", "noimageai"))
_AGAINST = re.compile(
    r"(?:^|[,;\s])(train-ai|train-genai|ai-train|ai|genai|tdm|bots)\s*=\s*\"?(no?)\"?(?=$|[,;\s])"
)
_SEPARATOR = re.compile(r"[,;:\s]+")
_MOST_CHARS = 400  # of a value: real ones are short
_MOST_SHOWN = 80  # of a policy's address

JOIN = "; "


def opt_outs(place: str, statements: Iterable[tuple[str, str]]) -> list[str]:
    """Return what is stated against mining and training, such as `header x-robots-tag: noai`.

    Args:
        place: where the statements are: `header` or `meta`.
        statements: names in any case, and values, of all headers or meta tags.
    """
    known = [(name.strip().lower(), value[:_MOST_CHARS].strip()) for name, value in statements]
    policy = next((value for name, value in known if name == _POLICY and value), None)
    found = (
        f"{place} {name}: {said}" for name, value in known for said in _against(name, value, policy)
    )
    return [*dict.fromkeys(found)]


def joined(found: Iterable[str]) -> str | None:
    """Return statements as one string, each once; None without any."""
    return JOIN.join(dict.fromkeys(found)) or None


def _against(name: str, value: str, policy: str | None) -> Iterator[str]:
    if name == _RESERVATION and value == "1":
        yield f"1, policy {policy[:_MOST_SHOWN]}" if policy else "1"
    elif name in _PREFERENCES:
        yield from (f"{key}={no}" for key, no in _AGAINST.findall(value.lower()))
    elif _ROBOTS.fullmatch(name):
        yield from (word for word in _SEPARATOR.split(value.lower()) if word in _REFUSALS)

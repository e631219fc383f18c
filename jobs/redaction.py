"""Secrets in addresses: taken out wherever an address becomes text that is shown or kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

_HIDDEN = "***"
_LOOKED_FOR = 20  # addresses of a text whose secrets are looked for in the rest of it
_LONG = 6  # a shorter secret may be a word of the text
# A password may hold slashes, as AWS's keys do, but a port is none.
_USER = re.compile(
    r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,31}:/{2,3})"
    r"(?:[^\s/:@?#'\"<>]{0,256}:(?!\d{1,5}/)[^\s@?#'\"<>]{0,512}|[^\s/@?#'\"<>]{0,512})"
    r"(?:@[^\s/@?#'\"<>]{1,256}){0,8}@"
)
# Parameters of signed addresses: AWS, Google, Azure (sig), Alibaba, Tencent, OAuth, plain words.
_QUERY = re.compile(
    r"([?&;#](?:x-[a-z]+-(?:signature|credential|security-token|algorithm)|q-(?:signature|ak)"
    r"|[\w.-]*(?:token|signature|secret|password|passwd|credential|api_?key|access_?key(?:_?id)?)"
    r"|googleaccessid|ossaccesskeyid|sig|pwd|jwt|authorization)=)[^&#;\s'\"<>]+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return the text with users, passwords and signatures in addresses replaced by `***`.

    Parts of the same addresses that stand elsewhere in the text go with them: what a library says
    of an address often quotes it without its beginning.
    """
    shown = _QUERY.sub(rf"\g<1>{_HIDDEN}", _USER.sub(rf"\g<1>{_HIDDEN}@", text))
    if shown != text:
        for secret in _secrets(text):
            shown = shown.replace(secret, _HIDDEN)
    return shown


def _secrets(text: str) -> list[str]:
    """Return the first long secrets of the addresses in a text, users with their passwords."""
    found: list[str] = []
    for one in islice(_USER.finditer(text), _LOOKED_FOR):
        user = one[0].removeprefix(one[1]).removesuffix("@")
        found += [user, user.partition(":")[2]] if ":" in user else []
    found += (one[0].removeprefix(one[1]) for one in islice(_QUERY.finditer(text), _LOOKED_FOR))
    return [secret for secret in found if len(secret) >= _LONG]


def has_secret(address: str) -> bool:
    """Whether an address holds what `redacted` takes out."""
    return redacted(address) != address


def redacted_values(value: Any) -> Any:
    """Return a plain value, as in JSON, with all text in it `redacted`."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {name: redacted_values(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_values(one) for one in value]
    return value

"""Secrets in addresses: taken out wherever an address becomes text that is shown or kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_HIDDEN = "***"
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
    """Return the text with users, passwords and signatures in addresses replaced by `***`."""
    return _QUERY.sub(rf"\g<1>{_HIDDEN}", _USER.sub(rf"\g<1>{_HIDDEN}@", text))


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

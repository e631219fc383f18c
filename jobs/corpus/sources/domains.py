"""Registered domains: the names one level below a public suffix, by the public suffix list.

The list comes with the library `publicsuffixlist`; nothing is fetched.
"""

from __future__ import annotations

import functools
import ipaddress

from publicsuffixlist import PublicSuffixList


def registered_domain(host: str) -> str | None:
    """Return the registered domain of a host; None for a public suffix or a number.

    Args:
        host: as `model.sites.site` returns it: lower case, labels in their own script.
    """
    return None if _is_number(host) else _suffixes().privatesuffix(host)


def is_public_suffix(host: str) -> bool:
    """Return whether names below this one are for anyone to register, as with `com.cn`."""
    return not _is_number(host) and _suffixes().publicsuffix(host) == host


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()

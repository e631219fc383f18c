"""Addresses of the network that one computer has, unlike versions, examples and shared ones."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from itertools import pairwise

_LARGEST_OF_OUTLINES = 63
# Resolvers that every computer may ask.
_OF_EVERYONE = frozenset(
    {"1.1.1.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "114.114.114.114", "223.5.5.5", "223.6.6.6"}
)


def is_of_one_computer(address: str, *, is_named: bool) -> bool:
    """Whether four numbers are an address that one computer has: 127.0.0.1 is every computer's."""
    try:
        parsed = IPv4Address(address)
    except AddressValueError:
        return False
    is_counted_up = {after - before for before, after in pairwise(parsed.packed)} == {1}
    if address in _OF_EVERYONE or is_counted_up or not parsed.is_global or parsed.is_multicast:
        return False
    # Sections and versions are numbered by small numbers.
    return is_named or max(parsed.packed) > _LARGEST_OF_OUTLINES

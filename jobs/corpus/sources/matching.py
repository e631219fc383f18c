"""The source of each address: the longest entry of the registry that it lies below."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.corpus.model.sites import path
from jobs.corpus.sources.registry import Registry, hosts_above

SOURCES = pa.schema(
    [
        pa.field("source_tier", pa.string()),
        pa.field("region", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("is_blocked", pa.bool_()),  # null where no source is found
    ]
)


class _Index(NamedTuple):
    """Numbers of the sources.

    Attributes:
        hosts: By host, of sources that stand for a host and all below it.
        prefixes: By host, of the others, with their prefixes, the longest first.
    """

    hosts: Mapping[str, int]
    prefixes: Mapping[str, Sequence[tuple[str, int]]]


def matched_sources(urls: pa.Array, sites: pa.Array, *, registry: Registry) -> pa.Table:
    """Return SOURCES, a row per address; null where no source is found.

    Args:
        urls: addresses.
        sites: their hosts, as `model.sites.sites` returns them.
        registry: the sources.

    Law: row-wise.
    """
    index = _indexed(registry)
    hosts = sites.dictionary_encode()
    by_host = [_by_host(host, index) for host in hosts.dictionary.to_pylist()]
    numbers = pa.array([*by_host], pa.int64()).take(hosts.indices)
    is_prefixed = pc.is_in(sites, value_set=pa.array([*index.prefixes], pa.string()))
    if pc.any(is_prefixed).as_py():
        some = (column.filter(is_prefixed).to_pylist() for column in (urls, sites, numbers))
        found = [
            _by_prefix(url, host, known, index) for url, host, known in zip(*some, strict=True)
        ]
        numbers = pc.replace_with_mask(numbers, is_prefixed, pa.array(found, pa.int64()))
    return _entries(registry).take(numbers)


@functools.lru_cache(maxsize=2)
def _entries(registry: Registry) -> pa.Table:
    shown = [(one.tier, one.region, one.licence, one.is_blocked) for one in registry.entries]
    return pa.Table.from_arrays(
        [
            pa.array(column, field.type)
            for column, field in zip(zip(*shown, strict=True), SOURCES, strict=True)
        ],
        schema=SOURCES,
    )


@functools.lru_cache(maxsize=2)
def _indexed(registry: Registry) -> _Index:
    hosts: dict[str, int] = {}
    prefixes: dict[str, list[tuple[str, int]]] = {}
    for number, source in enumerate(registry.entries):
        if source.prefix:
            prefixes.setdefault(source.host, []).append((source.prefix, number))
        else:
            hosts[source.host] = number
    longest_first = {
        host: sorted(some, key=lambda one: -len(one[0])) for host, some in prefixes.items()
    }
    return _Index(hosts, longest_first)


def _by_host(host: str, index: _Index) -> int | None:
    above = (index.hosts.get(name) for name in hosts_above(host))
    return next((number for number in above if number is not None), None)


def _by_prefix(url: str, host: str, by_host: int | None, index: _Index) -> int | None:
    given = path(url)
    found = (number for prefix, number in index.prefixes[host] if _is_below(given, prefix))
    return next(found, by_host)


def _is_below(given: str, prefix: str) -> bool:
    """Return whether a path begins with the parts of a prefix: /ab is not below /a."""
    return given.startswith(prefix) and given[len(prefix) : len(prefix) + 1] in {"", *"/?#"}

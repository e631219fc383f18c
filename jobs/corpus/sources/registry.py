"""The source registry: sites that are known, what they are, and whether their text is wanted.

A registry is a table of text, a TSV file with a header or a Parquet file::

    source                      name        tier             region  licence  status
    xinhuanet.com               新华网       key_news_site
    www.gz.example.cn/zwgk/     广州市政府   prefecture       广东
    *.gov.cn                    政府网站     other
    ads.example.com                                                           blocked

A source is a host with all hosts below it, or the beginning of an address. A public suffix is
written with `*.`, so that a slip does not list all of .com.cn. The longest source decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from enum import StrEnum
from typing import IO, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
import xxhash

from jobs.config_errors import InputUnreadable, unknown_choice
from jobs.corpus.model.sites import named_site, path
from jobs.corpus.sources.domains import is_public_suffix
from jobs.errors import ConfigError

TIERS = (
    *("ministry", "province", "prefecture", "county"),
    *("key_news_site", "central_newspaper", "local_newspaper", "other"),
)
COLUMNS = ("source", "name", "tier", "region", "licence", "status")
_STATUSES = ("listed", "blocked")
_PARQUET = b"PAR1"


class SourcePolicy(StrEnum):
    """What the registry decides. Releases store these words."""

    OFF = "off"
    ANNOTATE = "annotate"  # nothing: documents are given their tier and region
    DENY = "deny"  # documents of blocked sources are rejected
    ALLOW = "allow"  # so are those of sources that are not listed


class Source(NamedTuple):
    """A row of the registry.

    Attributes:
        host: As `model.sites.site` returns it; it stands for all hosts below it, too.
        prefix: The beginning of the path of its addresses; then it stands for this host alone.
        tier: One of TIERS, or None.
        region: As given, or None.
        licence: Of its documents, in place of their partner's; or None.
        is_blocked: Whether its documents are rejected.
    """

    host: str
    prefix: str
    tier: str | None
    region: str | None
    licence: str | None
    is_blocked: bool


@dataclass(frozen=True)
class Registry:
    """The sources by host and prefix, known by the digest of what they say.

    They are pickled with it, but are no field: registries are compared, hashed and recorded by
    digest alone.
    """

    digest: str
    sources: InitVar[tuple[Source, ...]]

    def __post_init__(self, sources: tuple[Source, ...]) -> None:
        object.__setattr__(self, "_sources", sources)

    @property
    def entries(self) -> tuple[Source, ...]:
        """The sources."""
        entries: tuple[Source, ...] = self.__dict__["_sources"]
        return entries


@dataclass(frozen=True)
class SourceParams:
    """The registry and what it decides; the default is what releases meant that record none.

    Attributes:
        policy: One of SourcePolicy.
        registry: The known sources, or None.
        most_flagged: The share of flagged documents above which a site is rejected, or None.
        flagged_by: The reasons of the rules that flag a document.
    """

    policy: str = "off"
    registry: Registry | None = None
    most_flagged: float | None = None
    flagged_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse words that are no policy, and a policy without a registry."""
        if self.policy not in set(SourcePolicy):
            raise unknown_choice("sources.policy", self.policy, SourcePolicy)
        if self.most_flagged is not None and not 0 <= self.most_flagged <= 1:
            raise ConfigError(f"sources.most_flagged={self.most_flagged} is no share: give 0 to 1")
        if self.most_flagged is not None and not self.flagged_by:
            raise ConfigError(
                "sources.most_flagged needs to know what flags a document: give "
                "sources.flagged_by=[…], reasons of the profile of rules"
            )
        if self.is_on and self.registry is None:
            raise ConfigError(
                f"sources.policy={self.policy} needs a registry: give sources.registry=FILE, a TSV "
                f"or Parquet file with the columns {', '.join(COLUMNS)}"
            )

    @property
    def is_on(self) -> bool:
        """Whether documents are matched with the registry."""
        return self.policy != SourcePolicy.OFF


def read_registry(stream: IO[bytes], name: str) -> Registry:
    """Return the sources of a file.

    Args:
        stream: a TSV file in UTF-8 with a header, or a Parquet file.
        name: of the file, for errors.

    Raises:
        ConfigError: the file is neither, or a row of it says nothing, with the row's number.
    """
    table = _table(stream, name)
    found: dict[tuple[str, str], Source] = {}
    for number, row in enumerate(table.to_pylist(), start=1):
        source = _source(row, f"sources.registry: {name}, row {number}")
        if found.setdefault(source[:2], source) != source:
            raise InputUnreadable(
                f"sources.registry: {name}, row {number}: {row['source']} stands in an earlier row "
                "with other values: keep one of them"
            )
    sources = tuple(found[key] for key in sorted(found))
    return Registry(xxhash.xxh3_128_hexdigest(orjson.dumps([*map(tuple, sources)])), sources)


def _table(stream: IO[bytes], name: str) -> pa.Table:
    data = stream.read()
    try:
        if data.startswith(_PARQUET):
            table = pq.read_table(pa.BufferReader(data))
        else:
            text = {name: pa.string() for name in COLUMNS}
            table = pc_csv.read_csv(
                pa.BufferReader(data),
                parse_options=pc_csv.ParseOptions(delimiter="\t", quote_char=False),
                convert_options=pc_csv.ConvertOptions(column_types=text, strings_can_be_null=False),
            )
    except pa.ArrowException as error:
        raise InputUnreadable(
            f"sources.registry: {name} cannot be read ({error}): give a TSV file in UTF-8 with a "
            f"header, or a Parquet file, with the columns {', '.join(COLUMNS)}"
        ) from error
    unknown = sorted(set(table.column_names) - set(COLUMNS))
    if "source" not in table.column_names or unknown:
        raise InputUnreadable(
            f"sources.registry: {name} has the columns {', '.join(table.column_names)}: it needs "
            f"source, and may have {', '.join(COLUMNS[1:])}"
        )
    return table.cast(pa.schema([(column, pa.string()) for column in table.column_names]))


def _source(row: dict[str, str | None], place: str) -> Source:
    given = {name: (row.get(name) or "").strip() for name in COLUMNS}
    host, prefix = _host_and_prefix(given["source"], place)
    _require_one_of(given, "tier", TIERS, place)
    _require_one_of(given, "status", _STATUSES, place)
    tier, region, licence = (given[name] or None for name in ("tier", "region", "licence"))
    return Source(host, prefix, tier, region, licence, is_blocked=given["status"] == "blocked")


def _host_and_prefix(given: str, place: str) -> tuple[str, str]:
    host = named_site(given)
    prefix = path(given if "//" in given else f"//{given}")
    if host is None:
        raise InputUnreadable(f"{place}: {given!r} is no host: write example.gov.cn or its address")
    if is_public_suffix(host) and not given.startswith("*."):
        raise InputUnreadable(
            f"{place}: names below {given} are for anyone to register: write *.{host} if all of "
            "them are meant"
        )
    return host, prefix.rstrip("/")


def _require_one_of(given: dict[str, str], key: str, known: tuple[str, ...], place: str) -> None:
    if given[key] and given[key] not in known:
        raise unknown_choice(f"{place}: {key}", given[key], known)


def hosts_above(host: str) -> Iterator[str]:
    """Yield a host and all that it is below, the longest first."""
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield host

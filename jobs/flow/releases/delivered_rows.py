"""Originals: a delivered row read again, to show what the repairs made of it.

A release records of each row its file and number there, how that was read
and the digest of the file; so the row can be read again wherever the delivery still is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.repair.normalization import changes
from jobs.corpus.repair.repairs import RepairParams
from jobs.errors import ConfigError, DeliveryMissing
from jobs.flow.intake.delivered_tables import file_tables
from jobs.flow.intake.file_contents import MEMBER
from jobs.flow.intake.input_shards import Delivered
from jobs.flow.recorded import reading_of
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.manifests import InputEntry, JsonObject
from jobs.storage.source_bytes import known_bytes
from jobs.storage.sources import expand

_BATCH_BYTES = 8 << 20
_PLACE = ("source_file", "source_row")


@dataclass(frozen=True)
class Whereabouts:
    """Where a partner's delivery is now: paths or patterns, and the server if it is not AWS."""

    deliveries: tuple[str, ...]
    endpoint_url: str | None


@dataclass(frozen=True)
class Change:
    """What one rule did to a text."""

    rule: str
    before: str
    after: str


def repairs_of(
    release: OpenedRelease, decision: dict[str, Any], where: Whereabouts
) -> Iterator[Change]:
    """Yield every repair of the text of a delivered row, in order.

    Args:
        release: which decided about the row.
        decision: a row of DECISIONS.
        where: the partner's delivery is now.

    Raises:
        DeliveryMissing: the file is not there, or is not the one that was delivered.
    """
    text = delivered_text(release, decision, where)
    for repair, before, after in changes(text or "", _repair_params(release, decision).wanted):
        yield Change(str(repair.name).lower(), before, after)


def repaired_text(release: OpenedRelease, decision: dict[str, Any], where: Whereabouts) -> str:
    """Return the text of a delivered row after every repair; arguments as of `repairs_of`."""
    text = delivered_text(release, decision, where) or ""
    steps = changes(text, _repair_params(release, decision).wanted)
    return [text, *(after for _, _, after in steps)][-1]


def _repair_params(release: OpenedRelease, decision: dict[str, Any]) -> RepairParams:
    given = _recorded(release, decision)["repair"]
    return RepairParams(tuple(given["skip"]), given["lost_share"])


def delivered_text(
    release: OpenedRelease, decision: dict[str, Any], where: Whereabouts
) -> str | None:
    """Return the text of a row as it was delivered; None if it was refused for having none.

    Args:
        release: that decided the row.
        decision: of the row.
        where: the deliveries now.
    """
    partner, number = decision["partner"], decision["source_row"]
    source = _source(release, partner, decision["source_file"], where)
    # The file may have another name now, a member has the one in its archive.
    _, is_member, member = decision["source_file"].partition(MEMBER)
    place = (f"{source.source.name}{is_member}{member if is_member else ''}", number)
    params = _reading(release, decision)
    for table in file_tables(source, params, endpoint_url=where.endpoint_url):
        places = list(zip(*(table[name].to_pylist() for name in _PLACE), strict=True))
        if place in places:
            text: str | None = table["text"][places.index(place)].as_py()
            return text
    raise DeliveryMissing(f"{source.source.uri} has no row {number}: it was read in another way")


def _source(release: OpenedRelease, partner: str, name: str, where: Whereabouts) -> Delivered:
    """Return the present file that had this name in the delivery: the one with the same bytes."""
    delivered = _input(release, partner, name)
    name = delivered["file"]
    if not where.deliveries:
        raise ConfigError(
            f"diff=true reads {name} of {partner} again: give deliveries=PATH where that is now"
        )
    sources = expand(
        where.deliveries, partner=partner, endpoint_url=where.endpoint_url, follow_links=True
    )
    for source in sources:
        if source.size_bytes == delivered["bytes"]:
            found = known_bytes(source.uri, endpoint_url=where.endpoint_url)
            if found.digest == delivered["xxh3_128"]:
                return Delivered(source, found, None)
    raise DeliveryMissing(
        f"no file of {', '.join(where.deliveries)} is {name} as {partner} delivered it "
        f"({delivered['bytes']:,} bytes, xxh3-128 {delivered['xxh3_128']}): "
        "give deliveries=PATH where that is now, or restore it"
    )


def _input(release: OpenedRelease, partner: str, name: str) -> InputEntry:
    """Return the entry of a delivered file, or of the archive that a member is in."""
    named = {
        file["file"]: file for file in release.manifest["inputs"] if file["partner"] == partner
    }
    return named[name] if name in named else named[name.partition(MEMBER)[0]]


def _recorded(release: OpenedRelease, decision: dict[str, Any]) -> JsonObject:
    """Return how the file of a row was read."""
    file = _input(release, decision["partner"], decision["source_file"])
    recorded = release.manifest["parameters"]["reading"][decision["partner"]]
    return reading_of(recorded, file.get("reading"))


def _reading(release: OpenedRelease, decision: dict[str, Any]) -> DeliveryParams:
    given = _recorded(release, decision)
    columns = tuple(sorted(given["columns"].items()))
    reading = {name: value for name, value in given.items() if name != "repair"}
    reading["keep"] = tuple(reading.get("keep", ()))
    others = {"batch_bytes": _BATCH_BYTES, "lost_share": given["repair"]["lost_share"]}
    return DeliveryParams(**{**reading, "columns": columns, **others})

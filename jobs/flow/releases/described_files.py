"""Described files: those beside a release for the programs that load it, made from its manifest.

They are in `CORPUS/releases/VERSION/` and can be written again at any time; heliu never reads them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from jobs.corpus.model.reasons import DropReason, Stage
from jobs.errors import ConfigError
from jobs.flow.releases.acceptance import attested
from jobs.flow.releases.card import dataset_card, licence_card
from jobs.flow.releases.croissant import croissant
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.licences import LicenceGroup, licensed_manifest
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.layout import derived_key
from jobs.storage.manifests import ColumnEntry, FileEntry, JsonObject, Manifest, PartnerAccount

_TO_ROOT = "../.."
_WILD = re.compile(r"[*?\[]")  # DuckDB takes every address for a pattern
_JSON_TYPES = {"float": "number", "double": "number", "bool": "boolean"}


@dataclass(frozen=True)
class DescribedRelease:
    """A release to describe: manifest, digest of that, when it was published, what is attested."""

    manifest: Manifest
    digest: str
    published_at: str
    acceptance: Sequence[JsonObject] = ()


def described_release(release: OpenedRelease) -> DescribedRelease:
    """Return the description of an opened release."""
    accepted = attested(release.source, release.digest)
    manifest = current_manifest(release)
    return DescribedRelease(manifest, release.digest, release.published_at, accepted)


def current_manifest(release: OpenedRelease) -> Manifest:
    """Return the manifest with the numbers of what a release holds now.

    They differ from those it was published with only where a takedown removed rows since.
    """
    if not release.is_redacted:
        return release.manifest
    shards = release.entries("shards")
    accounts = {
        name: _current(account, [one for one in shards if one["partner"] == name])
        for name, account in release.manifest["partners"].items()
    }
    return {
        **release.manifest,
        "documents": sum(one["rows"] for one in shards),
        "content_bytes": sum(one["content_bytes"] for one in shards),
        "partners": accounts,
    }


def _current(account: PartnerAccount, shards: Sequence[FileEntry]) -> PartnerAccount:
    """Return the account of a partner whose documents some files hold now."""
    kept = sum(one["rows"] for one in shards)
    if taken_down := account["kept"] - kept:
        reason = f"{Stage.TAKEDOWN}/{DropReason.TAKEN_DOWN}"
        reasons = {**account["reasons"], reason: account["reasons"].get(reason, 0) + taken_down}
        numbers = {"kept": kept, "dropped": account["dropped"] + taken_down, "reasons": reasons}
        account = cast("PartnerAccount", {**account, **numbers})
    return {**account, "content_bytes": sum(one["content_bytes"] for one in shards)}


def write_derived(release: OpenedRelease) -> list[str]:
    """Write a release's derived files beside it, replacing older ones; return their locations."""
    locations = [
        FileLocation(
            f"{_TO_ROOT}{entry['key'].removeprefix(release.corpus)}",
            release.store.location(entry["key"]),
            entry["sha256"],
            entry["bytes"],
        )
        for entry in release.entries("shards")
    ]
    written = []
    for name, body in derived_files(described_release(release), locations).items():
        key = derived_key(release.corpus, release.version, name)
        release.store.put(key, body)
        written.append(release.store.location(key))
    return written


def croissant_below(release: OpenedRelease, base_url: str) -> bytes:
    """Return the Croissant file for readers who find the storage root at `base_url`, over HTTP.

    Raises:
        ConfigError: it is no http:// or https:// address; loaders of Croissant know no other.
    """
    page = release_page(release.corpus, release.version, base_url)
    locations = [
        FileLocation(url, url, entry["sha256"], entry["bytes"])
        for entry in release.entries("shards")
        for url in [f"{base_url.rstrip('/')}/{entry['key']}"]
    ]
    manifest = current_manifest(release)
    return croissant(manifest, release.published_at, locations, pattern=None, url=page)


def release_page(corpus: str, version: str, base_url: str) -> str:
    """Return the address of the card of a release for readers over HTTP.

    Args:
        corpus: of the release.
        version: of the release.
        base_url: where they find the storage root.

    Raises:
        ConfigError: it is no http:// or https:// address.
    """
    if not base_url.startswith(("http://", "https://")):
        raise ConfigError(
            f"base_url={base_url!r}: give the https:// address where readers find storage.root"
        )
    return f"{base_url.rstrip('/')}/{derived_key(corpus, version, 'README.md')}"


def derived_files(
    release: DescribedRelease,
    locations: Sequence[FileLocation],
    *,
    pattern: str | None = None,
    group: LicenceGroup | None = None,
) -> dict[str, bytes]:
    """Return name and content of every derived file; equal releases and locations, equal bytes.

    Args:
        release: the release they describe.
        locations: the release's files of documents, in order.
        pattern: matches the path of all of them and of nothing else, if there is such a pattern.
        group: the documents that these files hold, if they are not all of the release.
    """
    manifest = release.manifest
    paths = [file.path for file in locations] if pattern is None else [pattern]
    if group is None:
        card = dataset_card(manifest, release.digest, paths=paths, acceptance=release.acceptance)
    else:
        card = licence_card(manifest, release.digest, group, paths=paths)
        manifest = licensed_manifest(manifest, group)
    return {
        "README.md": card.encode(),
        "SHA256SUMS": sha256sums((file.path, file.sha256) for file in locations),
        "croissant.json": croissant(manifest, release.published_at, locations, pattern=pattern),
        "files.txt": "".join(f"{file.address}\n" for file in locations).encode(),
        "schema.json": indented(json_schema(manifest)),
        "view.sql": view(manifest, [file.address for file in locations]).encode(),
    }


def licence_files(release: OpenedRelease, group: LicenceGroup) -> dict[str, bytes]:
    """Return name and content of the files that describe a licence group of a release.

    Its documents are read from the files of the release.
    """
    manifest = current_manifest(release)
    addresses = [release.store.location(file.entry["key"]) for file in group.files]
    card = licence_card(manifest, release.digest, group, paths=())
    return {
        "README.md": card.encode(),
        "files.txt": "".join(f"{address}\n" for address in addresses).encode(),
        "view.sql": view(manifest, addresses, licences=group.licences).encode(),
    }


def sha256sums(files: Any) -> bytes:
    """Return the lines that `sha256sum -c` reads, from (path, sha256) pairs."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in files).encode()


def json_schema(manifest: Manifest) -> JsonObject:
    """Return the columns of a document as a JSON Schema (2020-12) of one record."""
    columns = manifest["schema"]["shards"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A document of {manifest['corpus']} {manifest['version']}",
        "type": "object",
        "properties": {column["name"]: _json_type(column) for column in columns},
        "required": [column["name"] for column in columns if not column["nullable"]],
        "additionalProperties": False,
    }


def view(manifest: Manifest, addresses: Sequence[str], *, licences: Sequence[str] = ()) -> str:
    """Return SQL that makes the documents a DuckDB view named after the corpus.

    Args:
        manifest: of the release.
        addresses: of its files.
        licences: those whose documents are wanted; empty: all.
    """
    name = _sql_name(manifest["corpus"])
    if not addresses:
        columns = ", ".join(
            f"NULL AS {_sql_name(one['name'])}" for one in manifest["schema"]["shards"]
        )
        return f"CREATE OR REPLACE VIEW {name} AS SELECT {columns} WHERE false;\n"
    listed = ",\n".join(f"  {_sql_pattern(one)}" for one in addresses)
    # Names and addresses are quoted; the reader runs this file, nothing here does.
    source = f"read_parquet([\n{listed}\n], hive_partitioning = false)"
    where = f"\nWHERE licence IN ({', '.join(map(_sql_text, licences))})" if licences else ""
    select = f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {source}{where};\n"  # noqa: S608
    return f"-- {manifest['corpus']} {manifest['version']}\n{select}"


def _sql_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sql_pattern(address: str) -> str:
    return _sql_text(_WILD.sub(r"[\g<0>]", address))


def _sql_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _json_type(column: ColumnEntry) -> JsonObject:
    name = column["type"]
    if name.startswith("list<"):
        kind = "array"
    elif name.startswith(("int", "uint")):
        kind = "integer"
    else:
        kind = _JSON_TYPES.get(name, "string")
    return {"type": [kind, "null"] if column["nullable"] else kind}


def indented(value: Any) -> bytes:
    """Return a value as indented JSON that ends in a line break."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"

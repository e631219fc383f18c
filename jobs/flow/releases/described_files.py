"""Described files: those beside a release for the programs that load it, made from its manifest.

They are in `CORPUS/releases/VERSION/` and can be written again at any time; heliu never reads them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from jobs.errors import ConfigError
from jobs.flow.releases.acceptance import attested
from jobs.flow.releases.card import dataset_card
from jobs.flow.releases.croissant import croissant
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.layout import derived_key
from jobs.storage.manifests import ColumnEntry, JsonObject, Manifest

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
    return DescribedRelease(release.manifest, release.digest, release.published_at, accepted)


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
    if not base_url.startswith(("http://", "https://")):
        raise ConfigError(
            f"base_url={base_url!r}: give the https:// address where readers find storage.root"
        )
    locations = [
        FileLocation(url, url, entry["sha256"], entry["bytes"])
        for entry in release.entries("shards")
        for url in [f"{base_url.rstrip('/')}/{entry['key']}"]
    ]
    return croissant(release.manifest, release.published_at, locations, pattern=None)


def derived_files(
    release: DescribedRelease, locations: Sequence[FileLocation], *, pattern: str | None = None
) -> dict[str, bytes]:
    """Return name and content of every derived file; equal releases and locations, equal bytes.

    Args:
        release: the release they describe.
        locations: the release's files of documents, in order.
        pattern: matches the path of all of them and of nothing else, if there is such a pattern.
    """
    manifest = release.manifest
    paths = [file.path for file in locations] if pattern is None else [pattern]
    return {
        "README.md": dataset_card(
            manifest, release.digest, paths=paths, acceptance=release.acceptance
        ).encode(),
        "SHA256SUMS": sha256sums((file.path, file.sha256) for file in locations),
        "croissant.json": croissant(manifest, release.published_at, locations, pattern=pattern),
        "files.txt": "".join(f"{file.address}\n" for file in locations).encode(),
        "schema.json": _indented(json_schema(manifest)),
        "view.sql": view(manifest, [file.address for file in locations]).encode(),
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


def view(manifest: Manifest, addresses: Sequence[str]) -> str:
    """Return SQL that makes the documents a DuckDB view named after the corpus."""
    name = _sql_name(manifest["corpus"])
    if not addresses:
        columns = ", ".join(
            f"NULL AS {_sql_name(one['name'])}" for one in manifest["schema"]["shards"]
        )
        return f"CREATE OR REPLACE VIEW {name} AS SELECT {columns} WHERE false;\n"
    listed = ",\n".join(f"  {_sql_pattern(one)}" for one in addresses)
    # Names and addresses are quoted; the reader runs this file, nothing here does.
    source = f"read_parquet([\n{listed}\n], hive_partitioning = false)"
    select = f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {source};\n"  # noqa: S608
    return f"-- {manifest['corpus']} {manifest['version']}\n{select}"


def _sql_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sql_pattern(address: str) -> str:
    return "'" + _WILD.sub(r"[\g<0>]", address).replace("'", "''") + "'"


def _json_type(column: ColumnEntry) -> JsonObject:
    name = column["type"]
    if name.startswith("list<"):
        kind = "array"
    elif name.startswith(("int", "uint")):
        kind = "integer"
    else:
        kind = _JSON_TYPES.get(name, "string")
    return {"type": [kind, "null"] if column["nullable"] else kind}


def _indented(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"

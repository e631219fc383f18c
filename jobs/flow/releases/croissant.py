"""A release in Croissant 1.1 (docs.mlcommons.org/croissant), which catalogues and loaders read."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from jobs.flow.releases.croissant_provenance import provenance, responsible_use, usage_policies
from jobs.flow.releases.file_locations import FileLocation
from jobs.flow.releases.licences import licences_of
from jobs.flow.releases.processing import legal_name
from jobs.storage.manifests import JsonObject, Manifest

MOST_RECORD_SETS = 1000
"""Of a description: each is 16 kB, and loaders that read one set a shard read no more of them."""

_PARQUET = "application/x-parquet"
_TYPES = {"float": "sc:Float", "double": "sc:Float", "bool": "sc:Boolean"}
_NAMES = """
    citeAs column equivalentProperty extract field fileObject fileProperty fileSet format includes
    isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace
    samplingRate separator source subField transform
"""


def croissant(
    manifest: Manifest,
    published_at: str,
    locations: Sequence[FileLocation],
    *,
    pattern: str | None = None,
    url: str | None = None,
    has_records: bool = True,
) -> bytes:
    """Return the JSON-LD document.

    Files that a pattern matches are one record set, `documents`. Others are one record set each,
    `documents-00000` and so on: mlcroissant joins only what it can list. More than
    `MOST_RECORD_SETS` of these are listed as files alone: their columns would be gigabytes.

    Args:
        manifest: of the release.
        published_at: from its log entry, ISO 8601.
        locations: its files of documents.
        pattern: matches all their paths and nothing else, or None.
        url: of the folder of the release, if it has one.
        has_records: whether the columns are described, for programs that load the documents.
    """
    files = [_file(number, file) for number, file in enumerate(locations)]
    sets = []
    if has_records and pattern is None and len(files) <= MOST_RECORD_SETS:
        sets = [
            _records(manifest, f"documents-{number:05d}", {"fileObject": {"@id": file["@id"]}})
            for number, file in enumerate(files)
        ]
    elif has_records and pattern is not None:
        file_set = {"@type": "cr:FileSet", "@id": "shards", "name": "shards"}
        files.append({**file_set, "includes": pattern, "encodingFormat": _PARQUET})
        sets = [_records(manifest, "documents", {"fileSet": {"@id": "shards"}})]
    described = {
        **_dataset(manifest, files, sets),
        "datePublished": published_at,
        **({"url": url} if url else {}),
        **provenance(manifest, published_at),
        "usageInfo": usage_policies(manifest),
        **responsible_use(manifest),
    }
    return orjson.dumps(described, option=orjson.OPT_INDENT_2) + b"\n"


def _dataset(manifest: Manifest, files: list[JsonObject], sets: list[JsonObject]) -> JsonObject:
    partners, publisher = manifest["partners"], manifest.get("publisher")
    name = f"{manifest['corpus']}-{manifest['version']}"
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": manifest["corpus"],
        "version": manifest["version"],
        "description": f"{manifest['documents']} documents of {', '.join(partners)}, "
        "deduplicated within and between partners.",
        "license": licences_of(*partners.values()),
        "creator": [
            {"@type": "Organization", "name": legal_name(partner, account)}
            for partner, account in partners.items()
        ],
        **({"publisher": {"@type": "Organization", "name": publisher}} if publisher else {}),
        "inLanguage": "zh",
        "citeAs": name,
        "distribution": files,
        "recordSet": sets,
    }


def _file(number: int, file: FileLocation) -> JsonObject:
    return {
        "@type": "cr:FileObject",
        "@id": f"shard-{number:05d}",
        "name": f"shard-{number:05d}",
        "contentUrl": file.path,
        "contentSize": f"{file.size_bytes} B",
        "encodingFormat": _PARQUET,
        "sha256": file.sha256,
    }


def _records(manifest: Manifest, name: str, source: JsonObject) -> JsonObject:
    columns = manifest["schema"]["shards"]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": {"@id": f"{name}/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column['name']}",
                "name": column["name"],
                "dataType": _type(column["type"]),
                "repeated": column["type"].startswith("list<"),
                "source": {**source, "extract": {"column": column["name"]}},
            }
            for column in columns
        ],
    }


def _type(name: str) -> str:
    return "sc:Integer" if name.startswith(("int", "uint")) else _TYPES.get(name, "sc:Text")


def _context() -> JsonObject:
    """Return the terms of Croissant, as the specification's appendix lists them."""
    as_json = ("data", "examples")
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "prov": "http://www.w3.org/ns/prov#",
        "odrl": "http://www.w3.org/ns/odrl/2/",
        "conformsTo": "dct:conformsTo",
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        **{name: {"@id": f"cr:{name}", "@type": "@json"} for name in as_json},
        **{name: f"cr:{name}" for name in _NAMES.split()},
    }

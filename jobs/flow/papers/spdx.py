"""SPDX 3.0.1 of a release, JSON-LD: dataset profile, licences, files, and the parent.

Licences that SPDX lists are named as it names them, others by references that hold their words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from jobs.errors import ConfigError
from jobs.flow.papers.ledger import Ledger
from jobs.flow.releases.croissant_provenance import partner_id, release_id
from jobs.flow.releases.described_files import indented
from jobs.flow.releases.processing import (
    NOT_GIVEN,
    collection_methods,
    legal_name,
    privacy_statement,
    processing_steps,
    term,
)
from jobs.storage.manifests import JsonObject

_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_CREATION = "_:creation"
_NO_LICENCE = "expandedlicensing_NoAssertionLicense"
# Of spdx.org/licenses, those that texts come under; by their lower case.
_LISTED = {
    name.lower(): name
    for name in (
        *("Apache-2.0", "MIT", "CC0-1.0", "PDDL-1.0", "ODC-By-1.0", "ODbL-1.0", "BSD-3-Clause"),
        *("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0"),
        *("CC-BY-NC-ND-4.0", "CC-BY-3.0", "CC-BY-SA-3.0", "MulanPSL-2.0", "GFDL-1.3-or-later"),
    )
}


def spdx_document(ledger: Ledger, *, location: str | None) -> bytes:
    """Return the document as JSON-LD.

    Args:
        ledger: of the release.
        location: where the release is published, if that was said.

    Raises:
        ConfigError: the log does not say when the release was published, which SPDX asks for.
    """
    created = ledger.published_utc
    if created is None:
        raise ConfigError(
            f"the log does not say when {ledger.name} was published, and SPDX needs it: the log "
            "was written by another program"
        )
    elements = [*_elements(ledger, created, location)]
    ids = [one["spdxId"] for one in elements]
    root = release_id(ledger.manifest["corpus"], ledger.manifest["version"])
    document = {
        **_element("SpdxDocument", f"{root}:spdx"),
        "name": ledger.name,
        "rootElement": [root],
        "element": ids,
        "profileConformance": ["core", "software", "dataset", "simpleLicensing"],
        **_imported(ledger),
    }
    creation = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": created,
        "createdBy": [f"{root}:publisher"],
        "createdUsing": [f"{root}:heliu"],
    }
    return indented({"@context": _CONTEXT, "@graph": [creation, document, *elements]})


def _element(kind: str, spdx_id: str) -> JsonObject:
    return {"type": kind, "spdxId": spdx_id, "creationInfo": _CREATION}


def _sha256(digest: str) -> list[JsonObject]:
    return [{"type": "Hash", "algorithm": "sha256", "hashValue": digest}]


def _imported(ledger: Ledger) -> JsonObject:
    parent = ledger.manifest.get("parent")
    if not parent:
        return {}
    external = {
        "type": "ExternalMap",
        "externalSpdxId": release_id(ledger.manifest["corpus"], parent["version"]),
        "verifiedUsing": _sha256(parent["digest"]),
    }
    return {"import": [external]}


def _elements(ledger: Ledger, created: str, location: str | None) -> Iterator[JsonObject]:
    manifest = ledger.manifest
    root = release_id(manifest["corpus"], manifest["version"])
    publisher = manifest.get("publisher") or NOT_GIVEN
    yield {**_element("Organization", f"{root}:publisher"), "name": publisher}
    yield {**_element("Tool", f"{root}:heliu"), "name": "heliu"}
    for name, account in ledger.partners.items():
        shown = {"name": legal_name(name, account), "summary": f"partner {name}"}
        yield {**_element("Organization", partner_id(manifest, name)), **shown}
    yield _dataset(ledger, root, created, location)
    yield from _licences(ledger, root)
    files = [f"{root}:file:{one['sha256']}" for one in ledger.shards]
    for spdx_id, entry in zip(files, ledger.shards, strict=True):
        yield {
            **_element("software_File", spdx_id),
            "name": entry["key"].rpartition("/")[2],
            "software_primaryPurpose": "data",
            "verifiedUsing": _sha256(entry["sha256"]),
        }
    if files:
        yield _relation(f"{root}:files", root, "contains", files)
    if parent := manifest.get("parent"):
        to = [release_id(manifest["corpus"], parent["version"])]
        yield _relation(f"{root}:parent", root, "descendantOf", to)


def _dataset(ledger: Ledger, root: str, created: str, location: str | None) -> JsonObject:
    manifest, accounts = ledger.manifest, ledger.partners
    uses = [f"{legal_name(n, a)}: {term(a, 'allowed_use')}" for n, a in accounts.items()]
    policies = manifest["parameters"].get("private_data", {})
    origin = [partner_id(manifest, name) for name in accounts] or [f"{root}:publisher"]
    return {
        **_element("dataset_DatasetPackage", root),
        "name": manifest["corpus"],
        "description": f"{manifest['documents']:,} documents, {ledger.characters:,} characters",
        "software_packageVersion": manifest["version"],
        "software_primaryPurpose": "data",
        "software_downloadLocation": location or root,
        "builtTime": created,
        "releaseTime": created,
        "suppliedBy": f"{root}:publisher",
        "originatedBy": origin,
        "verifiedUsing": _sha256(ledger.digest),
        "dataset_datasetType": ["text"],
        "dataset_datasetSize": sum(one["bytes"] for one in ledger.shards),
        "dataset_dataCollectionProcess": "; ".join(collection_methods(manifest)) or NOT_GIVEN,
        "dataset_dataPreprocessing": processing_steps(manifest),
        "dataset_datasetNoise": NOT_GIVEN,
        "dataset_knownBias": [NOT_GIVEN],
        "dataset_intendedUse": "; ".join(uses) or NOT_GIVEN,
        "dataset_datasetUpdateMechanism": "A later version extends it; this one never changes.",
        "dataset_anonymizationMethodUsed": [
            f"{kind}: {policy}" for kind, policy in sorted(policies.items())
        ]
        or [NOT_GIVEN],
        "dataset_hasSensitivePersonalInformation": "noAssertion",
        "comment": privacy_statement(manifest),
    }


def _licences(ledger: Ledger, root: str) -> Iterator[JsonObject]:
    """Yield the licences of the documents and their relations to the dataset."""
    names = sorted({one.name or "" for name in ledger.partners for one in ledger.licences(name)})
    if names:
        references = {name: _reference(name) for name in names}
        texts = {name: f"{root}:licence:{quote(name, safe='')}" for name in names}
        unlisted = [name for name in names if name.lower() not in _LISTED]
        for name in unlisted:
            text = {"simplelicensing_licenseText": name}
            yield {**_element("simplelicensing_SimpleLicensingText", texts[name]), **text}
        expression = {
            "simplelicensing_licenseExpression": " AND ".join(references[name] for name in names),
            "simplelicensing_customIdToUri": [
                {"type": "DictionaryEntry", "key": references[name], "value": texts[name]}
                for name in unlisted
            ],
        }
        shown = {key: value for key, value in expression.items() if value}
        yield {**_element("simplelicensing_LicenseExpression", f"{root}:licence"), **shown}
    declared = [f"{root}:licence"] if names else [_NO_LICENCE]
    yield _relation(f"{root}:declared", root, "hasDeclaredLicense", declared)
    yield _relation(f"{root}:concluded", root, "hasConcludedLicense", [_NO_LICENCE])


def _reference(name: str) -> str:
    """Return the name of a licence in an expression."""
    hexed = name.encode().hex()
    return _LISTED.get(name.lower(), f"LicenseRef-{hexed}")


def _relation(spdx_id: str, from_id: str, kind: str, to: Sequence[str]) -> JsonObject:
    return {
        **_element("Relationship", spdx_id),
        "from": from_id,
        "relationshipType": kind,
        "to": list(to),
    }

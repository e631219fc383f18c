"""Data provenance metadata 1.0: Data & Trust Alliance, at OASIS the work of the DPS committee.

Three groups of elements: the source, its provenance, and what use is allowed.
"""

from __future__ import annotations

from jobs.flow.papers.ledger import Ledger
from jobs.flow.releases.croissant_provenance import partner_id, release_id
from jobs.flow.releases.described_files import indented
from jobs.flow.releases.processing import (
    NOT_GIVEN,
    collection_period,
    legal_name,
    processing_steps,
    term,
)
from jobs.storage.manifests import JsonObject

_VERSION = "1.0.0"


def data_provenance(ledger: Ledger, *, location: str | None) -> bytes:
    """Return the metadata as JSON.

    Args:
        ledger: of the release.
        location: where the release is published, if that was said.
    """
    return indented(
        {
            "source": _source(ledger, location),
            "provenance": _provenance(ledger),
            "use": _use(ledger),
        }
    )


def _source(ledger: Ledger, location: str | None) -> JsonObject:
    manifest = ledger.manifest
    return {
        "version": _VERSION,
        "title": ledger.name,
        "id": f"{release_id(manifest['corpus'], manifest['version'])}:sha256:{ledger.digest}",
        **({"location": location} if location else {}),
        "issuer": [{"name": manifest.get("publisher") or NOT_GIVEN}],
        "description": f"{manifest['documents']:,} documents, {ledger.characters:,} characters of "
        f"text of {len(ledger.partners)} partners. {' '.join(processing_steps(manifest))}",
    }


def _provenance(ledger: Ledger) -> JsonObject:
    manifest, accounts = ledger.manifest, ledger.partners
    first, last = collection_period(*accounts.values())
    period = {"start": first, "end": last}
    countries = sorted({term(account, "country") for account in accounts.values()})
    origin = sorted({legal_name(name, account) for name, account in accounts.items()})
    before = ledger.parent_published_at
    return {
        "source": " ".join([*(partner_id(manifest, name) for name in accounts), *_parent(ledger)]),
        "origin": [{"name": name} for name in origin],
        "origin-geography": [{"country": one} for one in countries or [NOT_GIVEN]],
        "date": ledger.published_at or NOT_GIVEN,
        **({"previous-date": before} if before else {}),
        "generation-period": period,
        "generation-method": _methods(ledger),
        "format": ["text", "application/x-parquet"],
    }


def _parent(ledger: Ledger) -> list[str]:
    parent = ledger.manifest.get("parent")
    return [release_id(ledger.manifest["corpus"], parent["version"])] if parent else []


def _methods(ledger: Ledger) -> list[JsonObject]:
    found = {
        (term(account, "source_kind"), term(account, "method"))
        for account in ledger.partners.values()
    }
    return [
        {"code": kind, "system": "heliu terms.source_kind", "description": method}
        for kind, method in sorted(found or {(NOT_GIVEN, NOT_GIVEN)})
    ]


def _use(ledger: Ledger) -> JsonObject:
    accounts = ledger.partners
    licences = {one.name or "" for name in accounts for one in ledger.licences(name)}
    policies = ledger.manifest["parameters"].get("private_data", {})
    uses = sorted({term(account, "allowed_use") for account in accounts.values()})
    return {
        "classification": [_personal_data(ledger)],
        "consents": sorted({term(account, "agreement") for account in accounts.values()}),
        "privacy-enhancing": [
            {
                "tool-category": {"code": kind, "system": "heliu private_data"},
                "tool": "heliu",
                "tool-used": "heliu",
                "parameters": [policy],
                "result": [_found(ledger, kind)],
            }
            for kind, policy in sorted(policies.items())
        ],
        "license": sorted(licences),
        "intended-purpose": [
            {"code": "terms.allowed_use", "system": "heliu", "description": one}
            for one in uses or [NOT_GIVEN]
        ],
    }


def _personal_data(ledger: Ledger) -> JsonObject:
    is_searched = bool(ledger.manifest["parameters"].get("private_data"))
    regulation = {"code": "PII", "description": "personal data"}
    return {"regulation": regulation, "evaluated": is_searched, "tool": "heliu private_data"}


def _found(ledger: Ledger, kind: str) -> str:
    kinds = ledger.manifest.get("private_data", {}).values()
    return f"{sum(one.get(kind, {}).get('values', 0) for one in kinds):,} values"

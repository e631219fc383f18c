"""Provenance, usage policies and responsible use of a release, as Croissant 1.1 says them.

W3C PROV names the deliveries of partners and the parent that a release was made of, ODRL what is
allowed with each partner's documents, Croissant RAI 1.0 how they were collected and processed.
"""

from __future__ import annotations

from urllib.parse import quote

from jobs.flow.releases.licences import licences_of
from jobs.flow.releases.processing import (
    NOT_GIVEN,
    collection_methods,
    collection_period,
    legal_name,
    privacy_statement,
    processing_steps,
    sources,
    term,
)
from jobs.storage.manifests import JsonObject, Manifest

_LIMITATIONS = (
    "Documents are as their partners delivered them, apart from the steps of "
    "rai:dataPreprocessingProtocol; whether they are true was not checked."
)


def release_id(corpus: str, version: str) -> str:
    """Return the identifier of a release, an URN."""
    return f"urn:heliu:{quote(corpus, safe='')}:{quote(version, safe='')}"


def partner_id(manifest: Manifest, partner: str) -> str:
    """Return the identifier of what a partner delivered for a release, an URN."""
    name = quote(partner, safe="")
    return f"{release_id(manifest['corpus'], manifest['version'])}:partner:{name}"


def provenance(manifest: Manifest, published_at: str) -> JsonObject:
    """Return what the release was derived from, and the activity that made it.

    Args:
        manifest: of the release.
        published_at: from its log entry, ISO 8601.
    """
    derived = [_delivery(manifest, name) for name in sources(manifest)]
    if parent := manifest.get("parent"):
        derived.append(
            {
                "@type": "prov:Entity",
                "@id": release_id(manifest["corpus"], parent["version"]),
                "prov:label": f"{manifest['corpus']} {parent['version']}",
                "sha256": parent["digest"],
            }
        )
    return {
        "prov:wasDerivedFrom": derived,
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:label": "heliu build" if "corrects" not in manifest else "heliu takedown",
            "prov:endedAtTime": published_at,
            "sc:description": " ".join(processing_steps(manifest)),
        },
    }


def _delivery(manifest: Manifest, name: str) -> JsonObject:
    account = manifest["partners"][name]
    inputs = [one for one in manifest["inputs"] if one["partner"] == name]
    return {
        "@type": "prov:Entity",
        "@id": partner_id(manifest, name),
        "prov:label": name,
        "sc:description": f"{len(inputs):,} delivered files, {account['delivered']:,} rows, of "
        f"which {account['kept']:,} are in the release. Agreement: {term(account, 'agreement')}. "
        f"Collected in: {term(account, 'country')}.",
        "prov:wasAttributedTo": {
            "@type": "prov:Organization",
            "prov:label": legal_name(name, account),
        },
    }


def usage_policies(manifest: Manifest) -> list[JsonObject]:
    """Return an ODRL offer for each partner's documents; its terms are the partner's words."""
    return [
        {
            "@type": ["CreativeWork", "odrl:Offer"],
            "name": f"Documents of {legal_name(name, account)}",
            "odrl:permission": {
                "@type": "odrl:Permission",
                "odrl:target": {"@id": partner_id(manifest, name)},
                "odrl:action": {"@id": "odrl:use"},
                "sc:description": f"Licence: {', '.join(licences_of(account))}. "
                f"Allowed use: {term(account, 'allowed_use')}.",
            },
        }
        for name, account in sources(manifest).items()
    ]


def responsible_use(manifest: Manifest) -> JsonObject:
    """Return the properties of Croissant RAI 1.0."""
    accounts = sources(manifest)
    period = [one for one in collection_period(*accounts.values()) if one != NOT_GIVEN]
    uses = [
        f"{legal_name(name, account)}: {term(account, 'allowed_use')}"
        for name, account in accounts.items()
    ]
    return {
        "rai:dataCollection": "; ".join(collection_methods(manifest)) or NOT_GIVEN,
        "rai:dataCollectionType": sorted({term(one, "source_kind") for one in accounts.values()}),
        "rai:dataCollectionRawData": f"{len(manifest['inputs']):,} files that "
        f"{len(accounts)} partners delivered.",
        **({"rai:dataCollectionTimeframe": period} if period else {}),
        "rai:dataPreprocessingProtocol": processing_steps(manifest),
        "rai:dataUseCases": uses,
        "rai:dataLimitations": [_LIMITATIONS],
        "rai:dataBiases": [NOT_GIVEN],
        "rai:dataSocialImpact": NOT_GIVEN,
        "rai:personalSensitiveInformation": [privacy_statement(manifest)],
        "rai:dataReleaseMaintenancePlan": "The release never changes. Later versions extend it; "
        "a takedown removes documents, and heliu verify reports it.",
    }

"""SLSA provenance v1 of a release: an in-toto statement of what it was made of, and how.

Every delivered file is a resolved dependency with the digest of the bytes that were read, and so
are the release that it extends or corrects, and the code. The statement is not signed: `heliu sign`
signs the release, whose manifest names the same files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from jobs.flow.papers.ledger import Ledger
from jobs.flow.releases.croissant_provenance import partner_id, release_id
from jobs.flow.releases.described_files import indented
from jobs.storage.manifests import JsonObject

_BUILD_TYPE = "urn:heliu:build:1"
_TAKEDOWN_TYPE = "urn:heliu:takedown:1"


def slsa_provenance(ledger: Ledger) -> bytes:
    """Return the statement as JSON."""
    manifest, commit_info = ledger.manifest, ledger.commit_info
    parameters = {
        "corpus": manifest["corpus"],
        "version": manifest["version"],
        "parent": manifest.get("parent"),
        "corrects": manifest.get("corrects"),
        "parameters": manifest["parameters"],
    }
    dependencies = [*_inputs(ledger), *_parent(ledger), *_code(commit_info)]
    subject = {
        "name": f"{manifest['corpus']}/{manifest['version']}",
        "digest": {"sha256": ledger.digest},
    }
    return indented(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": _TAKEDOWN_TYPE if "corrects" in manifest else _BUILD_TYPE,
                    "externalParameters": {
                        name: value for name, value in parameters.items() if value is not None
                    },
                    "resolvedDependencies": dependencies,
                },
                "runDetails": {
                    "builder": {"id": "urn:heliu", "version": _versions(commit_info)},
                    "metadata": _metadata(ledger),
                },
            },
        }
    )


def _inputs(ledger: Ledger) -> Iterator[JsonObject]:
    for one in ledger.manifest["inputs"]:
        kept: dict[str, Any] = {**one}
        known = {key: kept[key] for key in ("bytes", "since", "reading") if key in kept}
        yield {
            "uri": f"{partner_id(ledger.manifest, one['partner'])}:{quote(one['file'], safe='/')}",
            "name": f"{one['partner']}/{one['file']}",
            "digest": {"xxh3_128": one["xxh3_128"]},
            "annotations": known,
        }


def _parent(ledger: Ledger) -> Iterator[JsonObject]:
    if parent := ledger.manifest.get("parent"):
        yield {
            "uri": release_id(ledger.manifest["corpus"], parent["version"]),
            "name": f"{ledger.manifest['corpus']}/{parent['version']}",
            "digest": {"sha256": parent["digest"]},
        }


def _code(commit_info: JsonObject) -> Iterator[JsonObject]:
    code = commit_info.get("code")
    if isinstance(code, dict) and "sha256" in code:
        commit = {"gitCommit": code["commit"]} if code.get("commit") else {}
        yield {
            "uri": "urn:heliu:code",
            "name": "heliu",
            "digest": {"sha256": str(code["sha256"]), **commit},
            "annotations": {"is_dirty": bool(code.get("is_dirty", False))},
        }
    if commit_info.get("lock"):
        yield {
            "uri": "urn:heliu:requirements.lock",
            "name": "requirements.lock",
            "digest": {"sha256": str(commit_info["lock"])},
        }


def _versions(commit_info: JsonObject) -> dict[str, str]:
    tools = ("heliu", "python", "pyarrow", "ray", "numba", "numpy", "opencc", "xxhash")
    return {name: str(commit_info[name]) for name in tools if commit_info.get(name)}


def _metadata(ledger: Ledger) -> JsonObject:
    return {
        **({"invocationId": ledger.entry["id"]} if ledger.entry else {}),
        **({"finishedOn": at} if (at := ledger.published_utc) else {}),
    }

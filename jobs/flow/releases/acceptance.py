"""Acceptance: signed attestations of what reviewers and machines found in a release.

`CORPUS/acceptance/DIGEST/FACTS-KEY.json` is an envelope over an in-toto statement of the release's
manifest. It can be no part of that manifest, whose digest it names: so that equal inputs give equal
releases, whatever reviewers found in them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jobs.corpus.release.acceptance import Check, Review, shortfalls
from jobs.corpus.release.acceptance_params import AcceptanceParams
from jobs.corpus.release.proportions import CONFIDENCE
from jobs.errors import NotAccepted, ObjectMissing, SignatureInvalid
from jobs.flow.releases.attestations import read_public_key
from jobs.flow.releases.envelopes import checked_payload, enveloped, key_id, raw_key
from jobs.flow.releases.review_samples import Sample
from jobs.storage.canonical_json import canonical_json, sha256_hex
from jobs.storage.corpus import Corpus
from jobs.storage.layout import acceptance_key, acceptances
from jobs.storage.manifests import JsonObject, Manifest

_PREDICATE = "https://in-toto.io/attestation/acceptance/v0.1"
_SETTING = "acceptance.public_key"
_DIGITS = 6


def facts(
    sample: Sample, review: Review, check: Check | None, *, verdicts: str, reviewers: Sequence[str]
) -> JsonObject:
    """Return what is attested of a release: plain JSON.

    Args:
        sample: that was reviewed.
        review: its counts.
        check: of all documents by their signals; None if no limits were asked for.
        verdicts: sha256 of all verdicts.
        reviewers: names.
    """
    strata = [
        {
            **dict(zip(sample.params.by, one.key, strict=True)),
            "documents": one.documents,
            "reviewed": one.drawn,
            "passed": one.passed,
            "interval": _rounded(one.interval),
        }
        for one in review.strata
    ]
    stated = {
        "sample": {"digest": sample.digest, "drawn": str(sample.params), "verdicts": verdicts},
        "reviewers": list(reviewers),
        "review": {
            "documents": review.documents,
            "passed": review.passed,
            "verdicts": review.verdicts,
            "categories": review.categories,
            "confidence": CONFIDENCE,
            "interval": _rounded(review.interval),
            "weighted_share": round(review.weighted_share, _DIGITS),
            "strata": strata,
        },
        "check": check,
    }
    plain: JsonObject = orjson.loads(canonical_json(stated))
    return plain


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, _DIGITS) for value in values]


def attest(sample: Sample, stated: JsonObject, key: Ed25519PrivateKey, *, at: str) -> str:
    """Store a signed attestation; return its location. The same facts are attested once by a key.

    Args:
        sample: of the release that the facts are about.
        stated: the facts.
        key: of the signer.
        at: time of signing, ISO 8601.
    """
    release, public = sample.release, key.public_key()
    where = acceptance_key(
        release.corpus, release.digest, sha256_hex(canonical_json(stated)), key_id(public)
    )
    if not _is_attested(release.source, release.digest, where):
        name = f"{release.corpus}/{release.version}"
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": release.digest}}],
            "predicateType": _PREDICATE,
            "predicate": {
                "purl": f"pkg:generic/{name}",
                "signedOn": at,
                "publicKey": raw_key(public).hex(),
                **stated,
            },
        }
        release.store.put(where, enveloped(statement, key))
    return release.store.location(where)


def _is_attested(corpus: Corpus, digest: str, where: str) -> bool:
    try:
        _checked(corpus, digest, where)
    except (ObjectMissing, SignatureInvalid):  # the latter is replaced
        return False
    return True


def attested(corpus: Corpus, digest: str, *, public_key: str | None = None) -> list[JsonObject]:
    """Return the facts that are attested of a release, in order of signing; signatures are checked.

    Each has `signedOn`, `publicKey` and `key`, the name of the key, beside the facts.

    Args:
        corpus: of the release.
        digest: of its manifest.
        public_key: path of the only key that counts; None for all.

    Raises:
        SignatureInvalid: an attestation was edited, or made for another release.
        ConfigError: the path holds no public key.
    """
    wanted = key_id(read_public_key(Path(public_key), _SETTING)) if public_key else None
    keys = [info.key for info in corpus.store.list(acceptances(corpus.name, digest))]
    found = [_checked(corpus, digest, key) for key in keys]
    counted = [one for one in found if wanted in {None, one["key"]}]
    return sorted(counted, key=lambda one: str(one["signedOn"]))


def _checked(corpus: Corpus, digest: str, where: str) -> JsonObject:
    try:
        envelope = orjson.loads(corpus.store.get(where))
        (signature,) = envelope["signatures"]
        unchecked = orjson.loads(base64.b64decode(envelope["payload"]))["predicate"]
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(unchecked["publicKey"]))
        statement: Any = orjson.loads(checked_payload(envelope, signature, public))
        is_right = statement["subject"][0]["digest"] == {"sha256": digest}
        is_right &= statement["predicateType"] == _PREDICATE and where.endswith(
            f"-{key_id(public)}.json"
        )
    except (InvalidSignature, ValueError, TypeError, KeyError, IndexError) as error:
        raise _damage(corpus, where) from error
    if not is_right:
        raise _damage(corpus, where)
    return {**statement["predicate"], "key": key_id(public)}


def _damage(corpus: Corpus, where: str) -> SignatureInvalid:
    return SignatureInvalid(
        f"{corpus.store.location(where)} is no attestation of this release: it was edited or made "
        "for another digest; remove it and run heliu accept again"
    )


def require_accepted(
    corpus: Corpus, manifest: Manifest, params: AcceptanceParams
) -> list[JsonObject]:
    """Return what is attested of a candidate; refuse one of which that is not enough.

    Args:
        corpus: that it is of.
        manifest: of the candidate.
        params: what is demanded.

    Raises:
        NotAccepted: names what is lacking, with its numbers.
    """
    digest = sha256_hex(canonical_json(manifest))
    found = attested(corpus, digest, public_key=params.public_key)
    if not params.is_demanded:
        return found
    lacking = [
        "; ".join(
            shortfalls(
                params, documents=manifest["documents"], review=one["review"], check=one["check"]
            )
        )
        for one in found
    ]
    if "" in lacking:
        return found
    what = lacking[-1] if lacking else _nothing(params, manifest["documents"])
    name = f"{manifest['corpus']} {manifest['version']}"
    raise NotAccepted(
        f"{name} is not published: {what}. It is kept as a candidate: heliu sample "
        f"release={manifest['version']} n={max(params.reviewed, 1)} out=DIR, then heliu accept"
    )


def require_readable(params: AcceptanceParams) -> None:
    """Refuse demands whose public key cannot be read, before hours of work."""
    if params.public_key:
        read_public_key(Path(params.public_key), _SETTING)


def recorded_acceptance(found: Sequence[JsonObject]) -> JsonObject:
    """Return what the log records of attestations: who signed what, in counts; nothing for none."""
    names = ("documents", "passed", "interval")
    recorded = [
        {
            **{name: one[name] for name in ("key", "signedOn", "reviewers")},
            **{name: one["review"][name] for name in names},
            "sample": one["sample"]["digest"],
        }
        for one in found
    ]
    return {"acceptance": recorded} if recorded else {}


def _nothing(params: AcceptanceParams, documents: int) -> str:
    by = f" by the key of {params.public_key}" if params.public_key else ""
    asked = f"0 of {min(params.reviewed, documents):,} documents" if params.reviewed else "nothing"
    return f"{asked} of this candidate are attested as reviewed{by}"

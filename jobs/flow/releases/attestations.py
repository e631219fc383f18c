"""Attestations: signatures of a release, checked with the signer's public key.

`CORPUS/attestations/DIGEST/KEY.json` is a DSSE envelope over an in-toto statement that names the
release, the sha256 of its manifest, which names everything else, and when it was signed. Each key
has an envelope of its own, so that concurrent signers do not conflict; signatures can be added at
any time. Envelope: DSSE v1 (secure-systems-lab); statement: in-toto Attestation Framework v1.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jobs.config_errors import InputUnreadable
from jobs.errors import ObjectMissing, SignatureInvalid
from jobs.flow.releases.envelopes import checked_payload, enveloped, key_id
from jobs.flow.releases.opened_release import OpenedRelease, open_release
from jobs.storage.layout import attestation_key, attestations
from jobs.storage.manifests import JsonObject
from jobs.storage.objects import StorageParams
from jobs.storage.stores import open_store

_MAKE_ONE = "openssl genpkey -algorithm ed25519 -out key.pem makes one"
_PUBLIC_ONE = "openssl pkey -in key.pem -pubout -out key.pub makes that of a private key"


@dataclass(frozen=True)
class Signature:
    """A signature as stored; `check_signature` checks it.

    Attributes:
        key: The sha256 of the 32 bytes of the public key.
        at: When it was signed, by the signer's clock; None in the oldest.
    """

    key: str
    at: str | None


def signing_key(path: str | None) -> Ed25519PrivateKey | None:
    """Read the configured key, if any; before a build, so that a wrong path fails early."""
    return read_private_key(Path(path), "sign_key") if path else None


def sign_published(
    storage: StorageParams, corpus: str, version: str, key: Ed25519PrivateKey, *, at: str
) -> None:
    """Sign a release that was just published.

    Args:
        storage: where the release is.
        corpus: name of its corpus.
        version: of the release.
        key: of the signer.
        at: time of signing, ISO 8601.
    """
    sign(open_release(open_store(storage), corpus, version), key, at=at)


def read_private_key(path: Path, name: str) -> Ed25519PrivateKey:
    """Read a private key from an unencrypted PEM file.

    Args:
        path: of the file.
        name: of the setting that gave the path, for the message.

    Raises:
        ConfigError: it is not there or no such key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise InputUnreadable(f"{name}={path} cannot be read ({error}): {_MAKE_ONE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputUnreadable(f"{name}={path} is no Ed25519 key: {_MAKE_ONE}")
    return key


def sign(release: OpenedRelease, key: Ed25519PrivateKey, *, at: str) -> tuple[Signature, bool]:
    """Sign a release unless this key has signed it; return the signature and whether it is new.

    Args:
        release: as published.
        key: of the signer.
        at: time of signing, ISO 8601.
    """
    public = key.public_key()
    try:
        if known := _checked(release, public):
            return known, False
    except SignatureInvalid:  # of something else: replaced
        pass
    where = attestation_key(release.corpus, release.digest, key_id(public))
    release.store.put(where, enveloped(_statement(release, at), key))
    return Signature(key_id(public), at), True


def check_signature(release: OpenedRelease, path: Path) -> Signature:
    """Return the signature of a key; refuse a release that the key did not sign.

    Args:
        release: signed or not.
        path: the public key, a PEM file.

    Raises:
        SignatureInvalid: no signature of this key, or one of something else.
        ConfigError: the file holds no Ed25519 public key.
    """
    public = read_public_key(path, "public_key")
    found = _checked(release, public)
    if found is not None:
        return found
    name = f"{release.corpus} {release.version}"
    others = ", ".join(signature.key for signature in signatures(release))
    if not others:
        raise SignatureInvalid(f"{name} is not signed: heliu sign release=… key=FILE signs it")
    raise SignatureInvalid(
        f"{name} is signed, but not with the key of {path}, {key_id(public)}: by {others}"
    )


def signatures(release: OpenedRelease) -> list[Signature]:
    """Return the stored signatures, unchecked.

    Raises:
        SignatureInvalid: what is stored is no envelope.
    """
    envelopes = (_envelope(release, key) for key in signature_keys(release))
    return [
        Signature(str(one.get("keyid")), _time(envelope))
        for envelope in envelopes
        for one in envelope["signatures"]
    ]


def signature_keys(release: OpenedRelease) -> list[str]:
    """Return the keys under which signatures of a release are stored."""
    found = release.store.list(attestations(release.corpus, release.digest))
    return [info.key for info in found]


def _checked(release: OpenedRelease, public: Ed25519PublicKey) -> Signature | None:
    """Return the signature of a key, if there is one."""
    signer = key_id(public)
    # Before each key had an envelope of its own, all signed one statement without a time.
    before = f"{attestations(release.corpus, release.digest)}.json"
    for key in (attestation_key(release.corpus, release.digest, signer), before):
        envelope = _envelope(release, key)
        for signature in envelope["signatures"]:
            if signature.get("keyid") == signer:
                _require_right(release, key, envelope, signature, public)
                return Signature(signer, _time(envelope))
    return None


def _require_right(
    release: OpenedRelease,
    key: str,
    envelope: JsonObject,
    signature: JsonObject,
    public: Ed25519PublicKey,
) -> None:
    try:
        payload = checked_payload(envelope, signature, public)
        is_right = orjson.loads(payload) == _statement(release, _time(envelope))
    except (InvalidSignature, ValueError, TypeError, KeyError):
        is_right = False
    if not is_right:
        raise SignatureInvalid(
            f"{release.corpus} {release.version}: the signature in {release.store.location(key)} "
            "is not of this release: it was edited or made for another digest"
        )


def _statement(release: OpenedRelease, at: str | None) -> JsonObject:
    name = f"{release.corpus}/{release.version}"
    signed_on = {} if at is None else {"signedOn": at}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": release.digest}}],
        "predicateType": "https://in-toto.io/attestation/release/v0.1",
        "predicate": {"purl": f"pkg:generic/{name}", **signed_on},
    }


def _time(envelope: JsonObject) -> str | None:
    """Return the time of signing in an envelope; None in the oldest, which have none."""
    try:
        at = orjson.loads(base64.b64decode(envelope["payload"]))["predicate"].get("signedOn")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return at if isinstance(at, str) else None


def _envelope(release: OpenedRelease, key: str) -> JsonObject:
    """Return an envelope as stored; one without signatures where nothing is stored."""
    try:
        envelope: Any = orjson.loads(release.store.get(key))
    except ObjectMissing:
        return {"signatures": []}
    except ValueError:
        envelope = None
    signed = envelope.get("signatures") if isinstance(envelope, dict) else None
    if not isinstance(signed, list) or not all(isinstance(one, dict) for one in signed):
        raise SignatureInvalid(f"{release.store.location(key)} is no envelope of signatures")
    return dict(envelope)


def read_public_key(path: Path, name: str) -> Ed25519PublicKey:
    """Read a public key from a PEM file; arguments and errors as for `read_private_key`."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputUnreadable(f"{name}={path} cannot be read ({error}): {_PUBLIC_ONE}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputUnreadable(f"{name}={path} is no Ed25519 key: {_PUBLIC_ONE}")
    return key

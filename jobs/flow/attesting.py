"""Signatures: whose release it is, said by a key and checked by anyone who has its public half.

`CORPUS/attestations/DIGEST.json` is a DSSE envelope over an in-toto statement that names the
release and the sha256 of its manifest, which names everything else. Signatures can be added at any
time. Envelope: DSSE v1 (secure-systems-lab); statement: in-toto Attestation Framework v1.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jobs.errors import ConfigError, ObjectMissing, SignatureInvalid
from jobs.flow.reading import OpenedRelease, open_release
from jobs.storage.layout import attestation_key
from jobs.storage.manifests import canonical_json
from jobs.storage.objects import StorageParams
from jobs.storage.stores import open_store

_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_MAKE_ONE = "openssl genpkey -algorithm ed25519 -out key.pem makes one"


def signing_key(path: str | None) -> Ed25519PrivateKey | None:
    """The key in a file, if one is configured: read before a build, not after it."""
    return read_private_key(Path(path)) if path else None


def sign_published(
    storage: StorageParams, corpus: str, version: str, key: Ed25519PrivateKey
) -> None:
    """Sign a release that was just published."""
    sign(open_release(open_store(storage), corpus, version), key)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The key that signs, from an unencrypted PEM file.

    Raises:
        ConfigError: it is not there or no such key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"sign_key={path} cannot be read ({error}): {_MAKE_ONE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"sign_key={path} is no Ed25519 key: {_MAKE_ONE}")
    return key


def sign(release: OpenedRelease, key: Ed25519PrivateKey) -> str:
    """Add the key's signature to the release's envelope; the envelope's key in the store."""
    payload = canonical_json(_statement(release))
    envelope = _envelope(release) or {"signatures": []}
    public = key.public_key()
    others = [one for one in envelope["signatures"] if one["keyid"] != _key_id(public)]
    signature = base64.b64encode(key.sign(_authenticated(payload))).decode()
    stored = {
        "payloadType": _PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [*others, {"keyid": _key_id(public), "sig": signature}],
    }
    where = attestation_key(release.corpus, release.digest)
    release.store.put(where, canonical_json(stored))
    return where


def check_signature(release: OpenedRelease, path: Path) -> None:
    """Refuse a release that the key did not sign.

    Args:
        release: signed or not.
        path: the public key, a PEM file.

    Raises:
        SignatureInvalid: no signature, one of another key, or one of something else.
        ConfigError: the file holds no Ed25519 public key.
    """
    public = _read_public_key(path)
    name = f"{release.corpus} {release.version}"
    envelope = _envelope(release)
    if envelope is None:
        raise SignatureInvalid(f"{name} is not signed: heliu publish sign_key=FILE signs it")
    payload = canonical_json(_statement(release))
    for signature in envelope["signatures"]:
        if signature["keyid"] == _key_id(public):
            try:
                public.verify(base64.b64decode(signature["sig"]), _authenticated(payload))
            except (InvalidSignature, ValueError) as error:
                raise SignatureInvalid(
                    f"{name}: the signature in {_where(release)} is not of this release: it was "
                    "edited or made for another digest"
                ) from error
            return
    raise SignatureInvalid(f"{name} is signed, but not with the key of {path}")


def attestation_of(release: OpenedRelease) -> tuple[str, bytes | None]:
    """Where a release's signatures are, and their bytes as stored; None if it is not signed."""
    key = attestation_key(release.corpus, release.digest)
    try:
        return key, release.store.get(key)
    except ObjectMissing:
        return key, None


def _statement(release: OpenedRelease) -> dict[str, Any]:
    name = f"{release.corpus}/{release.version}"
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": release.digest}}],
        "predicateType": "https://in-toto.io/attestation/release/v0.1",
        "predicate": {"purl": f"pkg:generic/{name}"},
    }


def _authenticated(payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding of type and payload."""
    kind = _PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _envelope(release: OpenedRelease) -> dict[str, Any] | None:
    _, body = attestation_of(release)
    if body is None:
        return None
    try:
        envelope: Any = orjson.loads(body)
    except ValueError as error:
        raise SignatureInvalid(f"{_where(release)} is no envelope ({error})") from error
    if not isinstance(envelope, dict) or not isinstance(envelope.get("signatures"), list):
        raise SignatureInvalid(f"{_where(release)} is no envelope of signatures")
    return dict(envelope)


def _where(release: OpenedRelease) -> str:
    return release.store.location(attestation_key(release.corpus, release.digest))


def _read_public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"public_key={path} cannot be read ({error})") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"public_key={path} is no Ed25519 key")
    return key


def _key_id(public: Ed25519PublicKey) -> str:
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()

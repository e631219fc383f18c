"""Envelopes: signed statements, as DSSE v1 (secure-systems-lab) wraps those of in-toto."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jobs.storage.canonical_json import canonical_json
from jobs.storage.manifests import JsonObject

_PAYLOAD_TYPE = "application/vnd.in-toto+json"


def enveloped(statement: JsonObject, key: Ed25519PrivateKey) -> bytes:
    """Return the envelope of a statement, signed, as it is stored.

    Args:
        statement: of in-toto.
        key: of the signer.
    """
    payload = canonical_json(statement)
    signature = base64.b64encode(key.sign(authenticated(payload))).decode()
    return canonical_json(
        {
            "payloadType": _PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": key_id(key.public_key()), "sig": signature}],
        }
    )


def authenticated(payload: bytes) -> bytes:
    """Return the signed bytes: DSSE's pre-authentication encoding of type and payload."""
    kind = _PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def checked_payload(envelope: JsonObject, signature: JsonObject, public: Ed25519PublicKey) -> bytes:
    """Return what an envelope holds.

    Args:
        envelope: as stored.
        signature: one of its signatures.
        public: the key that made it.

    Raises:
        InvalidSignature: it did not.
        ValueError, TypeError, KeyError: it is no envelope.
    """
    payload = base64.b64decode(envelope["payload"])
    public.verify(base64.b64decode(signature["sig"]), authenticated(payload))
    return payload


def raw_key(public: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_id(public: Ed25519PublicKey) -> str:
    """Return the name of a key: the sha256 of its 32 bytes."""
    return hashlib.sha256(raw_key(public)).hexdigest()

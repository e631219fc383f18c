"""Signed releases: the key that signed, and no other, for this release, and no other."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jobs.errors import ConfigError, SignatureInvalid
from jobs.flow.attesting import check_signature, read_private_key, sign
from jobs.flow.reading import OpenedRelease
from jobs.storage.directory import DirectoryStore
from tests.releases import small_release


@pytest.fixture
def release(tmp_path: Path) -> OpenedRelease:
    return small_release(DirectoryStore(tmp_path / "root"))


def _keys(folder: Path, name: str) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    paths = folder / f"{name}.pem", folder / f"{name}.pub"
    for path, body in zip(paths, (private, public), strict=True):
        path.write_bytes(body)
    return paths


def test_release_signed_by_two_keys_is_signed_by_each(
    release: OpenedRelease, tmp_path: Path
) -> None:
    pairs = [_keys(tmp_path, name) for name in ("我们", "them")]
    for private, _ in pairs * 2:
        where = sign(release, read_private_key(private))
    for _, public in pairs:
        check_signature(release, public)
    envelope = json.loads(release.store.get(where))
    assert len(envelope["signatures"]) == 2
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["subject"][0]["digest"] == {"sha256": release.digest}


def test_other_key_other_release_and_no_signature_are_refused(
    release: OpenedRelease, tmp_path: Path
) -> None:
    (private, public), (_, other) = (_keys(tmp_path, name) for name in "ab")
    with pytest.raises(SignatureInvalid, match="not signed"):
        check_signature(release, public)
    where = sign(release, read_private_key(private))
    with pytest.raises(SignatureInvalid, match="not with the key"):
        check_signature(release, other)
    later = small_release(release.store, "1.1.0")
    release.store.put(where.replace(release.digest, later.digest), release.store.get(where))
    with pytest.raises(SignatureInvalid, match="not of this release"):
        check_signature(later, public)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff"])
def test_envelope_that_is_none_is_refused(
    release: OpenedRelease, tmp_path: Path, body: bytes
) -> None:
    private, public = _keys(tmp_path, "a")
    release.store.put(sign(release, read_private_key(private)), body)
    with pytest.raises(SignatureInvalid):
        check_signature(release, public)


def test_files_that_hold_no_key_are_refused(release: OpenedRelease, tmp_path: Path) -> None:
    _, public = _keys(tmp_path, "a")
    for path in (tmp_path / "none", public):
        with pytest.raises(ConfigError, match="sign_key"):
            read_private_key(path)
    with pytest.raises(ConfigError, match="public_key"):
        check_signature(release, tmp_path / "none")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_keys_that_openssl_makes_as_documented_sign_and_check(
    release: OpenedRelease, tmp_path: Path
) -> None:
    private, public = tmp_path / "key.pem", tmp_path / "pub.pem"
    for command in (
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", private],
        ["openssl", "pkey", "-in", private, "-pubout", "-out", public],
    ):
        subprocess.run(command, check=True)
    sign(release, read_private_key(private))
    check_signature(release, public)

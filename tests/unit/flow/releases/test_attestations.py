"""Signed releases: the key that signed, and no other, for this release, and no other."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jobs.cli import main
from jobs.errors import ConfigError, SignatureInvalid
from jobs.flow.releases import attestations as attesting
from jobs.flow.releases.attestations import Signature, check_signature, read_private_key, signatures
from jobs.flow.releases.envelopes import authenticated, key_id
from jobs.flow.releases.opened_release import OpenedRelease
from jobs.storage.canonical_json import canonical_json
from jobs.storage.directory import DirectoryStore
from jobs.storage.layout import attestations
from tests.releases import small_release

AT = "2023-11-29T00:00:00+00:00"


@pytest.fixture
def release(tmp_path: Path) -> OpenedRelease:
    return small_release(DirectoryStore(tmp_path / "root"))


def sign(release: OpenedRelease, private: Path, at: str = AT) -> Signature:
    signature, _ = attesting.sign(release, read_private_key(private, "key"), at=at)
    return signature


def _stored(release: OpenedRelease, signature: Signature) -> str:
    return f"{attestations(release.corpus, release.digest)}/{signature.key}.json"


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


def test_release_signed_by_two_keys_is_signed_by_each_at_its_time(
    release: OpenedRelease, tmp_path: Path
) -> None:
    pairs = [_keys(tmp_path, name) for name in ("我们", "them")]
    times = ["2023-11-29T00:00:00+00:00", "2024-01-01T08:00:00+00:00"]
    made = [sign(release, key, at) for (key, _), at in zip(pairs, times, strict=True)]
    checked = [check_signature(release, public) for _, public in pairs]
    assert checked == made
    assert [one.at for one in checked] == times
    assert sorted(signatures(release), key=lambda one: str(one.at)) == made
    envelope = json.loads(release.store.get(_stored(release, made[0])))
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["subject"][0]["digest"] == {"sha256": release.digest}
    assert statement["predicate"]["signedOn"] == times[0]


def test_key_is_told_by_the_sha256_of_its_public_half(
    release: OpenedRelease, tmp_path: Path
) -> None:
    private, public = _keys(tmp_path, "a")
    raw = serialization.load_pem_public_key(public.read_bytes()).public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    assert sign(release, private).key == hashlib.sha256(raw).hexdigest()


def test_signing_again_changes_nothing_and_what_was_spoilt_is_signed_anew(
    release: OpenedRelease, tmp_path: Path
) -> None:
    private, public = _keys(tmp_path, "a")
    first = sign(release, private)
    where = _stored(release, first)
    body = release.store.get(where)
    assert sign(release, private, "2024-01-01T00:00:00+00:00") == first
    assert release.store.get(where) == body
    for spoilt in (body.replace(b'"sig":"', b'"sig":"AA'), b"{}", b""):
        release.store.put(where, spoilt)
        with pytest.raises(SignatureInvalid):
            check_signature(release, public)
        assert sign(release, private) == first
        assert release.store.get(where) == body


def test_time_cannot_be_changed_without_the_key(release: OpenedRelease, tmp_path: Path) -> None:
    private, public = _keys(tmp_path, "a")
    where = _stored(release, sign(release, private))
    envelope = json.loads(release.store.get(where))
    payload = base64.b64decode(envelope["payload"]).replace(b"2023-11-29", b"2020-01-01")
    envelope["payload"] = base64.b64encode(payload).decode()
    release.store.put(where, json.dumps(envelope).encode())
    with pytest.raises(SignatureInvalid, match="not of this release"):
        check_signature(release, public)


def test_other_key_other_release_and_no_signature_are_refused(
    release: OpenedRelease, tmp_path: Path
) -> None:
    (private, public), (_, other) = (_keys(tmp_path, name) for name in "ab")
    with pytest.raises(SignatureInvalid, match="not signed: heliu sign"):
        check_signature(release, public)
    signature = sign(release, private)
    with pytest.raises(SignatureInvalid, match=rf"not with the key.*by {signature.key}"):
        check_signature(release, other)
    later = small_release(release.store, "1.1.0")
    body = release.store.get(_stored(release, signature))
    release.store.put(_stored(later, signature), body)
    with pytest.raises(SignatureInvalid, match="not of this release"):
        check_signature(later, public)


def test_signatures_of_before_that_tell_no_time_are_right(
    release: OpenedRelease, tmp_path: Path
) -> None:
    """Several keys signed one statement, in one file, and none of them said when."""
    pairs = [_keys(tmp_path, name) for name in "ab"]
    payload = canonical_json(attesting._statement(release, None))
    signed = []
    for private, _ in pairs:
        key = read_private_key(private, "key")
        signature = base64.b64encode(key.sign(authenticated(payload))).decode()
        signed.append({"keyid": key_id(key.public_key()), "sig": signature})
    envelope = {"payload": base64.b64encode(payload).decode(), "signatures": signed}
    old = f"{attestations(release.corpus, release.digest)}.json"
    release.store.put(old, json.dumps(envelope).encode())
    for private, public in pairs:
        assert check_signature(release, public).at is None
        assert sign(release, private).at is None
    assert len(signatures(release)) == 2


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"signatures": [1]}'])
def test_envelope_that_is_none_is_refused(
    release: OpenedRelease, tmp_path: Path, body: bytes
) -> None:
    private, public = _keys(tmp_path, "a")
    release.store.put(_stored(release, sign(release, private)), body)
    with pytest.raises(SignatureInvalid):
        check_signature(release, public)
    with pytest.raises(SignatureInvalid):
        signatures(release)


def test_files_that_hold_no_key_are_refused(release: OpenedRelease, tmp_path: Path) -> None:
    _, public = _keys(tmp_path, "a")
    for path in (tmp_path / "none", public):
        with pytest.raises(ConfigError, match=r"sign_key=.*openssl genpkey"):
            read_private_key(path, "sign_key")
    with pytest.raises(ConfigError, match="public_key"):
        check_signature(release, tmp_path / "none")


def test_verb_signs_with_root_release_and_key_alone_and_verify_tells_whose(
    release: OpenedRelease,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (private, public), (_, other) = (_keys(tmp_path, name) for name in "ab")

    def heliu(*arguments: str) -> tuple[int, str, str]:
        argv = ["heliu", *arguments, f"storage.root={tmp_path / 'root'}"]
        monkeypatch.setattr(sys, "argv", argv)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    assert "signed" not in heliu("verify")[1]
    assert heliu("sign", "release=1.0.0")[0] == 2
    code, _, said = heliu("sign", "release=1.0.0", f"key={tmp_path / 'none'}")
    assert (code, "key=" in said and "cannot be read" in said) == (2, True)
    assert heliu("sign", "release=9", f"key={private}")[0] == 34
    code, said, _ = heliu("sign", "release=1.0.0", f"key={private}")
    (signature,) = signatures(release)
    named = f"by {signature.key} at {signature.at}"
    assert (code, said) == (0, f"demo 1.0.0 signed {named}\n")
    assert "was already signed" in heliu("sign", "release=1.0.0", f"key={private}")[1]
    assert f"signed {named} (not checked" in heliu("verify")[1]
    assert f"signed {named} (checked)" in heliu("verify", f"public_key={public}")[1]
    told = json.loads(heliu("verify", f"public_key={public}", "format=json")[1])["signatures"]
    assert told == [{"key": signature.key, "at": signature.at, "is_checked": True}]
    code, _, said = heliu("verify", f"public_key={other}")
    assert (code, signature.key in said) == (44, True)


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
    assert sign(release, private) == check_signature(release, public)

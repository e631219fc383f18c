"""The layout of a storage root: every key that heliu writes is named here.

::

    catalog/NAME.json                           this root holds a corpus of that name
    NAME/log/00000000000000000001.json          commits, put-if-absent, never rewritten: the truth
    NAME/manifests/SHA256.json                  release manifests, named by their content
    NAME/blobs/HH/SHA256.parquet                shards, their facts, decisions, removals;
                                                SHA256.g1.parquet after the first was retired
    NAME/state/SHA256.json                      the state of the log after an entry, likewise
    NAME/head.json                              a hint where the log ends; may be stale
    NAME/pending/ID.json                        a commit on its way, until its outcome is known
    probe/passed.json                           this store has proved that it can hold releases
    NAME/releases/VERSION/...                   README.md, croissant.json, …: derived, rebuildable
    NAME/attestations/SHA256/KEY.json           a key's signature of a manifest, added at any time
    NAME/acceptance/SHA256/...                  attestations of what reviewers found in it, likewise
    NAME/erasures/VERSION.json                  what the takedown that published it deleted
    NAME/work/STAGE/FINGERPRINT/...             tables between stages; may be deleted when idle
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jobs.errors import ConfigError

CATALOG = "catalog/"
LATEST = "latest"
"""The name that means the newest release not yanked, or the one it was pinned to."""
PASSED_KEY = "probe/passed.json"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_BLOB = re.compile(r"[^/]+/blobs/[0-9a-f]{2}/([0-9a-f]{64})(?:\.g([1-9][0-9]*))?\.parquet")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}")


def is_corpus(name: object) -> bool:
    """Whether a corpus can be called so."""
    is_name = isinstance(name, str) and _NAME.fullmatch(name) is not None
    return is_name and name not in {"catalog", "probe"}


def is_version(version: object) -> bool:
    """Whether a release can be called so."""
    is_name = isinstance(version, str) and _VERSION.fullmatch(version) is not None
    return is_name and version != LATEST


def check_corpus(name: str) -> str:
    """Return the name if it is valid for a corpus; raises ConfigError."""
    if not is_corpus(name):
        raise ConfigError(
            f"corpus.name={name!r}: use up to 64 of a-z 0-9 . _ - beginning with a letter or digit"
        )
    return name


def check_version(version: str) -> str:
    """Return the version if it is valid for a release; raises ConfigError."""
    if not is_version(version):
        raise ConfigError(
            f"corpus.version={version!r}: use letters, digits and . _ + - as in 1.0.0 "
            "('latest' always means the newest release)"
        )
    return version


def check_tag(name: str) -> str:
    """Return the name if it can be a tag: tags are spelt as versions are."""
    if not is_version(name):
        raise ConfigError(
            f"name={name!r}: a tag is called as versions are, with up to 64 letters, digits and "
            ". _ + - beginning with a letter or digit"
        )
    return name


def catalog_key(corpus: str) -> str:
    """Return the key of the note that the root holds this corpus."""
    return f"{CATALOG}{corpus}.json"


def log_key(corpus: str, seq: int) -> str:
    """Return the key of the commit numbered `seq`, counting from 1."""
    return f"{corpus}/log/{seq:020d}.json"


def manifest_key(corpus: str, digest: str) -> str:
    """Return the key of the manifest with this sha256."""
    return f"{corpus}/manifests/{digest}.json"


def blob_key(corpus: str, digest: str, generation: int = 0) -> str:
    """Return the key of the blob with this sha256; a later generation if earlier ones were retired.

    Args:
        corpus: name of the corpus.
        digest: sha256 of the file.
        generation: how many times the digest was retired before.
    """
    suffix = f".g{generation}" if generation else ""
    return f"{corpus}/blobs/{digest[:2]}/{digest}{suffix}.parquet"


class BlobAddress(NamedTuple):
    """The parts of a blob's key: sha256 of the file, and generation."""

    digest: str
    generation: int


def blob_address(key: str) -> BlobAddress | None:
    """Return digest and generation of a blob's key; None for any other key."""
    found = _BLOB.fullmatch(key)
    return None if found is None else BlobAddress(found[1], int(found[2] or 0))


def state_key(corpus: str, digest: str) -> str:
    """Return the key of a part of the log's state, with this sha256."""
    return f"{corpus}/state/{digest}.json"


def hint_key(corpus: str) -> str:
    """Return the key of the hint where the log ends."""
    return f"{corpus}/head.json"


def pending_key(corpus: str, write_id: str) -> str:
    """Return the key of a log entry that is about to be written, in full."""
    return f"{corpus}/pending/{write_id}.json"


def derived_key(corpus: str, version: str, name: str) -> str:
    """Return the key of a file derived from a manifest; heliu never reads such files.

    Args:
        corpus: name of the corpus.
        version: of the release.
        name: of the file.
    """
    return f"{corpus}/releases/{version.replace('+', '=')}/{name}"  # keys have no +, versions no =


def attestation_key(corpus: str, digest: str, signer: str) -> str:
    """Return the key of the signature of a manifest (sha256) by a key of this fingerprint.

    Args:
        corpus: name of the corpus.
        digest: sha256 of the manifest.
        signer: sha256 of the public key.
    """
    return f"{attestations(corpus, digest)}/{signer}.json"


def attestations(corpus: str, digest: str) -> str:
    """Return the prefix of a manifest's signatures; the oldest are under it plus `.json`."""
    return f"{corpus}/attestations/{digest}"


def acceptance_key(corpus: str, digest: str, facts: str, signer: str) -> str:
    """Return the key of an attestation of what reviewers found in a release.

    Args:
        corpus: name of the corpus.
        digest: sha256 of the manifest.
        facts: sha256 of what is attested.
        signer: sha256 of the public key.
    """
    return f"{acceptances(corpus, digest)}/{facts[:16]}-{signer}.json"


def acceptances(corpus: str, digest: str) -> str:
    """Return the prefix of the attestations of what reviewers found in a release."""
    return f"{corpus}/acceptance/{digest}"


def erasure_key(corpus: str, version: str) -> str:
    """Return the key of the record of what the takedown of this version deleted."""
    return f"{corpus}/erasures/{version.replace('+', '=')}.json"


def work_key(corpus: str, stage: str, *parts: str) -> str:
    """Return the key of a work table; `parts` begin with the table's fingerprint."""
    return "/".join((corpus, "work", stage, *parts))

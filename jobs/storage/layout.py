"""Where things are inside a storage root: every key heliu ever writes is named here.

::

    catalog/NAME.json                           this root holds a corpus of that name
    NAME/log/00000000000000000001.json          commits, put-if-absent, never rewritten: the truth
    NAME/manifests/SHA256.json                  release manifests, named by their content
    NAME/blobs/HH/SHA256.parquet                shards of documents and decisions, likewise
    NAME/releases/VERSION/...                   README.md, croissant.json, …: derived, rebuildable
    NAME/attestations/SHA256.json               signatures of a manifest, added at any time
    NAME/work/STAGE/FINGERPRINT/...             tables between stages; may be deleted when idle
"""

from __future__ import annotations

import re

from jobs.errors import ConfigError

CATALOG = "catalog/"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}")


def check_corpus(name: str) -> str:
    """The name itself, if it can be a corpus's."""
    if not _NAME.fullmatch(name) or name == "catalog":
        raise ConfigError(
            f"corpus.name={name!r}: use up to 64 of a-z 0-9 . _ - beginning with a letter or digit"
        )
    return name


def check_version(version: str) -> str:
    """The version itself, if it can be a release's."""
    if not _VERSION.fullmatch(version) or version == "latest":
        raise ConfigError(
            f"corpus.version={version!r}: use letters, digits and . _ + - as in 1.0.0 "
            "('latest' always means the newest release)"
        )
    return version


def catalog_key(corpus: str) -> str:
    """Says that the root holds this corpus."""
    return f"{CATALOG}{corpus}.json"


def log_key(corpus: str, seq: int) -> str:
    """The commit numbered `seq`, counting from 1."""
    return f"{corpus}/log/{seq:020d}.json"


def manifest_key(corpus: str, digest: str) -> str:
    """The manifest with this sha256."""
    return f"{corpus}/manifests/{digest}.json"


def blob_key(corpus: str, digest: str) -> str:
    """The Parquet shard with this sha256."""
    return f"{corpus}/blobs/{digest[:2]}/{digest}.parquet"


def derived_key(corpus: str, version: str, name: str) -> str:
    """A file about a release that follows from its manifest; never consulted for truth."""
    return f"{corpus}/releases/{version.replace('+', '=')}/{name}"  # keys have no +, versions no =


def attestation_key(corpus: str, digest: str) -> str:
    """The signatures of the release whose manifest has this sha256."""
    return f"{corpus}/attestations/{digest}.json"


def work_key(corpus: str, stage: str, *parts: str) -> str:
    """An intermediate object of a stage; `parts` begin with the table's fingerprint."""
    return "/".join((corpus, "work", stage, *parts))

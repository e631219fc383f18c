"""Heliu (合流): text of several partners in, one immutable, explained corpus release out.

delivery ─ normalize ─▶ documents + facts     (one streaming pass over the text, bad rows rejected)
facts    ─ dedup ─────▶ drops                 (which document duplicates which, how similar)
documents, drops ─ merge ─▶ release candidate (shards and one decision per delivered row)
candidate ─ publish ──▶ release               (one conditional write; immutable from then on)

Verbs are modules of this package: `heliu VERB key=value` and `python -m jobs.VERB key=value`.
Programs read releases with `heliu.open_release`, which is this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.flow.releases.opened_release import OpenedRelease

__all__ = ["open_release"]
__version__ = "0.1.0"


def open_release(
    root: str,
    version: str = "latest",
    *,
    corpus: str | None = None,
    digest: str | None = None,
    endpoint_url: str | None = None,
    region: str | None = None,
) -> OpenedRelease:
    """Open a published release: `.digest`, `.manifest`, `.files()`, `.dataset()`, ….

    Args:
        root: a directory or `s3://bucket/prefix`, as `storage.root` was at publishing.
        version: `1.0.0`, `NAME/1.0.0`, `1.0.0@sha256:DIGEST`, or `latest`.
        corpus: needed only if the root holds several corpora and `version` names none.
        digest: refuse any other; what a training run should write down and give.
        endpoint_url: the S3 server when it is not AWS itself.
        region: the bucket's region when the environment does not name it.

    Raises:
        ReleaseMissing: there is no such release, or it has another digest.
        DamagedRelease: its manifest is not the one that was published.
        StorageError: the store cannot be reached.
    """
    # `import jobs` is the first thing every program does: it loads nothing.
    from jobs.flow.releases import opened_release  # noqa: PLC0415
    from jobs.storage.objects import StorageParams  # noqa: PLC0415
    from jobs.storage.stores import open_store  # noqa: PLC0415

    store = open_store(StorageParams(root, endpoint_url, region))
    return opened_release.open_release(store, corpus, version, digest=digest)

"""Takedown on a real S3 server: what goes is in no object of the bucket, what stays is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.corpus.model.identity import document_id
from jobs.corpus.release.takedown import Policy
from jobs.flow.releases.verification import verify
from tests.builds import in_this_process
from tests.s3_server import fresh_bucket, plain_client, s3_server
from tests.takedowns import (
    PRIVATE,
    PRIVATE_URL,
    Built,
    article,
    is_told,
    private_text,
    request,
    row,
    rows,
)

pytestmark = [pytest.mark.s3, pytest.mark.timeout(900)]


def objects_with(corpus: Built, *wanted: str) -> list[str]:
    """The objects of the bucket that hold any of these words, seen with boto3 as it comes."""
    assert corpus.bucket is not None
    assert corpus.endpoint_url is not None
    client, bucket = plain_client(corpus.endpoint_url), corpus.bucket.split("/")[2]
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [told["Key"] for page in pages for told in page.get("Contents", ())]
    assert keys
    bodies = ((key, client.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys)
    return [key for key, body in bodies if is_told(key, body, *wanted)]


def test_takedown_on_s3_restores_copies_and_redacts_every_object(tmp_path: Path) -> None:
    with s3_server() as endpoint_url, in_this_process():
        corpus = Built(tmp_path, f"s3://{fresh_bucket(endpoint_url)}/root", endpoint_url)
        corpus.deliver("news", "a", [row("copy", private_text()), row("same", article(1))])
        corpus.build("0.9.0", "news")
        gov = [row("secret", private_text(), PRIVATE_URL), row("one", article(1))]
        corpus.deliver("gov", "a", [*gov, row("two", article(2))])
        corpus.build("1.0.0", "gov", "news")
        withdrawn = request(release="1.0.0", policy=Policy.RESTORE, urls=(), partner="gov")
        corpus.take_down(withdrawn)
        back = {document_id("news", name).hex() for name in ("copy", "same")}
        assert corpus.ids("1.1.1") == back
        assert len(objects_with(corpus, PRIVATE)) > 3
        erased = {"urls": (), "contains": PRIVATE, "is_redacting": True}
        _, done = corpus.take_down(request(release="1.1.1", version="1.1.2", **erased))
        assert objects_with(corpus, PRIVATE, PRIVATE_URL) == []
        assert done.erasure is not None
        assert {told["is_gone"] for told in done.erasure["deleted"]} == {True}
        kept = {"0.9.0": {"same"}, "1.0.0": {"one", "two"}, "1.1.1": {"same"}, "1.1.2": {"same"}}
        for version, names in kept.items():
            release = corpus.opened(version)
            assert {told["source_id"] for told in rows(release, "shards")} == names
            found = verify(release)
            assert (found.problems, found.metadata_problems, found.orphans) == ([], [], 0)

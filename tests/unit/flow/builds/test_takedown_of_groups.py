"""Takedowns where files were set aside, and of groups, archives and own columns."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jobs.corpus.model.identity import document_id
from jobs.corpus.release.takedown import Policy
from jobs.flow.releases.verification import verify
from tests.builds import write_partner
from tests.takedowns import Built, article, request, row, rows

pytestmark = pytest.mark.usefixtures("tasks_here")


def lines(*given: dict[str, Any]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in given).encode()


def archived(name: str, body: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    return sink.getvalue()


@pytest.mark.parametrize("keeps_work", [True, False])
def test_copy_in_an_archive_of_a_group_returns_with_its_own_columns(
    tmp_path: Path, keeps_work: bool
) -> None:
    corpus = Built(tmp_path, how=("on_bad_file=skip",))
    corpus.deliver("gov", "a", [row("g1", article(1)), row("g2", article(2))])
    news = tmp_path / "deliveries" / "news"
    news.mkdir()
    copy = row("n1", article(1)) | {"author": "张三"}
    (news / "a.tar.gz").write_bytes(archived("一/甲.jsonl", lines(copy)))
    (news / "b.jsonl").write_bytes(lines({"key": "n2", "body": article(3)}))
    (news / "坏.jsonl.gz").write_bytes(gzip.compress(lines(row("n3", article(4))))[:-9])
    groups = (
        "licence: MIT\npriority: 2\nformat: jsonl\nkeep: [author]\ngroups:\n"
        f"  packed: {{deliveries: '{news}/*.gz', columns: {{text: text, id: id}}}}\n"
        f"  plain: {{deliveries: '{news}/*.jsonl', columns: {{text: body, id: key}}}}"
    )
    write_partner(tmp_path, "news", groups)
    before = corpus.build("1.0.0", "gov", "news")
    assert [one["file"] for one in before.manifest["bad_files"]] == ["坏.jsonl.gz"]
    dropped = [one for one in rows(before, "decisions") if one["verdict"] == "dropped"]
    assert [one["source_file"] for one in dropped] == ["a.tar.gz!/一/甲.jsonl"]
    if not keeps_work:
        shutil.rmtree(corpus.root / "demo" / "work")
    ids = (document_id("gov", "g1").hex(),)
    policy = Policy.RESTORE
    corpus.take_down(request(release="1.0.0", version="1.0.1", urls=(), ids=ids, policy=policy))
    after = corpus.opened("1.0.1")
    assert verify(after).problems == []
    documents = {one["source_id"]: one["meta"] for one in rows(after, "shards")}
    assert documents == {"g2": None, "n1": '{"author": "张三"}', "n2": None}
    assert after.manifest["bad_files"] == before.manifest["bad_files"]

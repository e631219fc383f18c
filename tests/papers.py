"""A corpus with licences of rows, sources and partners, and terms of one partner."""

from __future__ import annotations

from pathlib import Path

import orjson

from jobs.flow.releases.opened_release import OpenedRelease
from tests.builds import in_this_process, write_partner
from tests.takedowns import Built, article, request

GONE = "gone.example"
"""A site of which everything is taken down."""

TERMS = {
    "legal_name": "某市档案馆 <script>alert(1)</script> | *粗体*",
    "country": "CN",
    "agreement": "合同 2023-017",
    "source_kind": "crawled",
    "method": "按月采集，遵守 robots.txt",
    "collected_from": "2019-03",
    "collected_to": "2023-11",
    "allowed_use": "模型训练",
}
LISTED = "news.example\tkey_news_site\t北京\tCC0-1.0\tlisted\nsite1.example\t\t\tCC0-1.0\tlisted\n"
HOW = (
    "sources.policy=annotate",
    "private_data.mobile=replace",
    "shards.release_bytes=20000",
    "corpus.publisher=某语料库有限公司",
)


def papers_corpus(folder: Path) -> Built:
    """1.0.0 of gov (a licence column, terms) and news (a registry with a licence, no terms)."""
    (folder / "sources.tsv").write_text(
        f"source\ttier\tregion\tlicence\tstatus\n{LISTED}", encoding="utf-8"
    )
    corpus = Built(folder, how=(*HOW, f"sources.registry={folder}/sources.tsv"))
    licences = [None, "政府数据开放许可", "MIT", "NULL"]
    gov = [
        {
            "id": f"g{n}",
            "text": f"{article(n)}电话13812345678。",
            "title": f"公告{n}",
            "url": f"https://www.site{n % 3}.example/{n}",
            "rights": licences[n % 4],
            "date": f"20{10 + n}-01-01",
        }
        for n in range(12)
    ]
    gov.append(gov[0] | {"id": "again", "text": gov[0]["text"][:-9]})
    _deliver(
        corpus,
        "gov",
        gov,
        "columns: {id: id, title: title, url: url, licence: rights, published: date}\n"
        f"terms: {orjson.dumps(TERMS).decode()}",
    )
    hosts = ["www.news.example", GONE, "bbs.forum.example"]
    news = [
        {
            "id": f"n{n}",
            "text": article(100 + n),
            "url": f"http://{hosts[n % 3]}/{n}",
            "licence": "列无映射",
        }
        for n in range(6)
    ]
    _deliver(corpus, "news", news, "columns: {id: id, url: url}")
    with in_this_process():
        corpus.build("1.0.0", "gov", "news")
    return corpus


def redacted(corpus: Built) -> OpenedRelease:
    """1.0.0 after everything of GONE was taken down, from it and for 1.0.1."""
    asked = request(release="1.0.0", version="1.0.1", urls=(), domain=GONE, is_redacting=True)
    with in_this_process():
        corpus.take_down(asked)
    return corpus.opened("1.0.0")


def _deliver(corpus: Built, partner: str, rows: list[dict], more: str) -> None:
    path = corpus.folder / "deliveries" / partner / "a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    write_partner(
        corpus.folder,
        partner,
        f"deliveries: {path}\nformat: jsonl\nlicence: CC-BY-4.0\npriority: 1\n{more}",
    )

"""Statistics over decisions small enough to count by hand."""

from __future__ import annotations

import pyarrow as pa

from jobs.corpus.model.tables import DECISIONS
from jobs.corpus.release.statistics import (
    boilerplate,
    cluster_sizes,
    duplication,
    losses,
    sites,
    size_distribution,
    summed_boilerplate,
)


def decisions(*rows: tuple[str, str, str, str | None, str | None, str | None]) -> pa.Table:
    """Rows of (doc_id, partner, verdict, reason, kept_doc_id, url)."""
    owner = {row[0]: row[1] for row in rows}
    full = [
        {
            "doc_id": doc_id,
            "partner": partner,
            "source_file": "甲.jsonl",
            "source_row": number,
            "verdict": verdict,
            "stage": "dedup",
            "reason": reason,
            "kept_doc_id": kept,
            "kept_partner": owner.get(kept or ""),
            "url": url,
        }
        for number, (doc_id, partner, verdict, reason, kept, url) in enumerate(rows, start=1)
    ]
    return pa.Table.from_pylist(full, schema=DECISIONS)


TABLE = decisions(
    ("1", "甲", "kept", None, None, "https://gov.example/a"),
    ("2", "甲", "dropped", "near_duplicate", "1", "http://user@GOV.example:8080/b?c#d"),
    ("3", "乙", "dropped", "exact_duplicate", "1", "https://news.example"),
    ("4", "乙", "rejected", "null_text", None, None),
    ("5", "乙", "kept", None, None, "无效"),
)


def test_clusters_are_counted_with_their_survivor() -> None:
    sizes = cluster_sizes(TABLE)
    assert sizes.to_pylist() == [{"kept_doc_id": "1", "documents": 3}]
    assert size_distribution(sizes).to_pylist() == [{"documents": 3, "clusters": 1}]


def test_duplication_names_both_partners_and_the_reason() -> None:
    assert [tuple(row.values()) for row in duplication(TABLE).to_pylist()] == [
        ("乙", "甲", "exact_duplicate", 1),
        ("甲", "甲", "near_duplicate", 1),
    ]


def test_losses_per_partner_and_site_are_shares_of_what_was_delivered() -> None:
    partners = {row["partner"]: row["lost"] for row in losses(TABLE, by="partner").to_pylist()}
    assert partners == {"乙": 2 / 3, "甲": 1 / 2}
    found = {row["site"]: row["lost"] for row in losses(TABLE, by="site").to_pylist()}
    assert found == {"news.example": 1.0, "gov.example": 0.5}


def test_sites_of_no_urls_are_null() -> None:
    assert sites(pa.chunked_array([["无", None, "ftp://a.example/"]])).to_pylist() == [
        None,
        None,
        "a.example",
    ]


def test_statistics_of_no_decisions_are_empty() -> None:
    empty = DECISIONS.empty_table()
    assert (
        len(cluster_sizes(empty)) == len(duplication(empty)) == len(losses(empty, by="site")) == 0
    )


def test_boilerplate_is_counted_by_site_and_line_and_adds_up() -> None:
    cuts = [
        ("1", "site_boilerplate", "\n责任编辑：张三"),
        ("2", "site_boilerplate", "\n责任编辑：李四"),
        ("2", "site_boilerplate", "\n原文 https://gov.example/2"),
        ("1", "site_boilerplate", "\n原文 https://gov.example/1"),
        ("3", "site_boilerplate", "\n首页 > 新闻"),
        ("3", "repeated_paragraph", "\n图为会场"),
    ]
    rows = [
        {"doc_id": doc_id, "kind": kind, "text": text, "chars": len(text), "site_documents": 9}
        for doc_id, kind, text in cuts
    ]
    decided = decisions(
        ("1", "甲", "kept", None, None, "https://gov.example/a"),
        ("2", "甲", "kept", None, None, "http://GOV.example/b"),
        ("3", "乙", "kept", None, None, "https://b.example/"),
    )
    schema = pa.schema(
        {
            **dict.fromkeys(("doc_id", "kind"), pa.string()),
            "text": pa.large_string(),
            **dict.fromkeys(("chars", "site_documents"), pa.int64()),
        }
    )
    removed = pa.Table.from_pylist(rows, schema=schema)
    expected = [
        {
            "site": "b.example",
            "line": "首页 > 新闻",
            "documents": 1,
            "site_documents": 9,
            "chars": 8,
        },
        {"site": "gov.example", "line": "原文 #", "documents": 2, "site_documents": 9, "chars": 50},
        {
            "site": "gov.example",
            "line": "责任编辑：#",
            "documents": 2,
            "site_documents": 9,
            "chars": 16,
        },
    ]
    assert boilerplate(removed, decided).to_pylist() == expected
    parts = [boilerplate(removed.slice(start, 2), decided) for start in (0, 2, 4)]
    assert summed_boilerplate(pa.concat_tables(parts)).to_pylist() == expected


def test_clusters_of_siblings_are_counted_apart_from_copies() -> None:
    at = TABLE.schema.get_field_index("template_of")
    told = pa.array([None, None, None, None, "1"], pa.string())
    table = TABLE.set_column(at, TABLE.schema.field(at), told)
    assert cluster_sizes(table, by="template_of").to_pylist() == [
        {"kept_doc_id": "1", "documents": 2}
    ]
    assert cluster_sizes(table).to_pylist() == [{"kept_doc_id": "1", "documents": 3}]

"""The quality sheet 质量说明: the numbers that a buyer of a Chinese corpus asks for, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pyarrow.compute as pc

from jobs.corpus.private_data.kinds import PLACEHOLDERS
from jobs.corpus.release.partner_terms import SourceKind
from jobs.flow.papers.ledger import Amount, Ledger
from jobs.flow.papers.paper import CHINESE, Paper, PaperTable, Section, Value
from jobs.flow.releases.amounts import LENGTHS
from jobs.flow.releases.processing import NOT_GIVEN, collection_period, legal_name, term

_MOST_DOMAINS = 50
_AMOUNTS = ("文档数", "字数", "字数占比")
_KINDS = {
    SourceKind.PUBLIC_DATASET: "公开数据集",
    SourceKind.LICENSED: "权利人授权",
    SourceKind.THIRD_PARTY: "第三方提供",
    SourceKind.CRAWLED: "网络采集",
    SourceKind.USER_DATA: "用户数据",
    SourceKind.SYNTHETIC: "合成数据",
    SourceKind.OTHER: "其他",
}
_TIERS = {
    "ministry": "国家部委",
    "province": "省级",
    "prefecture": "地市级",
    "county": "县级",
    "key_news_site": "重点新闻网站",
    "central_newspaper": "中央报刊",
    "local_newspaper": "地方报刊",
    "other": "其他",
}
_PRIVATE_KINDS = {str(kind): name.strip("〔〕") for kind, name in PLACEHOLDERS.items()}
_POLICIES = {"replace": "替换为占位符", "drop": "去除文档", "report": "仅统计"}


def quality_sheet(ledger: Ledger) -> Paper:
    """Return the sheet."""
    return Paper(
        f"{ledger.name} 质量说明",
        "本说明由语料库发布记录自动生成，未人工填写任何数字；未提供的内容标为“未提供”。",
        (
            Section("1", "基本信息", _basics(ledger)),
            Section("2", "数据来源", table=_sources(ledger)),
            Section("3", "许可协议", table=_licences(ledger)),
            Section("4", "网站（按字数，至多 50 个主域名）", table=_domains(ledger)),
            Section("5", "来源级别", table=_shares("级别", _tiers(ledger))),
            Section("6", "地区", table=_shares("地区", ledger.by("region"))),
            Section("7", "发布年份", table=_shares("年份", _by_name(ledger.by("year")))),
            Section("8", "语言", table=_shares("语言", ledger.by("language"))),
            Section("9", "交付时的文字", table=_shares("文字", ledger.by("script"))),
            Section("10", "篇幅", table=_lengths(ledger)),
            Section("11", "去重与过滤", _losses(ledger), _reasons(ledger)),
            Section("12", "个人信息处理", table=_private_data(ledger)),
            Section("13", "评测集去除", table=_benchmarks(ledger)),
            Section("14", "核验", _verification(ledger)),
        ),
        CHINESE,
    )


def _basics(ledger: Ledger) -> dict[str, Value]:
    manifest, parent = ledger.manifest, ledger.manifest.get("parent")
    first, last = collection_period(*ledger.partners.values())
    return {
        "语料库": manifest["corpus"],
        "版本": manifest["version"],
        "发布方": manifest.get("publisher"),
        "发布时间": ledger.published_at or None,
        "上一版本": parent["version"] if parent else "无",
        "文档数": manifest["documents"],
        "字数": ledger.characters,
        "正文字节数（UTF-8）": manifest["content_bytes"],
        "平均每篇字数": ledger.characters // max(1, manifest["documents"]),
        "文件数": len(ledger.shards),
        "采集起始": first,
        "采集截止": last,
    }


def _sources(ledger: Ledger) -> PaperTable:
    rows: list[list[Value]] = [
        [
            legal_name(name, account),
            *(term(account, key) for key in ("country", "agreement")),
            _named(_KINDS, term(account, "source_kind")),
            *(term(account, key) for key in ("method", "allowed_use")),
            account["delivered"],
            account["kept"],
        ]
        for name, account in ledger.partners.items()
    ]
    header = ("提供方", "国家或地区", "合同或授权", "来源类型", "采集方式", "允许用途")
    return PaperTable((*header, "交付篇数", "收入篇数"), rows)


def _named(names: Mapping[Any, str], word: str) -> str:
    """Return the Chinese name of a word of releases, or the word."""
    return names.get(word, word)


def _tiers(ledger: Ledger) -> list[Amount]:
    return [
        one._replace(name=one.name and _named(_TIERS, one.name)) for one in ledger.by("source_tier")
    ]


def _licences(ledger: Ledger) -> PaperTable:
    rows: list[list[Value]] = [
        [one.name, legal_name(name, account), one.documents, one.characters]
        for name, account in ledger.partners.items()
        for one in ledger.licences(name)
    ]
    return PaperTable(("许可协议", "提供方", "文档数", "字数"), rows)


def _domains(ledger: Ledger) -> PaperTable:
    found = ledger.domains([*ledger.partners])
    whole = pc.sum(found["characters"]).as_py() or 1
    rows: list[list[Value]] = [
        [*row.values(), f"{row['characters'] / whole:.2%}"]
        for row in found.slice(0, _MOST_DOMAINS).to_pylist()
    ]
    return PaperTable(("主域名", *_AMOUNTS), rows)


def _by_name(amounts: list[Amount]) -> list[Amount]:
    return sorted(amounts, key=lambda one: (one.name is None, one.name or ""))


def _shares(name: str, amounts: list[Amount]) -> PaperTable:
    """Return a table of amounts with their share of all characters."""
    whole = sum(one.characters for one in amounts) or 1
    rows: list[list[Value]] = [
        [one.name, one.documents, one.characters, f"{one.characters / whole:.2%}"]
        for one in amounts
    ]
    return PaperTable((name, *_AMOUNTS), rows)


def _lengths(ledger: Ledger) -> PaperTable:
    names = {str(first): f"{first:,}–{after - 1:,} 字" for first, after in pairwise(LENGTHS)} | {
        str(LENGTHS[-1]): f"{LENGTHS[-1]:,} 字以上"
    }
    found = sorted(ledger.by("length"), key=lambda one: int(one.name or 0))
    return _shares("篇幅", [one._replace(name=names[one.name or "0"]) for one in found])


def _losses(ledger: Ledger) -> dict[str, Value]:
    accounts = ledger.manifest["partners"].values()
    delivered = sum(account["delivered"] for account in accounts)
    numbers = {
        name: sum(account[name] for account in accounts) for name in ("kept", "dropped", "rejected")
    }
    return {
        "交付篇数": delivered,
        "收入篇数": numbers["kept"],
        "去除篇数": numbers["dropped"],
        "拒收篇数": numbers["rejected"],
        "收入比例": f"{numbers['kept'] / delivered:.2%}" if delivered else None,
    }


def _reasons(ledger: Ledger) -> PaperTable:
    rows: list[list[Value]] = [
        [legal_name(name, account), reason, count, f"{count / account['delivered']:.2%}"]
        for name, account in ledger.manifest["partners"].items()
        for reason, count in account["reasons"].items()
    ]
    return PaperTable(("提供方", "阶段/原因", "篇数", "占交付比例"), rows)


def _private_data(ledger: Ledger) -> PaperTable:
    policies = ledger.manifest["parameters"].get("private_data", {})
    found = ledger.manifest.get("private_data", {})
    rows: list[list[Value]] = [
        [
            _named(_PRIVATE_KINDS, kind),
            _named(_POLICIES, policy),
            sum(kinds.get(kind, {}).get("documents", 0) for kinds in found.values()),
            sum(kinds.get(kind, {}).get("values", 0) for kinds in found.values()),
        ]
        for kind, policy in sorted(policies.items())
    ]
    return PaperTable(("类型", "处理方式", "涉及文档数", "处数"), rows)


def _benchmarks(ledger: Ledger) -> PaperTable:
    rows: list[list[Value]] = [
        [
            one["name"],
            one["version"],
            one["items"],
            sum(counts.get("dropped", 0) for counts in one["documents"].values()),
        ]
        for one in ledger.manifest.get("benchmarks", [])
    ]
    return PaperTable(("评测集", "版本", "题数", "去除文档数"), rows)


def _verification(ledger: Ledger) -> dict[str, Value]:
    return {
        "发布摘要（sha256）": ledger.digest,
        "核验命令": f"heliu verify release={ledger.manifest['version']}@sha256:{ledger.digest}",
        "抽检": NOT_GIVEN,
    }

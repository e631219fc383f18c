"""The source registry: what it takes, what it refuses, and which source an address lies below."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from publicsuffixlist import PublicSuffixList

from jobs.corpus.model.sites import sites
from jobs.corpus.sources.domains import is_public_suffix, registered_domain
from jobs.corpus.sources.matching import matched_sources
from jobs.corpus.sources.registry import Registry, SourceParams, read_registry
from jobs.errors import ConfigError

HEADER = "source\tname\ttier\tregion\tlicence\tstatus\n"


def registry(*rows: str) -> Registry:
    return read_registry(io.BytesIO((HEADER + "\n".join(rows)).encode()), "名录.tsv")


def regions(known: Registry, *urls: str | None) -> list[str | None]:
    column = pa.array(urls, pa.string())
    hosts = sites(pa.chunked_array([column])).combine_chunks()
    found: list[str | None] = matched_sources(column, hosts, registry=known)["region"].to_pylist()
    return found


def test_the_longest_source_decides() -> None:
    known = registry(
        "example.cn\t\t\t全国\t\t",
        "gz.example.cn\t\t\t广州\t\t",
        "http://www.gz.example.cn/zwgk/\t\t\t公开\t\t",
        "www.gz.example.cn/zwgk/gb\t\t\t公报\t\t",
        "www.gz.example.cn\t\t\t门户\t\t",
    )
    cases = {
        "http://example.cn": "全国",
        "https://a.b.example.cn/x": "全国",
        "http://news.gz.example.cn/": "广州",
        "http://www.gz.example.cn/": "门户",
        "http://www.gz.example.cn/zwgk": "公开",
        "http://www.gz.example.cn/zwgk?page=2": "公开",
        "http://www.gz.example.cn/zwgk/1.html": "公开",
        "http://www.gz.example.cn/zwgk/gb/1.html": "公报",
        "http://www.gz.example.cn/zwgk/gbx": "公开",
        "http://www.gz.example.cn/zwgkx/": "门户",
        "http://m.www.gz.example.cn/zwgk/": "门户",
        "http://example.cn.evil.example": None,
        "http://notexample.cn/": None,
    }
    assert regions(known, *cases) == [*cases.values()]


@pytest.mark.parametrize(
    "url",
    [
        *("www.gz.example.cn/zwgk/1.html", "//www.gz.example.cn/zwgk/1.html"),
        *("HTTP://WWW.GZ.EXAMPLE.CN/zwgk/1.html", "http://www.gz.example.cn./zwgk/1.html"),
        *("http://u:p@www.gz.example.cn:8080/zwgk/1.html", "https:\\\\www.gz.example.cn/zwgk/"),
        "http://www。gz。example。cn/zwgk/1.html",
    ],
)
def test_odd_addresses_have_their_source(url: str) -> None:
    known = registry("www.gz.example.cn/zwgk\t\t\t广东\t\t")
    assert regions(known, url) == ["广东"]


def test_hosts_in_han_and_in_ascii_are_one() -> None:
    known = registry("新闻.中国\t\t\t甲\t\t", "xn--fiq228c.example.cn\t\t\t乙\t\t")
    urls = ("http://www.xn--efv12a2dz86b.xn--fiqs8s/", "http://www.新闻.中国/1", "中文.example.cn")
    assert regions(known, *urls) == [None, "甲", "乙"]


def test_no_address_has_no_source() -> None:
    assert (
        regions(registry("example.cn\t\t\t甲\t\t"), None, "", "http://[::1]/", "a.html")
        == [None] * 4
    )


def test_order_of_rows_changes_nothing() -> None:
    rows = ["b.example.cn\t\t\t乙\t\t", "a.example.cn\t\t\t甲\t\t"]
    assert registry(*rows) == registry(*reversed(rows))
    assert registry(*rows) != registry(rows[0])


def test_parquet_is_read_like_tsv() -> None:
    table = pa.table({"source": ["example.cn"], "region": ["甲"]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    sink.seek(0)
    assert read_registry(sink, "名录.parquet") == registry("example.cn\t\t\t甲\t\t")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            ["com.cn\t\t\t\t\t"],
            r"row 1: names below com.cn are for anyone to register: write \*\.com\.cn",
        ),
        (["a.cn\t\t\t\t\t", "不是 网站\t\t\t\t\t"], r"row 2: '不是 网站' is no host"),
        (["a.cn\t\tcity\t\t\t"], "row 1: tier=city: choose ministry"),
        (["a.cn\t\t\t\t\tbanned"], "row 1: status=banned: choose listed or blocked"),
        (
            ["a.cn\t\t\t\t\t", "http://a.cn/\t\t\t甲\t\t"],
            "row 2: http://a.cn/ stands in an earlier",
        ),
        (["a.cn\t\t"], "cannot be read"),
    ],
)
def test_refusals_name_the_row(rows: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        registry(*rows)


def test_a_public_suffix_can_be_meant() -> None:
    assert regions(registry("*.gov.cn\t\t\t甲\t\t"), "http://www.gz.gov.cn/") == ["甲"]


def test_unknown_columns_and_policies_are_refused() -> None:
    with pytest.raises(ConfigError, match="has the columns domain"):
        read_registry(io.BytesIO(b"domain\na.cn\n"), "x.tsv")
    with pytest.raises(ConfigError, match=r"sources.policy=only: choose off, annotate"):
        SourceParams("only")
    with pytest.raises(ConfigError, match=r"needs a registry: give sources.registry=FILE"):
        SourceParams("allow")


def test_sources_agree_with_the_public_suffix_list() -> None:
    """An address lies below a listed domain if that is its registered domain, for all domains."""
    suffixes = [
        "cn",
        "com.cn",
        "gov.cn",
        "co.uk",
        "com",
        "中国",
        "公司.cn",
        "github.io",
        "bd",
        "kobe.jp",
    ]
    domains = [f"站{number}.{suffix}" for number in range(40) for suffix in suffixes]
    known = registry(*(f"{one}\t\t\t{one}\t\t" for one in domains if not is_public_suffix(one)))
    urls = [f"http://{below}{one}/x" for one in domains for below in ("", "www.", "a.b.")]
    oracle = PublicSuffixList()
    listed = {entry.host for entry in known.entries}
    expected = [
        found
        if (found := oracle.privatesuffix(url[len("http://") : -len("/x")])) in listed
        else None
        for url in urls
    ]
    assert regions(known, *urls) == expected
    assert sum(one is not None for one in expected) > 1000


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.people.com.cn", "people.com.cn"),
        ("people.com.cn", "people.com.cn"),
        ("com.cn", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("www.新闻.中国", "新闻.中国"),
    ],
)
def test_registered_domains(host: str, domain: str | None) -> None:
    assert registered_domain(host) == domain

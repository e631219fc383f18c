"""Which source an address has, by the public suffix list: 100,000 addresses in odd spellings."""

from __future__ import annotations

import importlib.resources
import io
import itertools
import random
from collections.abc import Iterator

import pyarrow as pa
import pytest
from publicsuffixlist import PublicSuffixList

from jobs.corpus.model.sites import sites
from jobs.corpus.sources.domains import registered_domain
from jobs.corpus.sources.matching import matched_sources
from jobs.corpus.sources.registry import read_registry

ADDRESSES = 100_000
LABELS = ("新闻", "news", "gov-1", "bj", "政务公开", "a", "www2")
SPELLINGS = (
    "http://{host}/x",
    "HTTPS://{upper}:443/路径?甲=乙",
    "//{host}/p/a/t/h",
    "http://编辑:p%40ss@{host}./x",
    "{host}/xxgk/2023/",
    "http:\\\\{host}\\x",
    "  http://{host}?q=1#片段",
    "https://{ascii}",
    "https://{ideographic}/index.html",
    "ftp://{host}:2121/",
)


def hosts(suffixes: list[str], chance: random.Random) -> Iterator[str]:
    """Yield hosts below every suffix of the list, again and again."""
    for number in itertools.count():
        for suffix in suffixes:
            below = [chance.choice(LABELS) for _ in range(number % 3)]
            yield ".".join([*below, f"{chance.choice(LABELS)}{number}", suffix])


def spelt(spelling: str, host: str) -> str:
    return spelling.format(
        host=host,
        upper=host.upper(),
        ascii=host.encode("idna").decode() if "{ascii}" in spelling else "",
        ideographic=host.replace(".", "。"),
    )


@pytest.fixture(scope="module")
def suffixes() -> list[str]:
    """All rules of the list, without marks of wildcards and exceptions."""
    data = importlib.resources.files("publicsuffixlist") / "public_suffix_list.dat"
    lines = (line.strip() for line in data.read_text(encoding="utf-8").splitlines())
    rules = [line for line in lines if line and not line.startswith("//")]
    found = [rule.removeprefix("!").removeprefix("*.") for rule in rules]
    assert len(found) > 9000
    return found


def test_sources_and_domains_agree_with_the_public_suffix_list(suffixes: list[str]) -> None:
    oracle, chance = PublicSuffixList(), random.Random(1)
    made = list(itertools.islice(hosts(suffixes, chance), ADDRESSES))
    urls = [spelt(chance.choice(SPELLINGS), host) for host in made]
    found = sites(pa.chunked_array([pa.array(urls, pa.string())])).combine_chunks()
    assert [
        pair for pair in zip(urls, found.to_pylist(), made, strict=True) if pair[1] != pair[2]
    ] == []
    domains = [oracle.privatesuffix(host) for host in made]
    assert [registered_domain(host) for host in made] == domains
    listed = sorted({one for one in domains if one})[::3]
    rows = "".join(f"{one}\t{one}\n" for one in listed)
    known = read_registry(io.BytesIO(("source\tregion\n" + rows).encode()), "名录.tsv")
    matched = matched_sources(pa.array(urls, pa.string()), found, registry=known)[
        "region"
    ].to_pylist()
    wanted = {*listed}
    assert matched == [one if one in wanted else None for one in domains]
    assert 10_000 < sum(one is not None for one in matched) < ADDRESSES


@pytest.mark.parametrize(
    "url",
    [
        *("http://192.0.2.1/x", "http://[2001:db8::1]:80/", "http://3221225985/", "mailto:a@b.cn"),
        *(
            "",
            "/相对/路径.html",
            "index.html",
            "http://",
            "http:///x",
            "约稿",
            "javascript:alert(1)",
        ),
    ],
)
def test_addresses_without_a_name_have_no_domain(url: str) -> None:
    host = sites(pa.chunked_array([pa.array([url], pa.string())]))[0].as_py()
    assert host is None or registered_domain(host) is None

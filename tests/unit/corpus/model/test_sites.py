"""The site of an address, however it is spelt, for everybody who asks."""

from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.corpus.model.sites import is_below, named_site, site, sites

ADDRESSES = [
    ("http://WWW.Private.Example:8080/a,b", "www.private.example"),
    ("https://user@private.example/p", "private.example"),
    ("private.example/noscheme", "private.example"),
    ("private.example:8080/noscheme", "private.example"),
    ("//private.example/protocolrel", "private.example"),
    ("https://private.example./trailingdot", "private.example"),
    ("https://PRIVATE.example/路径", "private.example"),
    ("  https:\\\\private.example\\x ", "private.example"),
    ("http://private%2Eexample?x@y", "private.example"),
    ("https://例子.中国/一", "例子.中国"),
    ("https://xn--fsqu00a.xn--fiqs8s/二", "例子.中国"),
    ("http://例子。中国", "例子.中国"),
    ("例子.中国/一", "例子.中国"),
    ("http://xn--例/", "xn--例"),
    ("http://[2001:DB8::1]:80/x", "2001:db8::1"),
    ("http://2001:db8:0::1/", "2001:db8::1"),
    ("http://127.0.0.1:80/", "127.0.0.1"),
    ("http://localhost", "localhost"),
    ("ftp://a.example/", "a.example"),
    ("https://a.example", "a.example"),
    *((nothing, None) for nothing in ("", "无效", "http://", "http://.", "http://a..b/")),
    *((nothing, None) for nothing in ("index.html", "a/b.html", "2023.11.29", "[::1]")),
    *((nothing, None) for nothing in ("mailto:a@b.example", "http://a b/", "他说：你好。世界")),
]


@pytest.mark.parametrize(("url", "expected"), ADDRESSES)
def test_site_of_an_address_is_its_host_in_one_spelling(url: str, expected: str | None) -> None:
    assert site(url) == expected


def test_sites_of_a_column_are_those_of_its_addresses() -> None:
    urls = [None, *(url for url, _ in ADDRESSES)]
    found = sites(pa.chunked_array([urls[:4], urls[4:4], urls[4:]], pa.string()))
    assert found.to_pylist() == [None, *(expected for _, expected in ADDRESSES)]
    assert sites(pa.chunked_array([], pa.string())).to_pylist() == []
    plain = pa.chunked_array([["https://a.example/1", "http://b.example"]])
    assert sites(plain).to_pylist() == [site(url) for url in plain.to_pylist()]


@pytest.mark.parametrize(
    "name", ["例子.中国", "XN--fsqu00a.xn--fiqs8s.", "*.例子.中国", "https://例子.中国/一"]
)
def test_site_that_somebody_names_is_itself_and_all_below(name: str) -> None:
    assert named_site(name) == "例子.中国"
    found = pa.chunked_array([["例子.中国", "www.例子.中国", "坏例子.中国", None]], pa.string())
    assert is_below(found, name).to_pylist() == [True, True, False, False]


def test_name_of_no_site_has_nothing_below() -> None:
    assert is_below(pa.chunked_array([["a.example"]]), ".").to_pylist() == [False]

"""Sites: the host of an address, by one rule.

Partners write addresses without a scheme, in capitals, with port, user or a dot at the end, hosts
in Han characters or in their ASCII form. All spellings of a host are one site.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

# Most addresses are spelt like this, and Arrow parses them forty times as fast as Python.
_PLAIN = r"^https?://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})(?:[/?#]|$)"
# Browsers accept missing slashes and backslashes after these.
_OPENING = re.compile(r"(?:https?|ftp|wss?):[/\\]*|[a-z][a-z0-9+.-]*://+|[/\\]{2,}", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*")
_PORT = re.compile(r":[0-9]*$")
_DOTS = str.maketrans("。．｡", "...")
_BARE = re.compile(r"(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)")
# A name with such a suffix is that of a file, unless it is marked as a host otherwise.
_FILES = {
    *("htm", "html", "shtml", "xhtml", "php", "asp", "aspx", "jsp", "xml", "json", "jsonl"),
    *("txt", "pdf", "doc", "docx", "csv", "tsv", "warc", "gz", "zst", "jpg", "png"),
}


def sites(urls: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the host of each address as `site` gives it; null where there is none.

    Law: row-wise.
    """
    found = pc.struct_field(pc.extract_regex(urls, _PLAIN), "host")
    # The ASCII form of another script is left for `site`.
    is_plain = pc.invert(pc.fill_null(pc.match_substring(found, "xn--"), pa.scalar(value=True)))
    rest = pc.and_(pc.is_valid(urls), pc.invert(is_plain))
    if not pc.any(rest).as_py():
        return found
    others = [site(url) for url in urls.filter(rest).to_pylist()]
    return pa.chunked_array(
        [pc.replace_with_mask(_whole(found), _whole(rest), pa.array(others, pa.string()))]
    )


def site(url: str) -> str | None:
    """Return the host of an address in lower case, its labels in their own script, or None.

    Without scheme and slashes, only what looks like a host is one: `gov.example/a`, not `a.html`.
    """
    url = url.strip()
    opening = _OPENING.match(url)
    rest = url[opening.end() :] if opening else url
    authority = _AUTHORITY.match(rest)
    host = _host(authority[0] if authority else "")
    if host is None or opening:
        return host
    is_host = _BARE.fullmatch(_without_marks(host)) and host.rpartition(".")[2] not in _FILES
    return host if is_host and "@" not in rest.partition("/")[0] else None


def _without_marks(host: str) -> str:
    """Return a host without combining marks, which names in Indic scripts are written with."""
    return "".join(one for one in host if not unicodedata.category(one).startswith("M"))


def path(url: str) -> str:
    """Return the rest of an address behind its host, from its first slash; empty without one."""
    url = url.strip()
    opening = _OPENING.match(url)
    rest = url[opening.end() :] if opening else url
    return _AUTHORITY.sub("", rest, count=1)


def named_site(name: str) -> str | None:
    """Return the site that a user means by a host, `*.host` or an address."""
    return site(name) if _OPENING.match(name) else site(f"//{name.removeprefix('*.')}")


def is_below(found: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return whether each site is the one of this name, or below it; false for null sites."""
    wanted = named_site(name)
    if wanted is None:
        return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(found))])
    is_it = pc.or_(pc.equal(found, wanted), pc.ends_with(found, pattern=f".{wanted}"))
    return pc.fill_null(is_it, pa.scalar(value=False))


def _host(authority: str) -> str | None:
    """Return the host of an authority `user@host:port`, or None."""
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return _address(host[1:].partition("]")[0])
    if host.count(":") > 1:  # an IPv6 address without brackets
        return _address(host)
    name = unicodedata.normalize("NFKC", unquote(_PORT.sub("", host)).translate(_DOTS))
    labels = [_label(label) for label in name.lower().strip(".").split(".")]
    is_host = all(labels) and not re.search(r"[\s:@/\\<>\"]", name)
    return ".".join(labels) if is_host else None


def _address(host: str) -> str | None:
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        return None


def _label(label: str) -> str:
    """Return a label in its own script, decoded from its ASCII form."""
    if not label.startswith("xn--"):
        return label
    try:
        return unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode")).lower()
    except UnicodeError:
        return label


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

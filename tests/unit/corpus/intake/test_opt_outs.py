"""Opt-outs of pages: which statements of headers and meta tags reserve rights, which do not."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest

from jobs.corpus.intake.deliveries import read_rows
from jobs.corpus.intake.opt_outs import joined, opt_outs
from jobs.corpus.intake.rows import DeliveryParams
from jobs.corpus.intake.web_pages import page
from jobs.corpus.sources.rights import are_reserved

TEXT = "本市昨日发布通告，自下月起施行新的规定，请各单位遵照执行。" * 3


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("X-Robots-Tag", "noai", ["noai"]),
        ("x-robots-tag", "noindex, NoAI, noimageai", ["noai", "noimageai"]),
        ("X-Robots-Tag", "otherbot: noai", ["noai"]),
        ("robots", "index,follow,noai", ["noai"]),
        ("GPTBot", "noai", ["noai"]),
        ("robots", "noindex, nofollow, noarchive", []),
        ("robots", "noairplanes", []),
        ("description", "noai", []),
        ("tdm-reservation", "1", ["1"]),
        ("TDM-Reservation", " 1 ", ["1"]),
        ("tdm-reservation", "0", []),
        ("tdm-reservation", "11", []),
        ("Content-Usage", "train-ai=n", ["train-ai=n"]),
        ("Content-Usage", "search=y, train-ai=n;p=1", ["train-ai=n"]),
        ("Content-Usage", "train-ai=y, search=n", []),
        ("Content-Signal", "search=yes, ai-input=no, ai-train=no", ["ai-train=no"]),
        ("Content-Signal", "ai-train=yes", []),
        ("Content-Signal", "no-ai-train=no", []),
    ],
)
def test_statements_that_reserve(name: str, value: str, found: list[str]) -> None:
    assert opt_outs("header", [(name, value)]) == [f"header {name.lower()}: {w}" for w in found]


def test_policy_is_shown_with_its_reservation_alone() -> None:
    policy = ("tdm-policy", "https://a.example/tdm.json")
    assert opt_outs("meta", [policy, ("tdm-reservation", "1")]) == [
        "meta tdm-reservation: 1, policy https://a.example/tdm.json"
    ]
    assert opt_outs("meta", [policy]) == []


def html(head: str) -> str:
    return f"<html><head><title>通告</title>{head}</head><body><p>{TEXT}</p></body></html>"


def test_page_says_what_its_tags_say() -> None:
    tags = (
        '<meta name="robots" content="noai"><META HTTP-EQUIV="Content-Usage" content="train-ai=n">'
    )
    assert page(html(tags)).rights == "meta robots: noai; meta content-usage: train-ai=n"
    assert page(html("")).rights is None
    assert page(html('<meta name="robots"><meta content="noai">')).rights is None


def test_archive_says_what_headers_and_tags_say() -> None:
    body = html('<meta name="tdm-reservation" content="1">').encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Robots-Tag: noai\r\n"
    response = f"{head}X-Robots-Tag: bot: noimageai\r\n\r\n".encode() + body
    record = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/1\r\n"
    record += "Content-Type: application/http; msgtype=response\r\n"
    archive = f"{record}Content-Length: {len(response)}\r\n\r\n".encode() + response + b"\r\n\r\n"
    params = DeliveryParams("warc", "auto", (("text", "text"),), 1 << 20, 1 << 20, html=False)
    (table,) = read_rows(io.BytesIO(archive), source_file="甲.warc", params=params)
    (row,) = table.to_pylist()
    assert row["reason"] is None
    assert row["rights"] == (
        "header x-robots-tag: noai; header x-robots-tag: noimageai; meta tdm-reservation: 1"
    )


def test_images_alone_reserve_no_text() -> None:
    said = [
        None, "header x-robots-tag: noimageai", "header x-robots-tag: noimageai; meta robots: noai",
        "meta robots: noai", "meta robots: noimageai; meta googlebot: noimageai",
    ]  # fmt: skip
    assert are_reserved(pa.array(said)).to_pylist() == [False, False, True, True, False]


def test_statements_are_joined_once_each() -> None:
    assert joined(["meta robots: noai", "meta robots: noai"]) == "meta robots: noai"
    assert joined([]) is None

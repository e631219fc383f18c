"""Whole pages: the main text stays, what stands around it goes, and a fragment is left alone."""

import os
import time
from pathlib import Path

import pytest

from jobs.corpus.intake.deliveries import RejectReason
from jobs.corpus.intake.web_pages import is_page, page
from tests.deliveries import asked, lines, only, reasons, rows

FIRST = "新华社北京11月29日电，国务院总理主持召开国务院常务会议，研究部署进一步优化营商环境的措施。"
SECOND = "会议指出，要坚持问题导向，聚焦企业关切，切实解决市场准入和监管执法等方面的突出问题。"
PAGE = f"""<!DOCTYPE html><html><head><title>国务院常务会议召开_某某网</title>
<meta property="article:published_time" content="2023年11月29日 19:30"/>
<link rel="canonical" href="https://example.cn/a?b=1&amp;c=2"></head>
<body><ul class="nav"><li><a href="/">首页</a></li><li><a href="/n">新闻</a></li></ul>
<h1>国务院常务会议召开</h1><div class="article"><p>{FIRST}</p><p>{SECOND}</p><p>{FIRST}</p></div>
<div class="footer">版权所有 某某网 <a href="/about">关于我们</a></div></body></html>"""


def test_page_keeps_its_paragraphs_and_says_title_date_and_address():
    found = page(PAGE)
    text = found.text.split("\n")
    assert [line for line in text if line != found.title] == [FIRST, SECOND, FIRST]
    assert (found.title, found.published) == ("国务院常务会议召开", "2023年11月29日 19:30")
    assert found.url == "https://example.cn/a?b=1&c=2"


def test_page_in_a_column_is_extracted_only_if_marked_and_what_the_partner_gave_stays():
    source = lines({"text": PAGE, "title": "标题", "date": "2020"})
    (marked,) = rows(source, asked(html=True))
    assert marked["text"].endswith(FIRST)
    assert (marked["title"], marked["published"]) == ("标题", "2020")
    assert marked["url"] == "https://example.cn/a?b=1&c=2"
    (plain,) = rows(source, asked())
    assert plain["text"] == PAGE


@pytest.mark.parametrize(
    "fragment", [f"<p>{FIRST}</p>", f"{FIRST}<br/>{SECOND}", "用 <html> 标记开头", FIRST]
)
def test_fragment_with_tags_is_no_page_and_left_to_normalization(fragment):
    assert not is_page(fragment)
    (row,) = rows(lines({"text": fragment}), asked(html=True))
    assert row["text"] == fragment


def test_html_file_is_one_page_in_the_charset_it_declares():
    source = PAGE.replace("<head>", "<head><meta charset=gb2312>").encode("gb18030")
    columns = (("text", "text"), ("id", "name"))
    (row,) = rows(source, asked("html", "auto", columns))
    assert (row["source_id"], row["title"]) == ("法规", "国务院常务会议召开")
    assert row["published"] == "2023年11月29日 19:30"
    assert row["text"].endswith(FIRST)


def test_page_of_navigation_alone_is_refused():
    source = b"<html><body><div></div><p> </p></body></html>"
    (row,) = rows(source, asked("html", "auto", only()))
    assert reasons([row]) == [RejectReason.NO_MAIN_TEXT]
    assert row["evidence"].startswith("page of 45 characters")


@pytest.mark.parametrize(
    "odd",
    [
        "<html><body><p>" + "<div>" * 20_000,
        "<html><body><p>\x00\x01",
        '<?xml version="1.0" encoding="gb2312"?><html><body><p>文</p></body></html>',
        "<html><body><p>" + "<" * 10_000,
    ],
)
def test_odd_page_is_a_row_and_no_crash(odd):
    (row,) = rows(odd.encode(), asked("html", "auto", only(), max_text_bytes=10**6))
    assert (row["text"] is None) == (row["reason"] is not None)


@pytest.mark.parametrize(
    "code",
    [
        "while True:<br>&nbsp;&nbsp;&nbsp;&nbsp;work()",
        "while True:\n    work()",
        '<span class="k">while</span> True:<br/>\xa0&#160;&nbsp; <span>work</span>()',
    ],
)
def test_page_keeps_the_lines_and_the_indentation_of_its_code(code):
    body = f"<p>{FIRST}</p><p>{SECOND}</p><pre>{code}</pre><p>{FIRST}</p>"
    text = page(f"<html><body><article>{body}</article></body></html>").text
    assert "while True:\n    work()" in text


@pytest.mark.parametrize(
    "instruction",
    [
        '<?xml:namespace prefix = "o" ns = "urn:schemas-microsoft-com:office:office" />',
        "<?php x ?>",
    ],
)
def test_instructions_to_other_programs_are_no_text(instruction):
    """Word and servers leave them in pages."""
    first = f"<p>各省、自治区、直辖市人民政府{instruction}认真贯彻执行。</p>"
    body = f"{instruction}{first}{instruction}<p>特此通知。</p>"
    text = page(f"<html><body>{body}</body></html>").text
    assert text.split() == ["各省、自治区、直辖市人民政府认真贯彻执行。", "特此通知。"]


ENDLESS = [
    "<p " + " ".join(f"a{number}=1" for number in range(200_000)) + ">",
    "<p " + "".join(f'a{number}=">"' for number in range(100_000)) + ">",
    "<p a" + " b" * 500_000,
]


@pytest.mark.parametrize("tag", ENDLESS, ids=["plain", "quoted", "without end"])
def test_page_of_a_tag_with_attributes_without_end_takes_no_time(tag):
    """The parser takes the square of them: 12 s for 200,000."""
    began = time.process_time()
    assert page(PAGE.replace("<body>", f"<body>{tag}")).text == ""
    assert time.process_time() - began < 2


def test_large_page_keeps_its_text_beside_tags_of_many_words():
    data = f"<div data-x='{'word ' * 100_000}'></div>"
    style = "<p " + " ".join(f"a{number}='甲 乙'" for number in range(5_000)) + "></p>"
    source = PAGE.replace("<body>", f"<body>{data}{style * 5}")
    assert FIRST in page(source).text


def test_page_laid_out_with_tables_keeps_its_paragraphs():
    cell = f"<p>{FIRST}</p><p>{SECOND}</p><p>{FIRST}</p><p>{SECOND}</p>"
    source = f"<html><body><table><tr><td><table><tr><td>{cell}</td></tr></table></td></tr></table>"
    text = [line.strip() for line in page(source).text.split("\n") if line.strip()]
    assert text == [FIRST, SECOND, FIRST, SECOND]


def test_page_facts_are_those_of_its_elements_and_not_of_what_looks_like_them():
    source = """<html><head><!-- <title>旧标题在注释里</title> --><script>
var t = "<title>脚本里的标题</title>";</script><title>真正的标题</title>
<meta name="pubdate" content="a > b"><base href="https://例.cn/x/">
<meta property="article:published_time" content="2023-11-29"><link href="../a?b=1" rel="Canonical">
</head><body><!-- <link rel=canonical href=https://b.cn/> --><p>正文</p></body></html>"""
    found = page(source)
    assert (found.title, found.published) == ("真正的标题", "2023-11-29")
    assert found.url == "https://例.cn/a?b=1"


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (
            "<link rel=canonical href=/a><meta property=og:url content=https://a.cn/b>",
            "https://a.cn/a",
        ),
        ("<link rel=canonical href=/a>", None),
        ("<link rel=canonical href='javascript:x'><meta property=og:url content=ftp://a.cn>", None),
        ("<base href='http://[a'><link rel=canonical href=/a>", None),
    ],
)
def test_page_whose_address_is_relative_is_read_by_what_it_is_relative_to(head, url):
    assert page(f"<html><head>{head}</head><body><p>正文</p></body></html>").url == url


@pytest.mark.skipif("HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("name", "title", "kept", "gone"),
    [
        ("tests_other_1", "全国人民代表大会常务委员会", "财政部部长金人庆代表国务院", "无障碍"),
        ("tests_guancha_2", "我国集成电路进口突破", "集成电路", "登录"),
        ("tests_163_9", "5月20日至31日", "平安出行，安全到家", "登录"),
        ("tests_ifeng_1", "女童眼睛被塞", "校园安全教育活动", "Phoenix New Media"),
        ("visiable_test_cmse_1", "载人航天工程", "空间站工程全面建设在即", "首页"),
    ],
)
def test_real_page_keeps_its_body_and_loses_what_stands_around(name, title, kept, gone):
    path = (
        Path(os.environ["HELIU_REAL_DATA"]) / f"dirty/html_pages/GeneralNewsExtractor__{name}.html"
    )
    found = page(path.read_text(encoding="utf-8-sig"))
    assert (found.title or "").startswith(title)
    assert kept in found.text
    assert gone not in found.text
    assert found.published

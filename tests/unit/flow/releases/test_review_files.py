"""The review page and table: what documents hold is data, whatever it is."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jobs.corpus.release.acceptance import Category
from jobs.corpus.release.review_sampling import SampleParams
from jobs.errors import ConfigError
from jobs.flow.releases.review_files import write_review
from jobs.flow.releases.review_samples import SHOWN, Sample, draw
from jobs.storage.directory import DirectoryStore
from tests.releases import decided, publish_release, released

HOSTILE = {
    "1": "</script><script>document.title='坏了'</script>",
    "2": "<!-- <script> --> 正文 {{script}} {{data}} \u2028 \x00 \\u003c",
    "3": "<img src=x onerror=alert(1)>\n第二行\t“引号”,逗号",
    "4": '=HYPERLINK("http://evil.example")',
    "5": "-1+1\r\n@SUM(A1)",
    "6": "字" * 40_000,
}


class Elements(HTMLParser):
    """The elements of a page as a browser finds them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", {}, ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    table = released("gov", HOSTILE)
    given = {"gov": ([table], decided(table, {}))}
    release = publish_release(DirectoryStore(tmp_path / "root"), "1.0.0", given)
    return draw(release, SampleParams(6, 1, 0, ("partner", "year")))


@pytest.fixture
def folder(sample: Sample, tmp_path: Path) -> Path:
    write_review(sample, tmp_path / "review")
    return tmp_path / "review"


def test_page_holds_every_text_as_data(sample: Sample, folder: Path) -> None:
    page = (folder / "review.html").read_text(encoding="utf-8")
    scripts = Elements(page).of("script")
    assert len(scripts) == page.count("<script") == 2
    data = json.loads(scripts[0][1])
    assert {one["content"] for one in data["documents"]} == {*HOSTILE.values()}
    assert [one["id"] for one in data["documents"]] == sample.ids
    assert {name: data[name] for name in sample.name} == sample.name
    assert not Elements(page).of("img")


def test_page_runs_its_own_script_alone_and_asks_no_network(folder: Path) -> None:
    page = (folder / "review.html").read_text(encoding="utf-8")
    elements = Elements(page)
    (policy,) = (
        attributes["content"]
        for attributes, _ in elements.of("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        text = elements.of(tag)[-1][1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert [a["href"] for a, _ in elements.of("link")] == ["data:,"]
    script = elements.of("script")[-1][1]
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert not re.findall(r"fetch\(|XMLHttpRequest|WebSocket|import\(", script)


def test_words_of_the_page_are_there_in_both_languages(folder: Path) -> None:
    page = (folder / "review.html").read_text(encoding="utf-8")
    (_, text), (_, script) = Elements(page).of("script")
    words = json.loads(text)["words"]
    assert words["zh"].keys() == words["en"].keys()
    used = {*re.findall(r"words\.(\w+)|WORDS\[state\.language\]\.(\w+)", script)}
    used |= {(name, "") for name in re.findall(r'data-say="(\w+)"', page)}
    assert {one or other for one, other in used} <= words["zh"].keys()
    names = {str(one) for one in Category} - {"other"} | {"other_category"}
    assert names <= words["zh"].keys()


def test_table_is_one_that_a_spreadsheet_can_hold_and_does_not_run(
    sample: Sample, folder: Path
) -> None:
    body = (folder / "sample.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    csv.field_size_limit(1 << 20)
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in rows] == sample.ids
    contents = [row["content"] for row in rows]
    assert not [text for text in contents if text.startswith(("=", "-", "+", "@"))]
    assert f"'{HOSTILE['4']}" in contents
    assert max(map(len, contents)) == 32_000
    assert [*rows[0]][-4:] == ["verdict", "category", "note", "reviewer"]
    assert {*SHOWN} <= {*rows[0]}


def test_folder_that_holds_something_is_left_alone(sample: Sample, folder: Path) -> None:
    with pytest.raises(ConfigError, match="is not empty"):
        write_review(sample, folder)

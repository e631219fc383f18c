"""The review page in a real browser, with the keyboard alone, from a file and without network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.corpus.release.acceptance import Category
from jobs.corpus.release.review_sampling import SampleParams
from jobs.errors import ConfigError
from jobs.flow.releases.review_files import write_review
from jobs.flow.releases.review_samples import Sample, documents, draw
from jobs.flow.releases.verdict_files import complete_verdicts, read_verdicts
from jobs.storage.directory import DirectoryStore
from tests.browser import Browser, downloaded, program
from tests.commands import heliu
from tests.releases import decided, publish_release, released, text

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        program() is None,
        reason="this machine has no Chromium: the review page was NOT used in a browser",
    ),
]
HOSTILE = (
    "</script><script>document.title='坏了'</script><img src=x onerror=\"document.title='坏了'\">"
)
LONG = "长文一段，须能读完。" * 12_000


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    texts = {str(n): text(n) for n in range(10)} | {"a": HOSTILE, "b": LONG}
    table = released("gov", texts)
    given = {"gov": ([table], decided(table, {}))}
    release = publish_release(DirectoryStore(tmp_path / "root"), "1.0.0", given)
    return draw(release, SampleParams(12, 1, 0, ("partner", "year")))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    (tmp_path / "downloads").mkdir()
    opened = Browser(tmp_path / "profile", tmp_path / "downloads")
    yield opened
    opened.close()


def number(browser: Browser) -> str:
    return browser.evaluate("document.getElementById('number').value")


def test_reviewer_decides_goes_back_changes_and_resumes(
    sample: Sample, browser: Browser, tmp_path: Path
) -> None:
    rows = documents(sample)
    write_review(sample, tmp_path / "review")
    page = tmp_path / "review" / "review.html"
    browser.open(page)
    assert browser.text("text").rstrip() == rows[0]["content"].rstrip()
    browser.press("p", "7", "u")
    assert number(browser) == "4"
    assert "通过 1 · 不通过 1 · 存疑 1" in browser.text("counts")
    browser.press("ArrowLeft")  # back to the one in doubt, which fails after all
    assert "存疑" in browser.text("verdict")
    browser.press("9", "ArrowLeft", "0")  # and has no verdict any more
    assert "通过 1 · 不通过 1 · 存疑 0 · 未审 10" in browser.text("counts")
    browser.press("t")
    assert "left 10" in browser.text("counts")
    browser.press("d", "t")
    theme = browser.evaluate("document.documentElement.dataset.theme")
    browser.open(page)  # another day
    assert number(browser) == "3"
    assert "未审 10" in browser.text("counts")
    assert browser.evaluate("document.documentElement.dataset.theme") == theme


def test_sample_is_reviewed_with_the_keyboard_and_accepted(
    sample: Sample, browser: Browser, tmp_path: Path
) -> None:
    write_review(sample, tmp_path / "review")
    browser.open(tmp_path / "review" / "review.html")
    title = browser.evaluate("document.title")
    browser.press("i")
    browser.type("页脚残留 p")
    browser.press("Enter", "7", "r")
    browser.type("李审核")
    browser.press("Escape", *"pppppp", "e")
    part = downloaded(tmp_path / "downloads", "*.json").rename(tmp_path / "part.json")
    with pytest.raises(ConfigError, match="5 of 12 documents have no verdict"):
        complete_verdicts([read_verdicts(part)], sample)
    browser.press("g")
    browser.type("12")
    browser.press("Enter", *"upppp")
    assert "未审 0" in browser.text("counts")
    assert "全部审完" in browser.text("message")
    browser.press("e", "c")
    whole = downloaded(tmp_path / "downloads", "*.json")
    table = downloaded(tmp_path / "downloads", "*.csv")
    found = complete_verdicts([read_verdicts(whole)], sample)
    assert found == complete_verdicts([read_verdicts(table)], sample)
    assert [str(one.verdict) for one in found.values()] == ["fail", *["pass"] * 10, "unsure"]
    first = found[sample.ids[0]]
    assert (first.category, first.note) == (Category.RESIDUE, "页脚残留 p")
    assert browser.evaluate("document.title") == title, "a text has run as a script"
    assert not browser.requests()
    make = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "key.pem"]
    subprocess.run(make, check=True, capture_output=True)
    given = [f"storage.root={tmp_path / 'root'}", "release=1.0.0", f"key={tmp_path / 'key.pem'}"]
    done = heliu("accept", *given, f"verdicts={whole}")
    assert done.returncode == 0, done.stderr
    assert "10 of 12 reviewed documents passed" in done.stdout


def test_another_browser_goes_on_from_the_saved_file(
    sample: Sample, browser: Browser, tmp_path: Path
) -> None:
    write_review(sample, tmp_path / "review")
    rows = [{"id": one, "verdict": "pass", "category": None, "note": ""} for one in sample.ids[:7]]
    saved = {"format": "heliu-verdicts/1", **sample.name, "reviewer": "王", "verdicts": rows}
    for name, body in (("saved", saved), ("other", saved | {"sample": "0" * 64})):
        (tmp_path / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    browser.open(tmp_path / "review" / "review.html")
    browser.press("l")
    browser.choose_file(tmp_path / "other.json")
    browser.wait("document.getElementById('message').innerText.includes('other.json')")
    assert "未审 12" in browser.text("counts")
    browser.press("l")
    browser.choose_file(tmp_path / "saved.json")
    browser.wait("document.getElementById('counts').innerText.includes('未审 5')")
    assert number(browser) == "8"
    browser.press("?")
    assert browser.evaluate("document.getElementById('keys').open")
    browser.press("Escape")
    assert not browser.evaluate("document.getElementById('keys').open")


def test_long_text_is_read_with_the_keys_that_scroll(
    sample: Sample, browser: Browser, tmp_path: Path
) -> None:
    write_review(sample, tmp_path / "review")
    browser.open(tmp_path / "review" / "review.html")
    long = next(n for n, row in enumerate(documents(sample)) if row["chars"] == len(LONG))
    browser.press("g")
    browser.type(str(long + 1))
    browser.press("Enter")
    assert f"{len(LONG):,}" in browser.text("end")
    browser.press("PageDown", " ")
    browser.wait("scrollY > 800")
    assert "未审 12" in browser.text("counts"), "scrolling is no verdict"
    browser.press("p")
    browser.wait("scrollY === 0")

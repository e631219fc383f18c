"""The main text of made and of real pages, by letters, against what is right."""

from __future__ import annotations

import os

import numpy as np
import pytest

from jobs.corpus.intake.web_pages import page
from tests.benchmarks.main_text import real_pages, score
from tests.made_pages import MadePage, made_pages

PAGES = list(made_pages(each=2))


@pytest.mark.parametrize("made", PAGES, ids=[one.kind for one in PAGES])
def test_main_text_of_a_made_page_is_what_was_written_in_it(made: MadePage) -> None:
    found = page(made.source).text
    assert score(found, made.paragraphs)[2] >= 0.98, found


def test_paragraphs_of_old_tables_are_lines_of_their_own() -> None:
    for made in made_pages(each=2):
        if made.kind.startswith("old tables"):
            assert page(made.source).text.split("\n") == made.paragraphs


def test_main_text_is_the_same_every_time() -> None:
    assert [page(one.source) for one in PAGES] == [page(one.source) for one in PAGES]


@pytest.mark.skipif("HELIU_REAL_DATA" not in os.environ, reason="HELIU_REAL_DATA is not set")
def test_main_text_of_real_pages_is_nearly_all_and_nearly_nothing_else() -> None:
    scores = [score(page(one.source).text, one.paragraphs) for one in real_pages()]
    precision, recall, _ = np.mean(scores, axis=0)
    assert len(scores) == 32
    assert precision >= 0.97
    assert recall >= 0.97

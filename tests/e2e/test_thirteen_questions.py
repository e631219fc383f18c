"""The questions of docs/questions.md are answered by the commands that stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.questions import BEFORE, QUESTIONS, answers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text(encoding="utf-8")


def test_each_question_is_answered_by_its_command(tmp_path: Path) -> None:
    for question, command, done in answers(tmp_path):
        assert not done.returncode, (command, done.stderr)
        assert question.word in done.stdout + done.stderr, (command, done.stdout, done.stderr)
        assert command in PAGE, command
    assert re.findall(r"^## \d+\. (.*)$", PAGE, re.MULTILINE) == [one.asked for one in QUESTIONS]
    assert "\n".join(BEFORE) in PAGE

"""What others wrote moves no cursor: it is shown as it is, and JSON stays the same value."""

from __future__ import annotations

import orjson
import pytest

from jobs.command.escapes import visible, visible_line
from jobs.command.exits import foreseen
from jobs.command.terminal import note, say, say_json, say_table
from jobs.errors import ConfigError

HOSTILE = "甲\x1b[2J\x9b31m\x07\r乙\u202e丙\u2066\u2028\x7f\U000e0041\x00𠮷"


def test_controls_are_shown_and_characters_stay() -> None:
    assert visible("𠮷野家\t好\n") == "𠮷野家\t好\n"
    assert visible("甲\x1b[2J") == "甲\\u001b[2J"
    assert visible("\U000e0041") == "\\udb40\\udc41"
    assert visible_line("甲\n乙\t") == "甲\\u000a乙\\u0009"
    assert visible("\ud800") == "\\ud800"


def test_whatever_is_printed_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    note(HOSTILE)
    say_table([HOSTILE], [[f"{HOSTILE}\n伪造的一行"]])
    with pytest.raises(SystemExit), foreseen():
        raise ConfigError(HOSTILE)
    shown = "".join(capsys.readouterr())
    assert shown.replace("\n", "").isprintable()
    assert "\n伪造的一行" not in shown


def test_json_keeps_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    value = {HOSTILE: [HOSTILE, 1]}
    say_json(value)
    shown = capsys.readouterr().out
    assert orjson.loads(shown) == value
    assert shown.replace("\n", "").isprintable()

"""Items of evaluation sets: records of their files as question, options, answer and passage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.config_errors import unknown_choice

PARTS = ("question", "options", "answer", "passage", "id")
POLICIES = ("drop", "cut", "report")

_LETTERS = "ABCDEFGH"
_NUMBER = re.compile(
    r"(?<!\s)\s*+(?:\d{1,3}\s*+[.．、]\s*+(?:[（(]\s*+\d+\s*+分\s*+[)）])?"
    r"|[（(]\s*+\d+\s*+分\s*+[)）])"
)
_LABEL = re.compile(r"(?<!\s)\s*+(?:[（(]\s*+[A-H]\s*+[)）]|[A-H]\s*+[.．、:：)）])\s*+")
_INLINE = re.compile(r"(?:(?<=\s)|^|(?<=[。？?）)]))[（(]?([A-H])\s*[.．、:：)）]", re.MULTILINE)
_ANSWER_LETTERS = re.compile(r"[\s,，、;；]*(?:[（(]?[A-H][)）.．、,，;；\s]*)+\Z")


@dataclass(frozen=True)
class BenchmarkItem:
    """One item of an evaluation set.

    Attributes:
        id: Its id in the set; its number, from 1, if it has none.
        question: Without its number, and without options that stood in it.
        options: Without their letters.
        answer: Where it is more than letters of options.
        passage: What the question is about, "" if nothing is given.
    """

    id: str
    question: str
    options: tuple[str, ...]
    answer: str
    passage: str


@dataclass(frozen=True)
class Benchmark:
    """An evaluation set as it was read.

    Attributes:
        name: As configured.
        version: Likewise.
        licence: Likewise.
        policy: What a match of `question` and of `passage` does: drop, cut or report.
        items: In the order of its files, each once.
        duplicates: Items left out because they repeat one before them.
        without_text: Items left out because they have neither question nor passage.
        digest: Of the content of all items.
    """

    name: str
    version: str
    licence: str
    policy: Mapping[str, str]
    items: tuple[BenchmarkItem, ...]
    duplicates: int
    without_text: int
    digest: str


def item_of(record: Mapping[str, Any], columns: Mapping[str, str], number: int) -> BenchmarkItem:
    """Parse a record into an item.

    Args:
        record: as its file has it.
        columns: where each of PARTS is; nested keys are dotted, options may be several keys.
        number: of the record, from 1.
    """
    parts = {part: _value(record, columns[part]) for part in PARTS if part in columns}
    question = _NUMBER.sub("", _text(parts.get("question")), count=1)
    options = tuple(
        _LABEL.sub("", _text(option), count=1) for option in _listed(parts.get("options"))
    )
    if not options:
        question, options = _without_inline_options(question)
    answer = "\n".join(map(_text, _listed(parts.get("answer"))))
    return BenchmarkItem(
        id=_text(parts.get("id")) or str(number),
        question=question,
        options=tuple(option for option in options if option.strip()),
        answer="" if options and _ANSWER_LETTERS.match(answer) else answer,
        passage=_text(parts.get("passage")),
    )


def distinct_items(items: Iterable[BenchmarkItem]) -> tuple[tuple[BenchmarkItem, ...], int, int]:
    """Return the distinct items, how many repeat one, and how many have no text."""
    known: dict[tuple[Any, ...], BenchmarkItem] = {}
    empty = total = 0
    for item in items:
        total += 1
        if not (item.question.strip() or item.passage.strip()):
            empty += 1
            continue
        known.setdefault((item.question, item.options, item.answer, item.passage), item)
    return tuple(known.values()), total - empty - len(known), empty


def check_policy(name: str, policy: Mapping[str, str]) -> None:
    """Refuse an unknown policy.

    Raises:
        ConfigError: names the policies.
    """
    for part, wanted in policy.items():
        key = f"benchmarks/{name}.yaml: policy"
        if part not in ("question", "passage"):
            raise unknown_choice(key, part, ("question", "passage"))
        if wanted not in POLICIES:
            raise unknown_choice(f"{key}.{part}", wanted, POLICIES)


def _value(record: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path; for several paths, separated by commas, a list."""
    if "," in path:
        return [_value(record, one.strip()) for one in path.split(",")]
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else [value] if value not in (None, "") else []


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(_text, value))
    if isinstance(value, Mapping):
        return "\n".join(map(_text, value.values()))
    return "" if value is None else str(value)


def _without_inline_options(question: str) -> tuple[str, tuple[str, ...]]:
    """Split a question from options inside it, A to at least C in order."""
    marks = list(_ordered(_INLINE.finditer(question)))
    if len(marks) < 3:
        return question, ()
    ends = [mark.start() for mark in marks[1:]] + [len(question)]
    options = (question[mark.end() : end] for mark, end in zip(marks, ends, strict=True))
    return question[: marks[0].start()], tuple(option.strip() for option in options)


def _ordered(marks: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    wanted = 0
    for mark in marks:
        if wanted < len(_LETTERS) and mark[1] == _LETTERS[wanted]:
            wanted += 1
            yield mark

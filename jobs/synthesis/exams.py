"""Synthetic exams with questions, options and answers, and how they leak into documents."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson

from jobs.synthesis.dirt import Altered, insert_line
from jobs.synthesis.grammar import Pen, forms
from jobs.synthesis.subjects import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EXAMS = ("civil_service", "public_affairs")
_ITEMS = 250  # in each
_LETTERS = "ABCD"


@dataclass(frozen=True)
class Item:
    """One question of an exam; `answer` is the letter of the right option."""

    id: str
    question: str
    options: tuple[str, ...]
    answer: str


def exam_items(seed: str) -> dict[str, list[Item]]:
    """The items of each exam."""
    return {exam: _items(exam, Pen(f"{seed}/{exam}")) for exam in _EXAMS}


def _items(exam: str, pen: Pen) -> list[Item]:
    items = []
    for number in range(_ITEMS):
        subject = number % len(SUBJECTS)
        deeds = [pen.sentence(forms("deeds", subject)) for _ in _LETTERS]
        options = tuple(f"({letter}){deed}" for letter, deed in zip(_LETTERS, deeds, strict=True))
        question = pen.sentence(forms("questions", subject))
        items.append(Item(f"{exam}-{number:04}", question, options, pen.word(_LETTERS)))
    return items


def write_exams(folder: Path, exams: dict[str, list[Item]]) -> None:
    """One JSONL file per exam."""
    folder.mkdir(parents=True)
    for exam, items in exams.items():
        lines = [orjson.dumps(asdict(item)) + b"\n" for item in items]
        (folder / f"{exam}.jsonl").write_bytes(b"".join(lines))


def write_exam_conf(folder: Path, benchmarks: Path) -> None:
    """One file of Hydra's group `benchmarks` for each exam, with absolute paths."""
    folder.mkdir(parents=True)
    for exam in _EXAMS:
        path = orjson.dumps(str(benchmarks.resolve() / f"{exam}.jsonl")).decode()
        (folder / f"{exam}.yaml").write_text(
            f"{exam}:\n"
            f"  files: {path}\n"
            f"  format: jsonl\n"
            f"  columns: {{question: question, options: options, answer: answer, id: id}}\n"
            f'  version: "1"\n'
            f"  licence: synthetic\n"
            f"  policy: {{question: drop, passage: report}}\n",
            "utf-8",
        )


def leakable(exams: dict[str, list[Item]]) -> list[Item]:
    """The first half of each exam; the other half is never in a document, for comparison."""
    return [item for items in exams.values() for item in items[: _ITEMS // 2]]


def with_leak(pen: Pen, text: str, items: Sequence[Item]) -> Altered:
    """Insert an item of an exam: whole, without the options, or the question alone.

    Args:
        pen: draws the item and how much of it.
        text: of a document.
        items: to choose from.
    """
    item = items[pen.whole(0, len(items) - 1)]
    right = item.options[_LETTERS.index(item.answer)][len("(A)") :]
    variants = {
        "question, options, answer": "\n".join(
            (f"例题：{item.question}", *item.options, f"答案：{item.answer}")
        ),
        "question, answer": f"有一道题问：{item.question}。正确的说法是：{right}。",
        "question": f"请思考：{item.question}",
    }
    variant = pen.word(tuple(variants))
    return Altered(insert_line(pen, text, variants[variant]), f"{item.id}: {variant}")

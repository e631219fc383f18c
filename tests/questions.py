"""Thirteen questions that people have, each with the command that answers it on the demo.

python -m tests.questions > docs/questions.md
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

import heliu
from tests.commands import environment

_LINES = 16
_WIDTH = "100"
_BUILD = (
    "heliu build --config-dir demo/conf partners=[gov,news,papers] corpus.name=demo "
    "corpus.version=1.0.0"
)
BEFORE = (
    "heliu demo out=demo size=3MB seed=1",
    "openssl genpkey -algorithm ed25519 -out key.pem",
    "openssl pkey -in key.pem -pubout -out key.pub",
    _BUILD,
    "heliu sign release=1.0.0 key=key.pem",
)
"""What the commands below need to be there, with HELIU_ROOT=releases."""


class Question(NamedTuple):
    """A question, the command that answers it, and a word of the answer."""

    asked: str
    command: str
    word: str


QUESTIONS = (
    Question(
        "What will this partner's files yield?",
        "heliu preview --config-dir demo/conf partners=[news]",
        "news",
    ),
    Question(
        "Which file caused the rejects? Show three.",
        "heliu report partner=gov examples=3",
        "notices-000",
    ),
    Question(
        "How long will it take, and how much disk?",
        _BUILD.replace("1.0.0", "1.1.0") + " plan=true",
        "memory",
    ),
    Question("Why is this address not in?", "heliu explain id={dropped}", "dropped"),
    Question("What became of what one partner gave?", "heliu report partner=news", "delivered"),
    Question("Who duplicates whom?", "heliu report largest=3 sites=5", "kept partner"),
    Question(
        "Which documents contain this sentence, and from which file are they?",
        "heliu search text={sentence}",
        "papers-000",
    ),
    Question(
        "Take down this domain, and prove it.",
        "heliu takedown release=1.0.0 version=1.0.1 domain=epaper.bohai.example "
        "reason='request 2023-17' apply=true",
        "1.0.1",
    ),
    Question(
        "What changed since 1.0.0? Give me the rows.",
        "heliu diff a=1.0.0 b=1.0.1 out=changes",
        "removed",
    ),
    Question(
        "Everything of one licence and year that is Chinese enough, as jsonl.",
        "heliu export release=1.0.1 to=some compression=gzip "
        "where=\"licence = '{licence}' and published like '2019%' and han_share > 0.6\"",
        "documents",
    ),
    Question("Is this store fit?", "heliu doctor", "put-if-absent"),
    Question("Is this release whole?", "heliu verify release=1.0.1", "1.0.1"),
    Question("Who signed it?", "heliu verify release=1.0.0 public_key=key.pub", "signed"),
)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user types it there, in lines as wide as those of the page."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment(HELIU_ROOT="releases", COLUMNS=_WIDTH, NO_COLOR="1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def prepare(folder: Path) -> dict[str, str]:
    """Build and sign a release there; return what stands for the names in braces."""
    for command in BEFORE:
        done = run(command, folder)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr}")
    release = heliu.open_release(str(folder / "releases"), "1.0.0")
    decisions = [row for at in release.files("decisions") for row in pq.read_table(at).to_pylist()]
    dropped = sorted(
        row["url"] for row in decisions if row["reason"] == "near_duplicate" and row["url"]
    )
    texts = release.dataset().to_table(columns=["partner", "content"]).to_pylist()
    paper = next(row["content"] for row in texts if row["partner"] == "papers")
    sentence = max(paper.replace("\n", "。").split("。"), key=len).strip()[:24]
    licence = release.manifest["partners"]["papers"]["licence"]
    return {"dropped": dropped[0], "sentence": sentence, "licence": licence}


def answers(folder: Path) -> Iterator[tuple[Question, str, subprocess.CompletedProcess[str]]]:
    """Yield each question with its command in full and what came of it, in order."""
    known = prepare(folder)
    for question in QUESTIONS:
        command = question.command.format(**known)
        yield question, command, run(command, folder)


def page(folder: Path) -> str:
    """Return docs/questions.md."""
    parts = [
        "# Thirteen questions 十三个问题\n\n",
        "Each is answered by one command. Made by `python -m tests.questions` ",
        "from the demo, after\n\n",
        "```sh\n",
        "export HELIU_ROOT=releases\n",
        *(f"{line}\n" for line in BEFORE),
        "```\n",
    ]
    for number, (question, command, done) in enumerate(answers(folder), start=1):
        lines = (done.stdout.strip() or done.stderr.strip()).replace(str(folder), "…").splitlines()
        left = len(lines) - _LINES
        shown = lines if left < 2 else [*lines[:_LINES], f"… {left} more lines"]
        parts.append(f"\n## {number}. {question.asked}\n\n```sh\n{command}\n```\n\n```text\n")
        parts.append("".join(f"{line.rstrip()}\n" for line in shown) + "```\n")
    return "".join(parts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="heliu-") as name:
        sys.stdout.write(page(Path(name)))

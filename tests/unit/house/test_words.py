"""Private words of old do not come back: each has its standard term in docs/glossary.md."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
CODE = ("jobs/corpus/", "jobs/flow/")
CONTAMINATION = ("jobs/corpus/contamination/", "jobs/flow/contamination/")  # policy: cut
SYNTHESIS = ("jobs/synthesis/",)  # vocabulary of what is written
DEDUP = ("jobs/corpus/dedup/", "jobs/flow/dedup/")
TAKEDOWN = ("jobs/flow/takedown/", "jobs/corpus/release/")
STATE = (  # keys of the stored state, log entries and their readers
    *("jobs/storage/entries.py", "jobs/storage/operations.py", "jobs/storage/registry.py"),
    *("jobs/storage/publication.py", "jobs/storage/releases.py", "jobs/flow/builds/pipeline.py"),
)
# They have the method `tell` of io's streams.
STREAMS = (
    *("jobs/corpus/intake/web_archives.py", "jobs/storage/random_access.py"),
    "jobs/flow/builds/sample_costs.py",
)
TRAINING = (
    *("jobs/train_quality.py", "conf/train_quality.yaml", "jobs/flow/analysis/"),
    "jobs/corpus/signals/quality_training.py",
)


class Term(NamedTuple):
    """A word that is not used, and what is said instead.

    Attributes:
        word: a regular expression of the whole word.
        instead: the standard term.
        where: `names` of Python, `prose` (comments, strings, pages, conf), or both.
        only: the files it is about, by how their path begins; all if empty.
        allowed: files where it means something else or is release format.
    """

    word: str
    instead: str
    where: tuple[str, ...] = ("names", "prose")
    only: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


STANDARD = (
    *("posting list", "bucket members", "slot", "candidate group", "collision probability"),
    *("band index", "packed key", "MinHash value", "keyword", "split", "segment", "removed span"),
    *("partition", "split point", "partition bounds", "checkpoint", "file location"),
    *("restorable duplicate", "takedown", "match", "yank", "blocked", "tombstone"),
    *("page furniture", "detector", "character class", "pinyin annotation", "site boilerplate"),
    *("repeated line", "paragraph", "retired file", "kept document", "filter rule", "judge"),
    *("commit info", "generation", "training params", "rebuild context", "hot bucket"),
)
"""The terms that replace old words."""

NAMES, PROSE = ("names",), ("prose",)
TERMS = [
    Term("rooms?", "posting list, bucket members; of code: package", NAMES),
    Term("rooms", "posting lists, bucket members; of code: packages", PROSE),
    Term("meetings?", "candidate group"),
    Term("meets", "collides, is a candidate; satisfies", PROSE),
    Term("meets?", "is candidate, collision_probability", NAMES),
    Term("ways?", "band index", NAMES, only=DEDUP),
    Term("words?", "keys, MinHash values", NAMES, only=DEDUP + TAKEDOWN),
    Term("signature words?|words of (a|the) signature", "MinHash values", PROSE),
    Term("pieces?", "splits; segments; removed spans; partitions"),
    Term("cuts?", "split point; span; partition bounds", NAMES, CODE, CONTAMINATION),
    Term("marked|markers?", "checkpoint", only=("jobs/flow/", "jobs/on_ray/", "docs/")),
    Term("placed", "file location", NAMES),
    Term("waiting|waits?", "restorable duplicates, is_restorable", NAMES, only=TAKEDOWN),
    Term("withdr[ae]w(s|n|al|als|ing)?", "takedown; of a release: yank"),
    Term("told|tells?|telling", "reported, emitted, recorded, printed", allowed=STREAMS),
    Term("barred|bars", "blocked, blocks", NAMES, CODE),
    Term("barred", "blocked", PROSE),
    Term("stones?", "tombstones", NAMES),
    Term("framings?", "page furniture"),
    Term("triggers?|triggered", "detector, flag"),
    Term("traits?", "character classes", allowed=(*SYNTHESIS, "jobs/corpus/text/line_kinds.py")),
    Term("mirrors", "pinyin annotations", NAMES),
    Term("site[ _]lines?", "site boilerplate"),
    Term("repeated paragraphs?", "repeated lines", PROSE),
    Term("keepers?", "kept document"),
    Term("survivor", "kept document", PROSE),
    Term("judged", "filtered by rules"),
    Term("about", "commit_info", NAMES, allowed=STATE),
    Term("homes?", "generation", NAMES, only=("jobs/storage/", "jobs/flow/")),
    Term(
        "epochs?", "generation", NAMES, allowed=(*TRAINING, *STATE, "jobs/corpus/intake/dates.py")
    ),
    Term("chances?", "rng; probability"),
    Term("lessons?", "training params"),
    Term("laid_out|unscrambled?", "normalize_whitespace, fix_mojibake", NAMES),
    Term("unscrambl(e|es|ed|ing)", "fix mojibake", PROSE),
    Term("rerun", "RebuildContext", NAMES),
    Term("heated", "indexed, registered"),
    Term("ours|mine|theirs", "this build's, the parent's, the partner's", NAMES),
    Term("mine|theirs", "this build's, the parent's, the partner's", PROSE),
    Term("who|whose", "documents, rows, names", NAMES),
    Term("whoever|nobody|everybody|anybody|somebody", "no row, every task, a reader, …"),
    Term("gone", "deleted, missing, removed, unreachable"),
    Term("moved", "deleted, rewritten, in another place", NAMES, allowed=STATE),
    Term("figures?", "numbers, counts, metrics; digits", NAMES, allowed=SYNTHESIS),
    Term("figures", "numbers, counts, metrics; digits", PROSE, allowed=SYNTHESIS),
    Term('"""The program\\.', "Entry point of `heliu VERB`", PROSE),
]


def test_no_file_uses_a_word_that_has_a_standard_term() -> None:
    found = [f"{path}:{line}: {text!r}, say {term.instead}" for path, line, text, term in uses()]
    assert not found, "\n".join([f"{len(found)} words:", *found])


def uses() -> Iterator[tuple[str, int, str, Term]]:
    for path in files(ROOT):
        name = path.relative_to(ROOT).as_posix()
        terms = [term for term in TERMS if is_about(term, name)]
        for where, line, text in texts(path):
            for term in terms:
                if where in term.where and (match := pattern(term, where).search(text)):
                    yield name, line, match[0], term


def files(root: Path) -> Iterator[Path]:
    yield from sorted((root / "jobs").rglob("*.py"))
    yield from sorted((root / "docs").rglob("*.md"))
    yield from sorted((root / "conf").rglob("*.yaml"))
    yield root / "README.md"


def is_about(term: Term, name: str) -> bool:
    """Whether the file may not use the word; the glossary names old words where they are format."""
    is_excused = name == "docs/glossary.md" or name.startswith(term.allowed or "\0")
    return name.startswith(term.only or "") and not is_excused


def pattern(term: Term, where: str) -> re.Pattern[str]:
    if where == "names":
        return re.compile(rf"(?:^|_)(?:{term.word})(?:_|$)")
    edge = r"(?<![\w`-])" if term.word[0].isalpha() else ""  # `key`, name-of-a-file
    return re.compile(rf"{edge}(?:{term.word})(?![\w`=])", re.IGNORECASE)


def texts(path: Path) -> Iterator[tuple[str, int, str]]:
    """What a file says: where (names or prose), line, and the text; names in snake case."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from (("prose", number, line) for number, line in enumerate(text.splitlines(), 1))
        return
    yield "names", 0, path.stem
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield "names", token.start[0], snake(token.string)
        elif token.type in {tokenize.STRING, tokenize.COMMENT} and not is_key(token.string):
            for number, line in enumerate(token.string.splitlines(), token.start[0]):
                yield "prose", number, line


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def is_key(literal: str) -> bool:
    """A string without a space is a key of tables and files, whose names are release format."""
    return not re.search(r"\s", literal)


def test_glossary_is_sorted_and_has_one_line_for_each_word() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([^|]+) \|", glossary, re.MULTILINE)[1:]
    assert words == sorted(set(words), key=str.lower)


def test_glossary_has_the_standard_terms() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in STANDARD:
        assert re.search(rf"^\|[^|]*\b{word}\b[^|]*\|", glossary, re.MULTILINE), word


@pytest.mark.parametrize(
    ("where", "text", "is_found"),
    [
        ("names", "_told", True),
        ("names", "is_told_apart", True),
        ("names", snake("SignatureWords"), False),  # only where signatures are
        ("names", snake("TakenDownMeeting"), True),
        ("names", "rooms_of", True),
        ("names", "mushrooms", False),
        ("prose", "the marker of nobody", True),
        ("prose", "`told`", False),  # a key
        ("prose", "No room there", False),
        ("prose", "withdrawn by its partner", True),
    ],
)
def test_word_is_found_as_a_whole(where: str, text: str, is_found: bool) -> None:
    terms = [term for term in TERMS if where in term.where and not term.only]
    assert any(pattern(term, where).search(text) for term in terms) == is_found

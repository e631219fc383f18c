"""What becomes of real defects: repaired, rejected, wrong or left, a table per kind of defect.

    HELIU_REAL_DATA=FOLDER python -m tests.benchmarks.dirt

Of the files in `dirty/` those that decode are looked at. Where nobody wrote down what is right, a
defect is counted before and after: `repaired` if none is left, `left` if some are. `wrong` are
files that lost a digit or more than a hundredth of their Han characters though no markup went.
Defects are also planted into clean statutes, where the right text is known: there `repaired` is
equality with it. The third table is a build of the demo against what it planted.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow as pa

from jobs.command.terminal import say, say_table
from jobs.corpus.repair.normalization import normalized, repaired
from jobs.corpus.repair.repairs import repair_names
from tests.benchmarks.demo_dirt import demo_outcomes

_CODECS = {"big5": "big5hkscs", "gb2312": "gb18030", "gbk": "gb18030"}
_LOST_SHARE = 0.02
_PLANTED = 200
_DEFECTS: dict[str, str] = {
    "fullwidth_hardwrap": r"[０-９Ａ-Ｚａ-ｚ\u3000]|(?<=[\u4e00-\u9fff])\n(?=[，。；：、）”])",
    "html_residue": r"<(?:p|br|div|span|a|b)\b[^<>]*>|&(?:nbsp|amp|lt|gt|quot|ldquo|rdquo);",
    "mojibake_utf8": r"锟斤拷|\ufffd|(?:[锛銆鐨涓鏄].){2}|[Ã-ï][\x80-\xbf]{2}",
    "html_pages": r"<(?:p|br|div|span|a|script)\b[^<>]*>",
}


def main() -> None:
    """Print both tables."""
    folder = Path(os.environ["HELIU_REAL_DATA"])
    say_table(["kind", "files", *_OUTCOMES], _table(_delivered(folder / "dirty")))
    say()
    say_table(["planted", "texts", *_OUTCOMES], _table(_planted(folder / "bulk")))
    say()
    say_table(["planted by the demo", "rows", *_OUTCOMES], _table(demo_outcomes()))


_OUTCOMES = ("repaired", "partly", "rejected", "dropped", "wrong", "left", "clean")


def _table(found: Iterator[tuple[str, str]]) -> list[list[object]]:
    counts: dict[str, Counter[str]] = {}
    for kind, outcome in found:
        counts.setdefault(kind, Counter())[outcome] += 1
    return [[kind, c.total(), *(c[o] for o in _OUTCOMES)] for kind, c in sorted(counts.items())]


def _delivered(folder: Path) -> Iterator[tuple[str, str]]:
    for entry in json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8")):
        data = (folder / entry["file"]).read_bytes()
        codec = str(entry.get("encoding") or "utf-8").lower().partition("-mojibake")[0]
        try:
            text = data.decode(_CODECS.get(codec, codec))
        except (UnicodeDecodeError, LookupError):
            yield entry["kind"], "rejected"
            continue
        yield entry["kind"], _outcome(text, re.compile(_DEFECTS.get(entry["kind"], r"[\ufeff\r]")))


def _outcome(text: str, defect: re.Pattern[str]) -> str:
    found = repaired(pa.array([text], pa.large_string()))
    after = found.texts[0].as_py()
    names = repair_names(int(found.repairs[0]))
    if found.found.lost[0] > _LOST_SHARE * max(found.found.chars[0], 1):
        return "rejected"
    if not {"markup", "mojibake"} & set(names) and _meaning(after) != _meaning(text):
        return "wrong"
    if not defect.search(text):
        return "clean"
    return "left" if defect.search(after) else "repaired"


def _meaning(text: str) -> tuple[int, int]:
    """Digits and Han characters, which no rule but markup and mojibake may remove."""
    digits = len(re.findall(r"[0-9０-９]", text))
    return digits, len(re.findall(r"[\u4e00-\u9fff\u2e80-\u2fdf\uf900-\ufaff]", text))


def _planted(folder: Path) -> Iterator[tuple[str, str]]:
    with pa.input_stream(str(folder / "laws_lawrefbook.jsonl.zst"), compression="zstd") as stream:
        lines = stream.read().splitlines()[: 3 * _PLANTED]
    texts = [normalized(orjson.loads(line)["content"])[:3000] for line in lines]
    texts = [text for text in map(normalized, texts) if text][:_PLANTED]
    for name, plant in _PLANTS.items():
        for text in texts:
            dirty = plant(text)
            if dirty != text:
                after = normalized(dirty)
                yield name, _against(text, dirty, after)


def _against(text: str, dirty: str, after: str) -> str:
    """`partly`: nothing that is not in the right text, but for � and line ends."""
    if after in (text, dirty):
        return "repaired" if after == text else "left"
    if after.count("\ufffd") > _LOST_SHARE * len(after):
        return "rejected"
    surplus = Counter(after) - Counter(text)
    return "wrong" if set(surplus) - {"\ufffd", "\n"} else "partly"


def _misread(written: str, read: str) -> Callable[[str], str]:
    return lambda text: text.encode(written, "ignore").decode(read, "replace")


def _wide(text: str) -> str:
    return re.sub("[0-9A-Za-z]", lambda hit: chr(ord(hit[0]) + 0xFEE0), text)


def _half(text: str) -> str:
    return re.sub(
        r"(?<=[\u4e00-\u9fff])[，；：](?=[\u4e00-\u9fff])",
        lambda hit: chr(ord(hit[0]) - 0xFEE0),
        text,
    )


def _wrapped(text: str) -> str:
    """Lines of 60 cells, wherever that cuts them; a Han character takes two."""
    return "\n".join("\n".join(_cut(line)) for line in text.split("\n"))


def _cut(line: str) -> Iterator[str]:
    start = cells = 0
    for at, character in enumerate(line):
        cells += 1 if character.isascii() else 2
        if cells > 60:
            yield line[start:at]
            start, cells = at, 1 if character.isascii() else 2
    yield line[start:]


_PLANTS: dict[str, Callable[[str], str]] = {
    "GBK read as Latin-1": _misread("gb18030", "latin-1"),
    "GBK read as Windows-1252": _misread("gb18030", "cp1252"),
    "UTF-8 read as Latin-1": _misread("utf-8", "latin-1"),
    "UTF-8 read as GB18030": _misread("utf-8", "gb18030"),
    "full-width letters": _wide,
    "full-width indents": lambda text: "　　" + text.replace("\n", "\n　　"),
    "half-width , ; :": _half,
    "HTML paragraphs": lambda text: "<br>".join(text.split("\n")),
    "lines of 60 cells": _wrapped,
    "invisible characters": "\u200b".join,
}


if __name__ == "__main__":
    if "HELIU_REAL_DATA" not in os.environ:
        sys.exit("HELIU_REAL_DATA names no folder of real files")
    main()

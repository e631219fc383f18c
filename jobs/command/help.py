"""Help for people: of heliu, of a verb, of a key and of an error, wrapped to the terminal.

What a verb does stands in `conf/VERB.yaml` as Hydra's help template; the comments behind the keys
of `conf/` are the help text of the keys.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from jobs.command.columns import described, text_width, wrapped
from jobs.command.conf_files import chosen_groups, conf_folder, introduction, names_of_files
from jobs.command.error_guide import explanation, explanations
from jobs.command.exits import coloured
from jobs.command.keys import Key, keys_of_verb
from jobs.config_errors import UnknownKey, nearest

_MOST_DEFAULT = 14  # cells of the column of defaults
_LABEL = re.compile(r"[A-Z][a-z]+ {2,}")
_ITEM = re.compile(r"[\w=]+: ")
_CODE = re.compile(r"HL\d+", re.IGNORECASE)
_FILES = {
    "partners": """\
Partners: partners=[NAME,…], each a file partners/NAME.yaml in the folder of
--config-dir:

NAME:
  deliveries: /data/NAME/**/*.jsonl.zst   # path, pattern, URI, or a list of them
  format: jsonl   # jsonl, csv, tsv, text, text-blocks, html, warc, wet, parquet
  encoding: auto  # auto, utf-8, gb18030, big5, utf-16
  columns: {text: doc.body, title: doc.head, url: link, published: day, id: key}
  licence: CC-BY-4.0
  priority: 1             # the lower one keeps a document two partners hold
  reject_share: 0.05      # optional: more rejected rows stop the build
  metadata: {contact: 张三}   # optional, free: copied into the manifest
  terms: {legal_name: 某市档案馆}   # optional: docs/papers.md
""",
    "benchmarks": """\
Evaluation sets to be kept out: benchmarks=[NAME,…], each a file
benchmarks/NAME.yaml (docs/evaluation-sets.md); benchmarks.NAME.files and
.version choose the copy.
""",
    "recipe": """\
Recipes: recipe=NAME, a file recipe/NAME.yaml that sets keys; the command line
has the last word.
""",
    "rules": """\
Rules: rules=PROFILE, a file rules/PROFILE.yaml; single ones by
rules.reject.REASON.value=NUMBER, '~rules.reject.REASON' (without it),
'rules.reject.REASON.unless.sites=[gov.cn]'.
""",
}
_END = (
    "heliu help KEY explains one key or all below it, heliu help HL… an error. --cfg job prints "
    "the configuration and stops. Exit codes: 0 done, 2 configuration; docs/running.md lists all."
)


def help_of_verb(config_name: str, words: Sequence[str] = (), folder: Path | None = None) -> str:
    """Return the help of a verb: what it does, the files it chooses and its keys.

    Args:
        config_name: of its file in `conf/`.
        words: of the command line; a value given there is shown in place of the default.
        folder: that of `--config-dir`.
    """
    given = {
        key.strip(): word for key, equals, word in (one.partition("=") for one in words) if equals
    }
    keys = [
        replace(key, default=given.get(key.name, key.default)) for key in keys_of_verb(config_name)
    ]
    parts = [
        "\n".join(_reflowed(introduction(config_name), text_width())),
        *_files(config_name, folder),
        f"{_heading('Keys')}, as KEY=VALUE, with their defaults:",
        "\n".join(_described(keys)),
        "\n".join(wrapped(_END, text_width())),
    ]
    return "\n\n".join(parts)


def help_of_word(word: str, verbs: Mapping[str, str]) -> str:
    """Return the help of an error by its code, of a key, or of all keys below or ending with it.

    Args:
        word: a code as HL0202, a key, or a part of one.
        verbs: summary of every verb.

    Raises:
        UnknownKey: there is no such word.
    """
    if _CODE.fullmatch(word):
        return help_of_code(word)
    found = {
        name: [key for key in keys_of_verb(name.replace("-", "_")) if _is_meant(key, word)]
        for name in verbs
    }
    blocks = _same_keys(found)
    if not blocks:
        raise UnknownKey(f"heliu help knows no {word}{_meant(word, verbs)}")
    parts: list[str] = []
    for keys, names in blocks:
        parts += [f"{_heading(', '.join(names))}:", *_described(keys), ""]
    return "\n".join(parts).rstrip()


def help_of_code(code: str) -> str:
    """Return the explanation of an error."""
    found = explanation(code)
    width = text_width()
    lines = [f"{_heading(found.code)}: {found.summary}"]
    lines += [f"exit code {found.exit_code} ({found.name})", ""]
    for heading, text in (("Cause", found.cause), ("What to do", found.remedy)):
        lines += [_heading(heading), *_indented(text, width), ""]
    lines += [_heading("Example"), *(f"  {line}" for line in found.example.splitlines())]
    return "\n".join(lines)


def _reflowed(text: str, width: int) -> Iterator[str]:
    """Yield the lines of an introduction, its paragraphs wrapped to a width.

    A paragraph may begin with a label, as `Reads   what it reads`; it goes on below the text behind
    that. Commands, below `Example:`, stay as they are.
    """
    paragraph: list[str] = []
    hang = 0
    for line in [*text.splitlines(), ""]:
        stripped = line.lstrip()
        indent = len(line) - len(stripped)
        is_item = bool(_ITEM.match(stripped))
        if paragraph and stripped and indent == hang and not is_item:
            paragraph.append(stripped)
            continue
        yield from _hanging(paragraph, hang, width)
        if paragraph and stripped and indent == hang > 0:
            paragraph = [line]
            continue
        label = _LABEL.match(line)
        is_command = not stripped or (indent and not label)
        paragraph, hang = ([], 0) if is_command else ([line], label.end() if label else 0)
        if is_command:
            yield line


def _hanging(paragraph: Sequence[str], hang: int, width: int) -> Iterator[str]:
    if paragraph:
        label, text = paragraph[0][:hang], " ".join([paragraph[0][hang:], *paragraph[1:]])
        first, *more = wrapped(text, width - hang)
        yield f"{label}{first}"
        yield from (f"{'':{hang}}{line}" for line in more)


def _parts(argument: str) -> tuple[str, str, str]:
    return argument.partition("=")


def _indented(text: str, width: int) -> Iterator[str]:
    for line in wrapped(" ".join(text.split()), width - 2):
        yield f"  {line}"


def _is_meant(key: Key, word: str) -> bool:
    return key.name == word or key.name.startswith(f"{word}.") or key.name.endswith(f".{word}")


def _same_keys(found: Mapping[str, list[Key]]) -> list[tuple[list[Key], list[str]]]:
    """Return the different lists of keys, each with the verbs that take them."""
    blocks: dict[tuple[Key, ...], list[str]] = {}
    for name, keys in found.items():
        if keys:
            alike = tuple(replace(key, source="") for key in keys)
            blocks.setdefault(alike, []).append(name)
    return [(list(keys), names) for keys, names in blocks.items()]


def _meant(word: str, verbs: Mapping[str, str]) -> str:
    names = {key.name for name in verbs for key in keys_of_verb(name.replace("-", "_"))}
    names |= {name.rpartition(".")[2] for name in names} | {
        name.partition(".")[0] for name in names
    }
    near = nearest(word, [*verbs, *sorted(names), *explanations()])
    return f": did you mean {near}?" if near else ": give a verb, a key or the code of an error"


def _described(keys: Sequence[Key]) -> Iterator[str]:
    """Yield the lines of keys; an empty one between groups."""
    rows = [(key.name, key.shown_default, key.shown_meaning) for key in keys]
    groups = [key.name.partition(".")[:2] for key in keys]
    blocks = described(rows, width=text_width(), most=_MOST_DEFAULT)
    for number, lines in enumerate(blocks):
        is_new = number > 0 and groups[number] != groups[number - 1] and any(groups[number][1:])
        yield from ([""] if is_new else [])
        yield from lines


def _files(config_name: str, given: Path | None) -> Iterator[str]:
    """Yield the groups of files that the verb takes, and the names that are known here."""
    folders = [one for one in (given, conf_folder()) if one is not None]
    chosen = {group for _, group, _ in chosen_groups(config_name)}
    for group, text in _FILES.items():
        if group in chosen:
            names = ", ".join(names_of_files(folders, group)) or "none"
            yield "\n".join(
                [
                    text.rstrip(),
                    *(f"  {line}" for line in wrapped(f"here: {names}", text_width() - 2)),
                ]
            )


def _heading(text: str) -> str:
    return coloured(text, "bold", sys.stdout)

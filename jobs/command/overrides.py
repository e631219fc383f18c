"""The command line: options, and overrides `key=value` in words that Hydra's grammar reads right.

Where the schema declares text, what stands behind the `=` is the text, letter for letter; written
whole in quotes it is what they enclose, so that `'null'` is a word and `null` is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from hydra.core.override_parser.types import Quote, QuotedString

from jobs.command.schemas import (
    NOT_GIVEN,
    Kind,
    called,
    is_list,
    is_mapping,
    is_named,
    is_text,
    keys_of,
    kind_at,
    kind_below,
    may_be_null,
    parsed,
    required,
    suggestion,
)
from jobs.command.settings import conf_folder
from jobs.errors import ConfigError

_WITH_VALUE = {"--config-dir", "-cd", "--config-name", "-cn", "--config-path", "-cp"} | {
    *("--package", "-p", "--cfg", "-c", "--info", "-i", "--experimental-rerun"),
    *("--shell-completion", "-sc"),
}
_OVERRIDE = re.compile(r"(\+{0,2})([^=]*)=(.*)", re.DOTALL)
_QUOTED = re.compile(r"""(['"])(?:\\.|(?!\1)[^\\])*\1""", re.DOTALL)
_SWEEP = re.compile(r"(choice|range|interval|glob|shuffle|sort|tag)\(.*\)", re.DOTALL)
_INTERPOLATION = re.compile(r"(\\*)\$\{")
RECIPE = "recipe"
"""A group of files that are no key: each changes keys of the whole configuration."""

_BRACKETS = ("[", "{")
_PART = r"(?:[A-Za-z_][A-Za-z0-9_-]*|0|[1-9][0-9]*)"
_KEY = re.compile(rf"{_PART}(\.{_PART})*")
_NAME = re.compile(r"(?![0-9.]+$)[A-Za-z0-9_.-]+", re.ASCII)


@dataclass(frozen=True)
class CommandLine:
    """What was given to a verb.

    Attributes:
        options: as Hydra takes them, with their values.
        overrides: as Hydra's grammar reads them.
        chosen: files chosen by name, as `partners/gov`.
        config_dir: the folder of `--config-dir`.
    """

    options: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    config_dir: Path | None = None


def command_line(schema: type, arguments: Sequence[str]) -> CommandLine:
    """Return the command line of a verb, checked.

    Args:
        schema: the configuration class of the verb.
        arguments: as the shell gave them.

    Raises:
        ConfigError: a key that nothing reads, a value of another type, or a file that is not there.
    """
    options, given = _split(arguments)
    is_sweeping = bool({"-m", "--multirun"} & set(options))
    chosen: list[str] = []
    overrides = [
        _recipe(schema, one, chosen) or _override(schema, one, chosen, is_sweeping=is_sweeping)
        for one in given
    ]
    folder = _config_dir(options)
    line = CommandLine(options, overrides, chosen, folder)
    if not any(one.startswith(("hydra.searchpath=", "--config-path", "-cp")) for one in arguments):
        _check_chosen(line)
    return line


def hydra_overrides(schema: type, *overrides: str) -> list[str]:
    """Return overrides as Hydra's grammar reads them; raises as `command_line` does."""
    return [
        _recipe(schema, one, []) or _override(schema, one, [], is_sweeping=False)
        for one in overrides
    ]


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    options: list[str] = []
    overrides: list[str] = []
    for argument in arguments:
        is_value = bool(options) and options[-1] in _WITH_VALUE
        (options if argument.startswith("-") or is_value else overrides).append(argument)
    if options and options[-1] in _WITH_VALUE - {"--info", "-i"}:
        raise ConfigError(f"{options[-1]} says nothing: write what it is to be behind it")
    return options, overrides


def _config_dir(options: Sequence[str]) -> Path | None:
    for number, option in enumerate(options):
        name, equals, value = option.partition("=")
        if name in {"--config-dir", "-cd"}:
            folder = Path(value if equals else "".join(options[number + 1 : number + 2]))
            if not folder.is_dir():
                raise ConfigError(f"--config-dir {folder} is no folder here: correct the path")
            return folder
    return None


def _check_chosen(line: CommandLine) -> None:
    folders = [one for one in (line.config_dir, conf_folder()) if one is not None]
    for name in line.chosen:
        if any((folder / f"{name}.yaml").is_file() for folder in folders):
            continue
        group, _, file = name.rpartition("/")
        known = {path.stem for folder in folders for path in (folder / group).glob("*.yaml")}
        where = " or ".join(str(folder) for folder in folders)
        cure = suggestion(file, sorted(known))
        if line.config_dir is None:
            cure += f"; give --config-dir FOLDER, the one that holds {name}.yaml"
        elif (line.config_dir / f"{file}.yaml").is_file():
            cure = f": give --config-dir {line.config_dir.parent}, the folder above {group}"
        raise ConfigError(f"there is no {name}.yaml in {where}{cure}")


def _recipe(schema: type, argument: str, chosen: list[str]) -> str | None:
    """Return the choice of a recipe, of verbs that take rules; None for any other argument."""
    key, equals, word = argument.partition("=")
    if key != RECIPE or not equals or "rules" not in keys_of(schema):
        return None
    chosen.append(f"{RECIPE}/{_unquoted(word)}")
    return f"{RECIPE}={_text(word)}"


def _override(schema: type, argument: str, chosen: list[str], *, is_sweeping: bool) -> str:
    parts = _OVERRIDE.fullmatch(argument)
    if parts is None:
        if argument.startswith("~"):
            return argument
        raise ConfigError(f"{argument} says nothing: write {argument}=…")
    plus, key, word = parts[1], parts[2].strip(), parts[3]
    if key.startswith(("hydra.", "hydra/", "~")):
        return argument
    group, *_ = key.split("@")
    kind = kind_at(schema, group)
    if not _KEY.fullmatch(group):
        raise ConfigError(f"{argument}: {group} cannot be written here: say it in the file")
    if is_sweeping and _SWEEP.fullmatch(word):
        return argument
    words = [word] if not is_sweeping or word[:1] in _BRACKETS else _elements(word, key)
    if is_mapping(kind) and not word.startswith("{"):
        values = [_choice(schema, group, one, chosen) for one in words]
        folder = _group(schema, kind)
        if folder not in {None, group}:
            key = f"{folder}@{group}"  # Hydra's spelling of a file of one group at another key
    else:
        values = [written(kind, one, key) for one in words]
        plus = plus or _adding(schema, key)
    return f"{plus}{key}={','.join(values)}"


def _adding(schema: type, key: str) -> str:
    """Return the prefix by which Hydra adds a key, where the schema leaves names free."""
    above, dot, _ = key.rpartition(".")
    kind = required(kind_at(schema, above)) if dot else schema
    is_free = kind is Any or (is_named(kind) and not is_mapping(get_args(kind)[1]))
    return "++" if is_free else ""


def _choice(schema: type, key: str, word: str, chosen: list[str]) -> str:
    """Return the names of files of a group: of one, or in brackets of several."""
    kind = kind_at(schema, key)
    is_many = is_named(kind)
    group = key if is_many else _group(schema, kind)
    if group is None:
        keys = ", ".join(f"{key}.{name}=…" for name in keys_of(required(kind)))
        raise ConfigError(f"{key}={word}: give {keys}")
    if is_many and not word.startswith("["):
        raise ConfigError(f"{key}={word}: write {key}=[{word}], also for one")
    words = _inside(word, key) if is_many else [word]
    chosen += [f"{group}/{_unquoted(one)}" for one in words if one != "null"]
    names = ",".join(_text(one) for one in words)
    return f"[{names}]" if is_many else names


def _group(schema: type, kind: Kind) -> str | None:
    """Return the folder of files of this type, which keys may share."""
    names = (name for name, other in keys_of(schema).items() if other == kind)
    return next((name for name in names if (conf_folder() / name).is_dir()), None)


def written(kind: Kind, word: str, key: str) -> str:
    """Return a value as Hydra's grammar reads it.

    Args:
        kind: what the schema declares.
        word: what the shell gave.
        key: named in messages.

    Raises:
        ConfigError: it cannot stand there.
    """
    if word == "null" and may_be_null(kind):
        return word
    if word[:1] + word[-1:] == "[]" and (is_list(kind) or required(kind) is not str):
        below = get_args(required(kind))[0] if is_list(kind) else kind
        return f"[{','.join(written(below, one, key) for one in _inside(word, key))}]"
    if word[:1] + word[-1:] == "{}" and required(kind) is not str:
        return f"{{{','.join(_entry(kind, one, key) for one in _inside(word, key))}}}"
    if is_text(kind):
        return _text(word)
    if "${" not in word:
        _check(kind, word, key)
    return word


def _check(kind: Kind, word: str, key: str) -> None:
    try:
        parsed(kind, _unquoted(word))
    except ValueError:
        raise ConfigError(f"{key}={word}: give {called(kind)}") from None


def _entry(kind: Kind, entry: str, key: str) -> str:
    name, colon, word = entry.partition(":")
    name = _unquoted(name.strip())
    if not colon:
        raise ConfigError(f"{key}: {entry!r} has no colon: write {{NAME: VALUE}}")
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{key}: {name!r} cannot be a key here: write it in a file")
    return f"{name}:{written(kind_below(kind, name, f'{key}.'), word.strip(), f'{key}.{name}')}"


def _text(word: str) -> str:
    """Return text in quotes; nothing in it is interpolated."""
    if _unquoted(word) == NOT_GIVEN:
        raise ConfigError(f"{word} stands for what was not given: no value can be just that")
    literal = _INTERPOLATION.sub(r"\1\1\\${", word)
    if _QUOTED.fullmatch(word):
        return literal
    return QuotedString(literal, Quote.single).with_quotes()


def _unquoted(word: str) -> str:
    return word[1:-1] if _QUOTED.fullmatch(word) else word


def _inside(word: str, key: str) -> list[str]:
    """Return the content of brackets, split at commas."""
    inner = word[1:-1].strip()
    return _elements(inner, key) if inner else []


def _elements(word: str, key: str) -> list[str]:
    elements = [one.strip() for one in _split_at_commas(word)]
    if "" in elements:
        raise ConfigError(f"{key}: nothing stands beside a comma: remove it, or write ''")
    return elements


def _split_at_commas(word: str) -> Iterator[str]:
    """Split at commas outside of quotes and brackets, which count where an element begins."""
    start = at = depth = 0
    is_begin = True
    while at < len(word):
        letter = word[at]
        quoted = _QUOTED.match(word, at) if is_begin else None
        if quoted:
            at = quoted.end() - 1
        elif letter in _BRACKETS and (is_begin or depth):
            depth += 1
        elif letter in "]}" and depth:
            depth -= 1
        elif letter == "," and not depth:
            yield word[start:at]
            start = at + 1
        is_begin = letter in ",[{:" or (is_begin and letter.isspace())
        at += 1
    yield word[start:]

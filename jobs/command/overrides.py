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

from jobs.command.conf_files import conf_folder
from jobs.command.options import check_list, check_width, config_dir, refuse_word, split_options
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
)
from jobs.command.words import (
    BRACKETS,
    OVERRIDE,
    QUOTED,
    elements,
    entry_of,
    split_list,
    unquoted,
)
from jobs.config_errors import ConfigFileMissing, MalformedArgument, WrongType, suggestion

_SWEEP = re.compile(r"(choice|range|interval|glob|shuffle|sort|tag)\(.*\)", re.DOTALL)
_BEFORE_QUOTE = re.compile(r"(\\*)('|\Z)")
_INTERPOLATION = re.compile(r"(\\*)\$\{")
RECIPE = "recipe"
"""A group of files that are no key: each changes keys of the whole configuration."""

_PART = r"(?:[A-Za-z_][A-Za-z0-9_-]*|0|[1-9][0-9]*)"
_KEY = re.compile(rf"{_PART}(\.{_PART})*")


@dataclass(frozen=True)
class CommandLine:
    """What was given to a verb.

    Attributes:
        options: as Hydra takes them, with their values.
        overrides: as Hydra's grammar reads them.
        chosen: files chosen by name, as `partners/gov`.
        config_dir: the folder of `--config-dir`.
        given: the words that are no options, as the shell gave them.
    """

    options: list[str] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    config_dir: Path | None = None
    given: list[str] = field(default_factory=list)


def command_line(schema: type, arguments: Sequence[str]) -> CommandLine:
    """Return the command line of a verb, checked.

    Args:
        schema: the configuration class of the verb.
        arguments: as the shell gave them.

    Raises:
        ConfigError: a key that nothing reads, a value of another type, or a file that is not there.
    """
    options, given = split_options(arguments)
    is_sweeping = bool({"-m", "--multirun"} & set(options))
    chosen: list[str] = []
    overrides = [
        _recipe(schema, one, chosen) or _override(schema, one, chosen, is_sweeping=is_sweeping)
        for one in given
    ]
    folder = config_dir(options)
    line = CommandLine(options, overrides, chosen, folder, given)
    if not any(one.startswith("hydra.searchpath=") for one in arguments):
        _check_chosen(line)
    return line


def hydra_overrides(schema: type, *overrides: str) -> list[str]:
    """Return overrides as Hydra's grammar reads them; raises as `command_line` does."""
    return [
        _recipe(schema, one, []) or _override(schema, one, [], is_sweeping=False)
        for one in overrides
    ]


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
        raise ConfigFileMissing(f"there is no {name}.yaml in {where}{cure}")


def _recipe(schema: type, argument: str, chosen: list[str]) -> str | None:
    """Return the choice of a recipe, of verbs that take rules; None for any other argument."""
    key, equals, word = argument.partition("=")
    if key != RECIPE or not equals or "rules" not in keys_of(schema):
        return None
    chosen.append(f"{RECIPE}/{unquoted(word)}")
    return f"{RECIPE}={_text(word)}"


def _override(schema: type, argument: str, chosen: list[str], *, is_sweeping: bool) -> str:
    parts = OVERRIDE.fullmatch(argument)
    check_width(argument)
    if parts is None:
        if argument.startswith("~"):
            return argument
        raise refuse_word(argument, list(_plain_keys(schema)))
    plus, key, word = parts[1], parts[2].strip(), parts[3]
    if key.startswith(("hydra.", "hydra/", "~")):
        return argument
    group, *_ = key.split("@")
    kind = kind_at(schema, group)
    if not _KEY.fullmatch(group):
        raise MalformedArgument(f"{argument}: {group} cannot be written here: say it in the file")
    if is_sweeping and _SWEEP.fullmatch(word):
        return argument
    words = [word] if not is_sweeping or word[:1] in BRACKETS else split_list(word, key)
    if is_mapping(kind) and not word.startswith("{"):
        values = [_choice(schema, group, one, chosen) for one in words]
        folder = _group(schema, kind)
        if folder not in {None, group}:
            key = f"{folder}@{group}"  # Hydra's spelling of a file of one group at another key
    else:
        values = [written(kind, one, key) for one in words]
        plus = plus or _adding(schema, key, word)
    return f"{plus}{key}={','.join(values)}"


def _plain_keys(schema: type, above: str = "") -> Iterator[str]:
    """Yield the dotted keys that a schema declares by name."""
    for name, kind in keys_of(schema).items():
        bare = required(kind)
        if is_mapping(bare) and not is_named(bare):
            yield from _plain_keys(bare, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def _adding(schema: type, key: str, word: str) -> str:
    """Return the prefix by which Hydra adds a key, where the schema leaves names free."""
    above, dot, _ = (key, ".", "") if word.startswith("{") else key.rpartition(".")
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
        raise MalformedArgument(f"{key}={word}: give {keys}")
    if is_many:
        check_list(key, word)
    if is_many and not word.startswith("["):
        raise MalformedArgument(f"{key}={word}: write {key}=[{word}], also for one")
    if not is_many and word.startswith("["):
        raise MalformedArgument(f"{key}={word}: write {key}={word.strip('[]')}, of one file")
    words = elements(word, key) if is_many else [word]
    chosen += [f"{group}/{unquoted(one)}" for one in words if one != "null"]
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
    if is_list(kind) or is_mapping(kind):
        check_list(key, word)
    if word[:1] + word[-1:] == "[]" and (is_list(kind) or required(kind) is not str):
        below = get_args(required(kind))[0] if is_list(kind) else kind
        return f"[{','.join(written(below, one, key) for one in elements(word, key))}]"
    if word[:1] + word[-1:] == "{}" and required(kind) is not str:
        return f"{{{','.join(_entry(kind, one, key) for one in elements(word, key))}}}"
    if is_text(kind):
        return _text(word)
    if "${" not in word:
        _check(kind, word, key)
    return word


def _check(kind: Kind, word: str, key: str) -> None:
    try:
        parsed(kind, unquoted(word))
    except ValueError:
        raise WrongType(f"{key}={word}: give {called(kind)}") from None


def _entry(kind: Kind, entry: str, key: str) -> str:
    name, word = entry_of(entry, key)
    return f"{name}:{written(kind_below(kind, name, f'{key}.'), word, f'{key}.{name}')}"


def _text(word: str) -> str:
    """Return text in quotes; nothing in it is interpolated."""
    if unquoted(word) == NOT_GIVEN:
        raise MalformedArgument(f"{word} stands for what was not given: no value can be just that")
    literal = _INTERPOLATION.sub(r"\1\1\\${", word)
    if QUOTED.fullmatch(word):
        return literal
    return f"'{_BEFORE_QUOTE.sub(_escaped, literal)}'"


def _escaped(found: re.Match[str]) -> str:
    return found[1] * 2 + ("\\'" if found[2] else "")

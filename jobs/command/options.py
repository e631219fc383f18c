"""Options of a command line, and words of it that are written as neither options nor keys are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from jobs.config_errors import (
    ConfigFileMissing,
    MalformedArgument,
    nearest,
    suggestion,
    unknown_choice,
)

CONFIG_DIR = ("--config-dir", "-cd")
_CFG = ("--cfg", "-c")
_WITH_VALUE = {*CONFIG_DIR, *_CFG, "--package", "-p"}
_FLAGS = {"--help", "-h", "--version", "--resolve", "--multirun", "-m"}
_LISTED = ("--config-dir", "--cfg", "--help", "--version")
_WIDE_COMMAS = "，、；"
_WIDE_EQUALS = "\uff1d"
_WIDE_BRACKETS = "\uff3b\u3010"
_CLOSING = {"[": "]", "{": "}"}
_PLAIN = str.maketrans("\uff3b\uff3d\u3010\u3011，、；", "[][],,,")


def split_options(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the options with their values, and the other words.

    Raises:
        MalformedArgument: an option that there is not, or one that says nothing.
    """
    options: list[str] = []
    words: list[str] = []
    for argument in arguments:
        is_value = bool(options) and options[-1] in _WITH_VALUE
        if argument.startswith("-") and not is_value:
            _check_option(argument)
        (options if argument.startswith("-") or is_value else words).append(argument)
    if options and options[-1] in _WITH_VALUE:
        raise MalformedArgument(f"{options[-1]} says nothing: write what it is to be behind it")
    _check_cfg(options)
    return options, words


def config_dir(options: Sequence[str]) -> Path | None:
    """Return the folder of `--config-dir`; None if it is not given.

    Raises:
        ConfigFileMissing: there is no such folder.
    """
    value = _value(options, CONFIG_DIR)
    if value is None:
        return None
    folder = Path(value)
    if not folder.is_dir():
        beside = [one.name for one in folder.parent.glob("*/")] if folder.name else []
        near = nearest(folder.name, beside)
        meant = f"; did you mean {folder.parent / near}?" if near else ""
        raise ConfigFileMissing(f"--config-dir {folder} is no folder here: correct the path{meant}")
    return folder


def check_width(argument: str) -> None:
    """Raise MalformedArgument for full-width letters or signs where a key stands."""
    key, *_ = argument.replace(_WIDE_EQUALS, "=", 1).split("=", 1)
    plain = unicodedata.normalize("NFKC", key)
    if plain != key or (_WIDE_EQUALS in argument and "=" not in argument):
        right = plain + unicodedata.normalize("NFKC", argument[len(key) :][:1])
        raise MalformedArgument(
            f"{argument} has full-width signs: write {right}{argument[len(key) + 1 :]}"
        )


def check_list(key: str, word: str) -> None:
    """Raise MalformedArgument for a list with full-width signs, or one that is not closed."""
    if word[:1] in tuple(_WIDE_BRACKETS) or (
        word[:1] == "[" and any(sign in word for sign in _WIDE_COMMAS)
    ):
        plain = word.translate(_PLAIN)
        raise MalformedArgument(f"{key}={word} has full-width signs: write {key}={plain}")
    closing = _CLOSING.get(word[:1])
    if closing is not None and word[-1:] != closing:
        raise MalformedArgument(
            f"{key}={word} has no closing bracket: write {key}={word}{closing}, and in a shell "
            f"quotes around it if there is a space in it"
        )


def refuse_word(argument: str, keys: Sequence[str]) -> MalformedArgument:
    """Return the error of a word without `=`.

    Args:
        argument: the word.
        keys: that the verb takes, as far as they are known by name.
    """
    if argument in keys:
        return MalformedArgument(f"{argument} says nothing: write {argument}=…, without spaces")
    how = "keys are given as KEY=VALUE without spaces, a value with spaces in quotes: 'KEY=A B'"
    near = nearest(argument, keys)
    meant = f"; did you mean {near}=…?" if near else ""
    return MalformedArgument(f"{argument} has no = in it: {how}{meant}")


def _check_option(argument: str) -> None:
    name, equals, _ = argument.partition("=")
    if name in _FLAGS | _WITH_VALUE and not (equals and name in _FLAGS):
        return
    if "." in name and equals:
        raise MalformedArgument(f"{argument}: write {argument.lstrip('-')}, without dashes")
    raise MalformedArgument(f"there is no option {name}{suggestion(name, _LISTED)}")


def _check_cfg(options: Sequence[str]) -> None:
    shown = _value(options, _CFG)
    if shown not in {None, "job"}:
        raise unknown_choice("--cfg", shown, ("job",))


def _value(options: Sequence[str], names: Sequence[str]) -> str | None:
    for number, option in enumerate(options):
        name, equals, value = option.partition("=")
        if name in names:
            return value if equals else "".join(options[number + 1 : number + 2])
    return None

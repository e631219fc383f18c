"""Kinds of errors of the configuration and the command line, and suggestions for what was meant.

All have the exit code of `ConfigError`, and each a code of its own (`jobs.errors`).
"""

from __future__ import annotations

from collections.abc import Iterable

from jobs.errors import ConfigError


class UnknownVerb(ConfigError):
    """The command names no verb."""

    kind = 1


class UnknownKey(ConfigError):
    """A key of the configuration is one that nothing reads."""

    kind = 2


class WrongType(ConfigError):
    """The value of a key is not of the key's type."""

    kind = 3


class UnknownChoice(ConfigError):
    """The value of a key is none of those to choose from."""

    kind = 4


class KeyMissing(ConfigError):
    """A key that must be given is not given."""

    kind = 5


class MalformedArgument(ConfigError):
    """A word of the command is not written as options or `key=value` are."""

    kind = 6


class ConfigFileMissing(ConfigError):
    """A file or folder of the configuration is not there."""

    kind = 7


class ConfigFileInvalid(ConfigError):
    """A file of the configuration is not written as it must be."""

    kind = 8


class InputUnreadable(ConfigError):
    """A list, model, key or evaluation set that the configuration names cannot be read."""

    kind = 9


class IncompatibleParent(ConfigError):
    """A release cannot be extended or corrected by this build's parameters."""

    kind = 10


class OutputExists(ConfigError):
    """What a verb would write is there already."""

    kind = 11


class NothingSelected(ConfigError):
    """The criteria select no document, or more than the one that is meant."""

    kind = 12


class UnfitAddress(ConfigError):
    """An address of the storage holds secrets, or means another place on other machines."""

    kind = 13


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known one, or all."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f": did you mean {near}?"
    return f": there are {', '.join(names)}" if names else ""


def nearest(name: str, known: Iterable[str], least: float = 0.6) -> str | None:
    """Return the known name that is most like this one; None if none is.

    Args:
        name: that is not known.
        known: names, in any case.
        least: similarity (of difflib): two digits of a date that changed places have 0.6.
    """
    import difflib  # noqa: PLC0415  only when something is wrong

    by_lower = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), by_lower, 1, least)
    return by_lower[near[0]] if near else None


def unknown_choice(key: str, value: object, known: Iterable[str]) -> UnknownChoice:
    """Return the error of a value that is none of those that a key takes."""
    return UnknownChoice(choice_message(key, value, known))


def choice_message(key: str, value: object, known: Iterable[str]) -> str:
    """Return the message about such a value: the key, the value, the choices, the nearest one."""
    names = [str(one) for one in known]
    word = "null" if value is None else str(value)
    near = nearest(word, names)
    meant = f"; did you mean {near}?" if near else ""
    *most, last = names
    choices = f"{', '.join(most)} or {last}" if most else last
    return f"{key}={word}: choose {choices}{meant}"

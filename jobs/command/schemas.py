"""What configuration classes declare: the type of each key, and what a word means there.

Text is the word itself, letter for letter; only where something else is declared, a word is a
number, yes or no. `Any` declares text, or lists and mappings of text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from jobs.errors import ConfigError

Kind = Any  # a type as a class declares it: str, int | None, list[str], dict[str, Partner], Any
Schema = TypeVar("Schema")

NOT_GIVEN = "???"
_YES = {"true", "yes", "on"}
_NO = {"false", "no", "off"}
_INTEGER = re.compile(r"[+-]?\d(_?\d)*")


def keys_of(schema: Any) -> dict[str, Kind]:
    """The keys of a configuration class and their types, in the order of the class."""
    hints = get_type_hints(schema)
    return {field.name: hints[field.name] for field in fields(schema)}


def kind_at(schema: type, key: str) -> Kind:
    """The type of a dotted key.

    Raises:
        ConfigError: there is no such key.
    """
    kind: Kind = schema
    above = ""
    for part in key.split("."):
        kind = kind_below(kind, part, above)
        above += f"{part}."
    return kind


def kind_below(kind: Kind, name: str, above: str) -> Kind:
    """The type of the key `name` of a mapping.

    Args:
        kind: of the mapping.
        name: of the key.
        above: what stands before it in a message, as `minhash.`.

    Raises:
        ConfigError: there is no such key.
    """
    bare = required(kind)
    if bare is Any:
        return Any
    if is_named(bare):
        return get_args(bare)[1]
    if not is_dataclass(bare):
        raise ConfigError(f"there is no key {above}{name}: {above.rstrip('.')} is {called(kind)}")
    known = keys_of(bare)
    if name not in known:
        raise ConfigError(f"there is no key {above}{name}{suggestion(name, known)}")
    return known[name]


def _origin(kind: object) -> object:
    return get_origin(kind)


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a message about a name nobody knows: the nearest one, or all."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1, 0.6)
    if near:
        return f": did you mean {near[0]}?"
    return f": there are {', '.join(names)}" if names else ""


def required(kind: Kind) -> Kind:
    """The type without `| None`."""
    if _origin(kind) is UnionType:
        return next(one for one in get_args(kind) if one is not NoneType)
    return kind


def may_be_null(kind: Kind) -> bool:
    """Whether nothing may be said."""
    return kind is Any or (_origin(kind) is UnionType and NoneType in get_args(kind))


def is_text(kind: Kind) -> bool:
    """Whether a word there is the word itself."""
    return required(kind) in {str, Any}


def is_mapping(kind: Kind) -> bool:
    """Whether keys stand below."""
    bare = required(kind)
    return is_dataclass(bare) or is_named(bare)


def is_named(kind: Kind) -> bool:
    """Whether users choose the keys that stand below."""
    return _origin(required(kind)) is dict


def is_list(kind: Kind) -> bool:
    """Whether several stand there."""
    return _origin(required(kind)) is list


def called(kind: Kind) -> str:
    """A type in words."""
    bare = required(kind)
    if is_mapping(kind):
        return "a mapping of keys"
    if is_list(kind):
        return "a list, as [a, b]"
    words = {int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(bare, "text")


def meant(kind: Kind, word: str) -> object:
    """What a word means where `kind` is declared.

    Raises:
        ValueError: it cannot stand there.
    """
    bare = required(kind)
    if bare is bool:
        if word.lower() not in _YES | _NO:
            raise ValueError(word)
        return word.lower() in _YES
    if bare is int:
        if not _INTEGER.fullmatch(word):
            raise ValueError(word)
        return int(word)
    if bare is float:
        return float(word)
    if is_text(kind):
        return word
    raise ValueError(word)


def from_plain(schema: type[Schema], given: Mapping[str, Any], above: str = "") -> Schema:
    """An object of the class from plain values, as JSON keeps them; keys it lacks are passed over.

    Text that an earlier version recorded as a number or truth value becomes text again.

    Raises:
        ConfigError: a key without a default is not there.
    """
    known = keys_of(schema)
    found = {
        name: _plain(kind, given[name], f"{above}{name}.")
        for name, kind in known.items()
        if name in given
    }
    lacking = [
        f"{above}{field.name}"
        for field in fields(schema)  # type: ignore[arg-type]
        if field.name not in found and _must_be_given(field)
    ]
    if lacking:
        raise ConfigError(f"the recorded configuration does not say {', '.join(lacking)}")
    return schema(**found)


def _must_be_given(field: Any) -> bool:
    return field.default == NOT_GIVEN or (
        field.default is NO_DEFAULT and field.default_factory is NO_DEFAULT
    )


def _plain(kind: Kind, value: Any, above: str) -> Any:
    bare = required(kind)
    if value is None or bare is Any:
        return value
    if is_dataclass(bare) and isinstance(value, Mapping):
        return from_plain(bare, value, above)  # type: ignore[arg-type]
    if isinstance(value, Mapping):
        below = get_args(bare)[1]
        return {str(name): _plain(below, one, f"{above}{name}.") for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(get_args(bare)[0], one, above) for one in value]
    return str(value) if bare is str else bare(value)
